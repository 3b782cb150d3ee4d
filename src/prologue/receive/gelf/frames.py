"""GELF messages in a stream of bytes and in datagrams, as lines of JSON that say who sent them.

Over TCP a NUL byte ends a message. A datagram is a message, plain or compressed with zlib or gzip, or a
chunk of one: 0x1e 0x0f, eight bytes that name the message, the chunk's number and how many there are, at
most 128; all must come within five seconds (Graylog's GELF specification, "Chunking").

A line feed in JSON outside of a string is white space, inside of one it is an error: a space does for both.
Next chapter: `prologue.parse.gelf`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from prologue.model.errors import PrologueError, UserError
from prologue.receive.compression import decompress
from prologue.receive.streams.contract import Taken

_CHUNKED = b"\x1e\x0f"
_HEADER_BYTES = 12
_MOST_CHUNKS = 128
_CHUNK_SECONDS = 5.0
_SPACES = bytes.maketrans(b"\r\n", b"  ")


class GelfSession:
    """One connection. `largest` bounds a message in bytes: a longer one ends the connection."""

    __slots__ = ("_held", "_largest", "_pieces", "_prefix")

    def __init__(self, address: str, largest: int) -> None:
        self._prefix = address.encode() + b"\t"
        self._largest = largest
        self._pieces: list[bytes] = []
        self._held = 0

    @property
    def held(self) -> int:
        return self._held

    def greeting(self) -> bytes:
        return b""

    def feed(self, data: bytes) -> Sequence[Taken]:
        end = data.rfind(b"\0")
        if end < 0:
            self._keep(data)
            if self._held <= self._largest:
                return ()
            # Half a JSON object is no message: better refused, with the reason, than stored in pieces.
            return (*self.end(), Taken(error=too_long(self._largest), close=True))
        whole = b"".join([*self._pieces, data[:end]])
        self._pieces.clear()
        self._held = 0
        self._keep(data[end + 1 :])
        return (self._taken(whole),)

    def end(self) -> Sequence[Taken]:
        left = b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        return (self._taken(left),) if left.strip() else ()

    def _keep(self, data: bytes) -> None:
        if data:
            self._pieces.append(data)
            self._held += len(data)

    def _taken(self, whole: bytes) -> Taken:
        messages = whole.translate(_SPACES)
        count = messages.count(b"\0") + 1
        return Taken(self._prefix + messages.replace(b"\0", b"\n" + self._prefix) + b"\n", count)


def too_long(largest: int) -> UserError:
    return UserError(
        f"a message of more than {largest} bytes", cure="send shorter ones, or raise gelf.max_message_bytes"
    )


@dataclass(slots=True)
class _Partial:
    """A message some of whose chunks came. `deadline` is monotonic."""

    deadline: float
    count: int
    chunks: dict[int, bytes] = field(default_factory=dict)
    size: int = 0


class GelfDatagrams:
    """A listener's datagrams. `waiting` bounds in bytes what incomplete messages may hold together."""

    def __init__(self, largest: int, waiting: int) -> None:
        self._largest = largest
        self._waiting = waiting
        self._held = 0
        self._partial: dict[tuple[str, bytes], _Partial] = {}  # in order of their deadlines

    def take(self, datagrams: Sequence[tuple[bytes, str]], now: float) -> Sequence[Taken]:
        found = self._expire(now)
        lines: list[bytes] = []
        for data, address in datagrams:
            try:
                message = self._join(data, address, now) if data[:2] == _CHUNKED else data
                if message:
                    lines.append(address.encode() + b"\t" + self._plain(message).translate(_SPACES))
            except PrologueError as error:
                found.append(Taken(error=UserError(f"{address}: {error.message}", cure=error.cure)))
        if lines:
            found.append(Taken(b"\n".join([*lines, b""]), len(lines)))
        return found

    def _plain(self, message: bytes) -> bytes:
        """The JSON: the first bytes tell how it is compressed."""
        if message[:2] == b"\x1f\x8b":
            return decompress(message, "gzip", self._largest)
        if message[:1] == b"\x78" and int.from_bytes(message[:2], "big") % 31 == 0:
            return decompress(message, "deflate", self._largest)
        return message

    def _join(self, data: bytes, address: str, now: float) -> bytes:
        """The whole message if this chunk was its last one missing, else nothing."""
        if len(data) < _HEADER_BYTES:
            raise UserError("a chunk without its header", cure="see Graylog's GELF specification")
        name, number, count = data[2:10], data[10], data[11]
        if not 1 <= count <= _MOST_CHUNKS or number >= count:
            raise UserError(
                f"chunk {number} of {count}", cure=f"send at most {_MOST_CHUNKS} chunks, counted from 0"
            )
        key = (address, name)
        partial = self._partial.get(key)
        if partial is None:
            partial = self._partial[key] = _Partial(now + _CHUNK_SECONDS, count)
        if number in partial.chunks:
            return b""
        self._room(partial, key, len(data))
        partial.chunks[number] = data[_HEADER_BYTES:]
        partial.size += len(data)
        self._held += len(data)
        if len(partial.chunks) < partial.count:
            return b""
        self._forget(key)
        return b"".join(partial.chunks[place] for place in range(partial.count) if place in partial.chunks)

    def _room(self, partial: _Partial, key: tuple[str, bytes], size: int) -> None:
        if partial.size + size > self._largest:
            self._forget(key)
            raise too_long(self._largest)
        if self._held + size > self._waiting:
            self._forget(key)
            raise UserError(
                f"incomplete messages hold {self._held} bytes; the limit is {self._waiting}",
                cure="send over TCP, or fewer large messages at once",
            )

    def _forget(self, key: tuple[str, bytes]) -> None:
        self._held -= self._partial.pop(key).size

    def _expire(self, now: float) -> list[Taken]:
        expired = []
        for key, partial in self._partial.items():
            if partial.deadline > now:
                break
            expired.append(key)
        found = []
        for key in expired:
            partial = self._partial[key]
            self._forget(key)
            found.append(
                Taken(
                    lost=1,
                    error=UserError(
                        f"{key[0]}: only {len(partial.chunks)} of a message's {partial.count} chunks came",
                        cure="send over TCP, or raise net.core.rmem_max",
                    ),
                )
            )
        return found
