"""The process that `test_kill` kills: senders, a reader of a source, a writer with an engine of text.

Not a test. What it tells the outside it tells through the kernel at once (`os.write` to files opened
for appending, and to standard output), so that a kill -9 cannot take it back.

    sent       one line a payload that was about to be appended
    engine     one line a segment: batch id, then the payloads' lines; written before the release
    stdout     one line an acknowledgement
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from prologue.buffer.disk import DiskBuffer
from prologue.buffer.settings import BufferSettings
from prologue.model.payload import Payload, PayloadFormat, Receipt, SourcePosition

SENDERS = 4
IN_FLIGHT = 8
CHUNK = 700


def open_log(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def acknowledge(line: bytes, future: Future[Receipt]) -> None:
    if future.exception() is None:
        os.write(1, line)


def send(buffer: DiskBuffer, sent: int, life: bytes, sender: int) -> None:
    """Payloads with names that no other life or sender uses, as many as the buffer takes."""
    futures: list[Future[Receipt]] = []
    number = 0
    while True:
        name = b"%s-%d-%d" % (life, sender, number)
        number += 1
        os.write(sent, name + b"\n")
        future = buffer.append(Payload("t", PayloadFormat.LINES, name + b" " * (number * 37 % 2000), 1))
        future.add_done_callback(partial(acknowledge, b"payload %s\n" % name))
        futures.append(future)
        if len(futures) == IN_FLIGHT:
            futures.pop(0).result()


def read_source(buffer: DiskBuffer) -> None:
    """A reader of an endless source: resumes where the buffer says, chunks of any size."""
    start = buffer.durable_position("source")
    while True:
        end = start + CHUNK + start % 61
        position = SourcePosition("source", start, end)
        data = b"source %d %d" % (start, end)
        future = buffer.append(Payload("t", PayloadFormat.LINES, data, 1, position=position))
        future.add_done_callback(partial(acknowledge, b"source %d\n" % end))
        future.result()
        start = end


def write(buffer: DiskBuffer, engine: int) -> None:
    while True:
        segment = buffer.take(60)
        if segment is not None:
            names = [bytes(payload.data).strip() for payload in segment.payloads()]
            os.write(engine, b"%d\t" % segment.batch_id + b"\t".join(names) + b"\n")
            buffer.release(segment)


def main(root: Path, life: bytes) -> None:
    settings = BufferSettings(segment_bytes=32768, seal_after=0.005, reserve_bytes=4096)
    buffer = DiskBuffer(root / "buffer", settings)
    sent, engine = open_log(root / "sent"), open_log(root / "engine")
    for sender in range(SENDERS):
        threading.Thread(target=send, args=(buffer, sent, life, sender)).start()
    threading.Thread(target=read_source, args=(buffer,)).start()
    write(buffer, engine)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].encode())
