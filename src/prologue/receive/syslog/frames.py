"""Syslog messages in a stream of bytes and in datagrams, as lines that say who sent them.

RFC 6587 knows two framings: octet counting (`83 <34>1 ...`, also that of TLS, RFC 5425) and a line feed
after each message. Which one a sender uses shows in its first bytes. Where an octet count should stand and
does not, what follows up to a line feed is taken as a message, as rsyslog does, so that a sender's slip
costs one message and not the connection.

A chunk of lines is cut at its last line feed and otherwise not looked at. Each line begins with the
sender's address and a tab. A message that has line feeds in it goes, escaped, to a batch of its own kind.
Next chapter: `prologue.parse.syslog`, which takes the lines apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from prologue.model.errors import UserError
from prologue.receive.streams.contract import Taken

ESCAPED = "escaped"
"""The kind of batch in which a line feed is written `\\n` and a backslash twice."""

_COUNT = re.compile(rb"[\r\n\0]*([1-9][0-9]{0,9}) ")
_COUNT_BEGINS = re.compile(rb"([\r\n\0]*)[0-9]{0,10}")
_COUNTED = re.compile(rb"[1-9][0-9]{0,9} <")
_COUNTED_BEGINS = re.compile(rb"[1-9][0-9]{0,9} ?")
_ENDS = b"\r\n\0"


def lines(prefix: bytes, frames: Sequence[bytes]) -> list[Taken]:
    """Messages as lines. `prefix` is the sender's address and a tab."""
    joined = b"\n".join(frames)
    if joined.count(b"\n") == len(frames) - 1:
        return [Taken(_prefixed(prefix, joined), len(frames))]
    # Some senders end a counted message with a line feed, others have several lines in one.
    stripped = [frame.rstrip(_ENDS) for frame in frames]
    single = [frame for frame in stripped if b"\n" not in frame]
    several = [escape(frame) for frame in stripped if b"\n" in frame]
    found = [Taken(_prefixed(prefix, b"\n".join(single)), len(single))] if single else []
    if several:
        found.append(Taken(_prefixed(prefix, b"\n".join(several)), len(several), kind=ESCAPED))
    return found


def _prefixed(prefix: bytes, joined: bytes) -> bytes:
    return prefix + joined.replace(b"\n", b"\n" + prefix) + b"\n"


def escape(frame: bytes) -> bytes:
    """One line for a message of several."""
    return frame.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")


