"""`prologue replay`: put back what was set aside because the engine refused it.

Works on the data directory, so the server that uses it must be stopped. Next chapter:
`prologue.buffer.setaside`.
"""

from __future__ import annotations

from pathlib import Path

import click

from prologue.buffer.filesystem import FileSystem
from prologue.buffer.lock import DirectoryLock
from prologue.buffer.setaside import SetAside
from prologue.cli.options import settings_options
from prologue.config.load import load
from prologue.model.errors import TemporaryError


@click.command("replay")
@settings_options
@click.option("--list", "only_list", is_flag=True, help="Only say what is set aside, and why.")
def command(config: Path | None, flags: dict[str, str | None], only_list: bool) -> int:
    """Put batches back that were set aside, so that the next start stores them.

    A batch is set aside when the engine refuses it whatever is tried, or when several processes in a
    row ended while storing it. Mend the cause the list shows (often a newer version), stop Prologue,
    run this, start again. What the store has of a batch already is not stored twice.
    """
    buffer = load(config, flags).settings.data_dir / "buffer"
    aside = SetAside(FileSystem(), buffer)
    for kept in aside.kept():
        click.echo(f"{kept.path.stem.lstrip('0')}  {kept.bytes} bytes  {kept.reason}")
    if aside.count == 0:
        click.echo("Nothing is set aside.")
        return 0
    if only_list:
        return 0
    try:
        lock = DirectoryLock(buffer)
        try:
            count = aside.put_back()
        finally:
            lock.release()
    except OSError as error:
        raise TemporaryError(
            f"what is set aside in {aside.folder} cannot be put back: {error.strerror}",
            cure="check the disk and the permissions of the data directory, then run this again",
        ) from error
    click.echo(f"Put back: {count}. The next `prologue up` stores them.")
    return 0
