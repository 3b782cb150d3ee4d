"""`prologue agent`: ship this machine's logs to a server; `prologue agent status`: how that goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prologue.cli.options import MULTILINE, agent_options
from prologue.config.load import load
from prologue.model.errors import TemporaryError, UserError


@click.group("agent", invoke_without_command=True)
@agent_options
@click.option("--listen", metavar="HOST:PORT", help="Address of the agent's own status page.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Ship standard input instead, to its end.")
@click.option("--service-name", metavar="NAME", default="", help="Service of its lines (with --stdin).")
@click.option("--multiline", metavar="RULE", default="", help=f"{MULTILINE} (With --stdin.)")
def command(
    *,
    config: Path | None,
    flags: dict[str, str | None],
    listen: str | None,
    from_stdin: bool,
    service_name: str,
    multiline: str,
) -> int | None:
    """Ship this machine's logs to a Prologue server, an OTLP endpoint or a Loki, until Ctrl-C or SIGTERM.

    Collects what `prologue up` would collect, and keeps nothing but its place in each file: an offset
    moves when the other side has the line on disk. `prologue config show` lists what can be set, under
    `agent` and `collect`. `app | prologue agent --stdin` ships what the application writes.
    """
    ctx = click.get_current_context()
    flags["agent.listen"] = listen
    ctx.obj = (config, flags)
    if ctx.invoked_subcommand is not None:
        return None
    settings = load(config, flags).settings
    if from_stdin:
        from prologue.app.agent.streams import run_stdin  # noqa: PLC0415 - as below
        from prologue.collect.multiline import read_option  # noqa: PLC0415

        return run_stdin(settings, service_name, read_option(multiline))
    if service_name:
        raise UserError("--service-name goes with --stdin", cure="name files' services in collect.services")
    if multiline:
        raise UserError("--multiline goes with --stdin", cure="give files a rule in collect.multiline")
    from prologue.app.agent.run import run  # noqa: PLC0415 - `--help` need not wait for it

    return run(settings)


@command.command("status")
@click.option("--config", type=click.Path(path_type=Path), help="Configuration file (YAML).")
@click.option("--listen", metavar="HOST:PORT", help="Address of the agent's status page.")
@click.option("--json", "as_json", is_flag=True, help="Print the agent's answer as it is.")
@click.pass_context
def status(ctx: click.Context, *, config: Path | None, listen: str | None, as_json: bool) -> None:
    """Show each source: its lag, lines read, acknowledged, retried, and what is wrong.

    Asks the agent that runs with the same configuration, at `agent.listen`.
    """
    # As people type them: before `status`, as the agent's own options, or behind it.
    agent_config, flags = ctx.obj
    if listen is not None:
        flags["agent.listen"] = listen
    address = load(config or agent_config, flags).settings.agent.listen
    if not address:
        raise UserError("agent.listen is empty, so the agent answers nobody", cure="set it, or --listen")
    snapshot, text = _ask(address)
    if as_json:
        click.echo(text)
        return
    _show(snapshot)


def _ask(listen: str) -> tuple[dict[str, Any], str]:
    import httpx  # noqa: PLC0415 - as above
    import orjson  # noqa: PLC0415

    from prologue.config.values import parse_listen  # noqa: PLC0415

    host, port = parse_listen(listen)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - recognised, not bound
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/status"
    try:
        answer = httpx.get(url, timeout=10, trust_env=False)
        return orjson.loads(answer.content), answer.text
    except (httpx.HTTPError, orjson.JSONDecodeError) as error:
        raise TemporaryError(
            f"no agent answers at {url}: {error}",
            cure="start one with `prologue agent`, or name its address with --listen",
        ) from error


def _show(snapshot: dict[str, Any]) -> None:
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Column, Table  # noqa: PLC0415

    from prologue.app.agent.page import COLUMNS, cells, remarks  # noqa: PLC0415

    to = snapshot["destination"]
    click.echo(
        f"agent {snapshot['agent']} ships to {to['url']} ({to['protocol']}): "
        f"{to['shipped_payloads']} payloads, {to['retries']} retries, "
        f"{to['refused_payloads']} put aside, {to['waiting_payloads']} waiting"
    )
    for remark in remarks(snapshot):
        click.echo(f"  {remark}")
    table = Table(*(Column(name, no_wrap=True) for name in COLUMNS), box=None)
    for source in snapshot["sources"]:
        table.add_row(*cells(source))
    # A path that is cut short names nothing: in a narrow terminal or a pipe lines may be longer.
    Console(width=max(Console().width, 500), soft_wrap=True).print(table)
