"""Which agent is this? The name it puts before every source, so that no two agents' files are one.

Device and inode numbers repeat from machine to machine. The name is made once and kept in the agent's
folder. A folder that turns up on a machine of another name was copied with an image: it gets a new one,
because two agents that share a name would each be told that the other's lines are held already.

Next chapter: `prologue.ship.sink`, which uses the name.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

from prologue.model.errors import ConfigError

FILE_NAME = "identity.json"


class Identity(msgspec.Struct, frozen=True):
    """`agent` is random; `host` is where it was made."""

    agent: str
    host: str


def load(folder: Path, host: str) -> Identity:
    """The identity kept in `folder`, made now where there is none or another machine's.

    Raises `ConfigError` where it can neither be read nor written.
    """
    path = folder / FILE_NAME
    try:
        known = msgspec.json.decode(path.read_bytes(), type=Identity)
        if known.host == host:
            return known
    except (FileNotFoundError, msgspec.DecodeError):
        pass  # the first start, or a file cut short by a full disk: a new name repeats one chunk at most
    except OSError as error:
        raise _unusable(path, error) from error
    made = Identity(secrets.token_hex(8), host)
    try:
        _save(path, made)
    except OSError as error:
        raise _unusable(path, error) from error
    return made


def _save(path: Path, identity: Identity) -> None:
    """Durably; processes that start at the same time may each write, and the last one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{FILE_NAME}.{os.getpid()}")
    with temporary.open("wb") as file:
        file.write(msgspec.json.encode(identity))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _unusable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"the agent's identity {path} cannot be kept: {error.strerror}",
        key="data_dir",
        cure="make the folder writable, or choose another with --data-dir",
    )
