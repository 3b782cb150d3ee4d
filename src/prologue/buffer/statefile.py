"""Small files that are replaced as a whole and checked when read: positions, the next sequence.

Content: 8 bytes of magic, the CRC32C of what follows (4 bytes, little-endian), then MessagePack.

Next chapter: `prologue.buffer.positions`, the one that matters.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TypeVar

import msgspec

from prologue.buffer.filesystem import FileSystem, replace_file
from prologue.buffer.frame import checksum

HEAD = struct.Struct("<8sI")
T = TypeVar("T")


class StateDamaged(Exception):
    """A state file that is not what was written. The message says how."""


def save_state(filesystem: FileSystem, path: Path, magic: bytes, value: object) -> None:
    """Replace the file, durably. Raises `OSError`; the old content is then still in place."""
    body = msgspec.msgpack.encode(value)
    replace_file(filesystem, path, [HEAD.pack(magic, checksum(body)), body])


def load_state(filesystem: FileSystem, path: Path, magic: bytes, kind: type[T]) -> T | None:
    """The saved value, None where there is no file. Raises `StateDamaged`, or `OSError`."""
    try:
        content = filesystem.read(path)
    except FileNotFoundError:
        return None
    if len(content) < HEAD.size:
        raise StateDamaged(f"it is {len(content)} bytes short")
    found, check = HEAD.unpack_from(content)
    body = content[HEAD.size :]
    if found != magic or check != checksum(body):
        raise StateDamaged("its checksum does not hold")
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise StateDamaged(f"its content is not understood: {error}") from error