class SyslogSession:
    """One connection. `largest` bounds a message in bytes: a longer one is stored in pieces."""

    __slots__ = ("_counted", "_held", "_largest", "_pieces", "_prefix", "_rest", "_wanted")

    def __init__(self, address: str, largest: int) -> None:
        self._prefix = address.encode() + b"\t"
        self._largest = largest
        self._counted: bool | None = None
        self._pieces: list[bytes] = []
        self._held = 0
        self._wanted = 0  # bytes that must be held before another look finds anything new
        self._rest = 0  # bytes still to come of a counted message that is too long

    @property
    def held(self) -> int:
        return self._held

    def greeting(self) -> bytes:
        return b""

    def feed(self, data: bytes) -> Sequence[Taken]:
        if self._counted is None:
            data = self._together(data)
            self._counted = _framing_of(data)
            if self._counted is None:
                self._keep(data)
                return ()
        return self._feed_counted(data) if self._counted else self._feed_lines(data)

    def end(self) -> Sequence[Taken]:
        left = self._together(b"")
        if self._counted and not self._rest and (count := _COUNT.match(left)):
            left = left[count.end() :]
        return lines(self._prefix, [left]) if left.strip(_ENDS) else ()

    def _feed_lines(self, data: bytes) -> Sequence[Taken]:
        end = data.rfind(b"\n")
        if end >= 0:
            whole = self._together(data[:end])
            self._keep(data[end + 1 :])
            return (Taken(_prefixed(self._prefix, whole), whole.count(b"\n") + 1),)
        self._keep(data)
        if self._held <= self._largest:
            return ()
        whole = self._together(b"")
        return (*lines(self._prefix, [whole]), Taken(error=self._too_long()))

    def _feed_counted(self, data: bytes) -> Sequence[Taken]:
        if self._held + len(data) < self._wanted:
            self._keep(data)
            return ()
        data = self._together(data)
        frames: list[bytes] = []
        errors: list[Taken] = []
        place = 0
        while place < len(data):
            start, end = self._frame(data, place, errors)
            if end < 0:
                break
            frames.append(data[start:end])
            place = end
        self._keep(data[place:])
        return (*lines(self._prefix, frames), *errors) if frames else errors

    def _frame(self, data: bytes, place: int, errors: list[Taken]) -> tuple[int, int]:
        """Where the message at `place` starts and ends; an end of -1 means that it is not all there."""
        start, length = place, self._rest
        if not length:
            count = _COUNT.match(data, place)
            if count is None:
                return self._uncounted(data, place, errors)
            start, length = count.end(), int(count[1])
        piece = min(length, self._largest)
        if start + piece > len(data):
            self._wanted = start + piece - place
            return start, -1
        if length > self._largest and not self._rest:
            errors.append(Taken(error=self._too_long()))
        self._rest = length - piece
        self._wanted = 0
        return start, start + piece

    def _uncounted(self, data: bytes, place: int, errors: list[Taken]) -> tuple[int, int]:
        self._wanted = 0
        begun = cast(re.Match[bytes], _COUNT_BEGINS.match(data, place))
        start = begun.end(1)
        end = data.find(b"\n", start)
        if begun.end() == len(data) or (end < 0 and len(data) - start <= self._largest):
            return start, -1
        errors.append(
            Taken(
                error=UserError(
                    "a message without its length where one was expected",
                    cure="use one framing, see RFC 6587",
                )
            )
        )
        return start, end if end >= 0 else start + self._largest

    def _together(self, data: bytes) -> bytes:
        """What is held, and these bytes; nothing is held then."""
        if not self._held:
            return data
        self._pieces.append(data)
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        return data

    def _keep(self, data: bytes) -> None:
        if data:
            self._pieces.append(data)
            self._held += len(data)

    def _too_long(self) -> UserError:
        return UserError(
            f"a message of more than {self._largest} bytes is stored in pieces",
            cure="send shorter messages, or raise syslog.max_message_bytes",
        )


def _framing_of(data: bytes) -> bool | None:
    """Whether octets are counted, by a connection's first bytes; None where they are too few to tell."""
    if _COUNTED.match(data):
        return True
    begun = _COUNTED_BEGINS.match(data)
    return None if begun is not None and begun.end() == len(data) else False


class SyslogDatagrams:
    """A datagram is a message, whatever is in it (RFC 5426, RFC 3164 section 2)."""

    def __init__(self, local: str = "") -> None:
        self._local = local.encode() + b"\t"
        self._prefixes: dict[str, bytes] = {}

    def take(self, datagrams: Sequence[tuple[bytes, str]], now: float) -> Sequence[Taken]:  # noqa: ARG002
        single: list[bytes] = []
        several: list[bytes] = []
        for data, address in datagrams:
            message = data.rstrip(_ENDS)
            if b"\n" in message:
                several.append(self._prefix(address) + escape(message))
            elif message:
                single.append(self._prefix(address) + message)
        found = [Taken(b"\n".join([*single, b""]), len(single))] if single else []
        if several:
            found.append(Taken(b"\n".join([*several, b""]), len(several), kind=ESCAPED))
        return found

    def _prefix(self, address: str) -> bytes:
        if not address:
            return self._local
        prefix = self._prefixes.get(address)
        if prefix is None:
            if len(self._prefixes) >= 65_536:
                self._prefixes.clear()
            prefix = self._prefixes[address] = address.encode() + b"\t"
        return prefix
