"""`prologue doctor`: look at everything, say how to mend what is wrong."""

from __future__ import annotations

import time
from pathlib import Path

import click

from prologue.cli.doctor.catalog import CHECKS
from prologue.cli.doctor.finding import Finding, Patient
from prologue.cli.options import settings_options
from prologue.config.load import load

_MARKS = {
    "ok": click.style("ok     ", fg="green"),
    "warning": click.style("warning", fg="yellow"),
    "wrong": click.style("wrong  ", fg="red", bold=True),
}


@click.command("doctor")
@settings_options
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON: a list of findings.")
def command(config: Path | None, flags: dict[str, str | None], as_json: bool) -> int:
    """Check this machine for Prologue, with the settings `prologue up` would use.

    Exit code 1 when something is wrong; a warning alone is 0.
    """
    patient = Patient(load(config, flags).settings, time.time)
    findings: list[Finding] = []
    for check in CHECKS:
        for finding in check(patient):
            findings.append(finding)
            if not as_json:
                _print(finding)
    wrong = any(finding.verdict == "wrong" for finding in findings)
    if as_json:
        import orjson  # noqa: PLC0415 - only this branch needs it

        click.echo(orjson.dumps(findings, option=orjson.OPT_INDENT_2))
    else:
        click.echo("Something is wrong; see above." if wrong else "Prologue can run here.")
    return 1 if wrong else 0


def _print(finding: Finding) -> None:
    click.echo(f"{_MARKS[finding.verdict]}  {finding.check:<12} {finding.detail}")
    if finding.cure:
        click.echo(f"{'':22}{click.style('mend it:', bold=True)} {finding.cure}")
