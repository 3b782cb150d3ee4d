"""What can go wrong, each as a function that does it to a world under load and lets it pass again.

Instants and lengths are random, from dice that are given, because the instant is what is tested.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections.abc import Callable

import pyarrow as pa

from prologue.buffer.frame import encode_payload, frame_header
from prologue.buffer.scan import Scan, scan
from prologue.model.payload import Payload, PayloadFormat
from tests.process.oracle import ID, Oracle
from tests.process.ways_in import json_lines
from tests.process.world import World

NOT_STORED = "is not stored yet"
Fault = Callable[[World, Oracle, random.Random], None]


def kill(world: World, oracle: Oracle, dice: random.Random) -> None:
    """kill -9, at any instant"""
    world.pause(dice.random() * 0.8)
    world.server.kill()
    world.server.start()


def kill_while_starting(world: World, oracle: Oracle, dice: random.Random) -> None:
    """kill -9, and again during the start that follows"""
    world.pause(dice.random() * 0.3)
    world.server.kill()
    world.server.launch()
    world.pause(dice.random() * 2.0)
    world.server.kill()
    world.server.start()


def terminate(world: World, oracle: Oracle, dice: random.Random) -> None:
    """a stop in order, under load"""
    world.pause(dice.random() * 0.5)
    assert world.server.stop() == 0
    assert not list((world.data / "buffer").glob("*.segment")), "a stop in order leaves nothing behind"
    world.server.start()


def freeze(world: World, oracle: Oracle, dice: random.Random) -> None:
    """the process stands still (SIGSTOP)"""
    os.kill(world.server.pid, signal.SIGSTOP)
    world.pause(0.5 + dice.random())
    os.kill(world.server.pid, signal.SIGCONT)


def engine_insert_fails(world: World, oracle: Oracle, dice: random.Random) -> None:
    """the engine's inserts fail (its renames answer EIO)"""
    when = dice.choice(["1+", "1+2", "2+3"])
    with world.calls(f"rename,renameat,renameat2:error=EIO:when={when}"), world.biting(NOT_STORED):
        world.pause(0.5 + dice.random())


def sync_fails(world: World, oracle: Oracle, dice: random.Random) -> None:
    """syncs fail (EIO)"""
    when = dice.choice(["1+", "1+2", "2+3"])
    with world.calls(f"fsync,fdatasync:error=EIO:when={when}"), world.biting("could not be synced"):
        world.pause(0.5 + dice.random())


def slow_disk(world: World, oracle: Oracle, dice: random.Random) -> None:
    """a slow disk (each sync takes 0.1 to 0.5 s more)"""
    with world.calls(f"fsync,fdatasync:delay_exit={dice.randrange(100_000, 500_000)}"):
        world.pause(1.0 + dice.random())


def slow_disk_and_kill(world: World, oracle: Oracle, dice: random.Random) -> None:
    """kill -9 in the middle of slow syncs"""
    with world.calls(f"fsync,fdatasync:delay_enter={dice.randrange(50_000, 300_000)}"):
        world.pause(0.3 + dice.random())
        world.server.kill()
    world.server.start()


def buffer_disk_full(world: World, oracle: Oracle, dice: random.Random) -> None:
    """the buffer's disk is full"""
    with world.full(world.data) as fill, world.biting("the disk of the buffer directory", fill):
        world.pause(0.5 + dice.random())
        world.stored(oracle.prefix)  # queries are answered meanwhile


def engine_disk_full(world: World, oracle: Oracle, dice: random.Random) -> None:
    """the engine's disk is full"""
    with world.full(world.engine), world.biting(NOT_STORED):
        world.pause(0.5 + dice.random())
        world.stored(oracle.prefix)


def both_disks_full_and_kill(world: World, oracle: Oracle, dice: random.Random) -> None:
    """both disks are full, and kill -9, and the start is on full disks"""
    with world.full(world.data), world.full(world.engine):
        world.pause(dice.random())
        world.server.kill()
        world.server.start()
        world.stored(oracle.prefix)


def bytes_flipped(world: World, oracle: Oracle, dice: random.Random) -> None:
    """a bit of a segment flips (after kill -9)"""
    world.server.kill()
    paths = sorted((world.data / "buffer").glob("*.segment"))
    if paths:
        path = dice.choice(paths)
        content = bytearray(path.read_bytes())
        before = scan(bytes(content))
        offset = dice.randrange(len(content))
        content[offset] ^= 1 << dice.randrange(8)
        path.write_bytes(content)
        oracle.destroyed |= _ids(before) - _ids(scan(bytes(content)))
    with world.biting(f"buffer segment {path.name} is damaged") if paths else contextlib.nullcontext():
        world.server.start()


def torn_tail(world: World, oracle: Oracle, dice: random.Random) -> None:
    """the last write is torn (after kill -9)"""
    world.server.kill()
    newest = max((world.data / "buffer").glob("*.segment"), default=None)
    if newest is not None:
        found = scan(newest.read_bytes())
        encoded = encode_payload(Payload("default", PayloadFormat.LINES, b"never acknowledged\n" * 200, 1))
        frame = (
            frame_header(found.marker, len(found.frames), encoded) + encoded.envelope + bytes(encoded.data)
        )
        with newest.open("ab") as file:
            file.write(frame[: dice.randrange(len(frame))])
    world.server.start()


def clock_jumps(world: World, oracle: Oracle, dice: random.Random) -> None:
    """the clock jumps, by up to a year, and back"""
    for _ in range(2):
        world.jump(dice.choice(["+90", "-90", "+1h", "-1h", "+3d", "-3d", "-1y", "+1y"]))
        world.pause(1.1 + dice.random() * 0.5)
    world.jump("+0")


def slow_client(world: World, oracle: Oracle, dice: random.Random) -> None:
    """a client sends a body in drops, another hangs up in the middle of one"""
    head, body = _request(oracle.take(50))
    with world.socket() as broken:
        broken.sendall(head + body[: dice.randrange(len(body))])
    ids = oracle.take(50)
    head, body = _request(ids)
    with world.socket() as slow:
        slow.sendall(head)
        for start in range(0, len(body), 500):
            slow.sendall(body[start : start + 500])
            world.pause(0.05)
        if b" 204 " in slow.recv(4096):
            oracle.acknowledge(ids)


def _request(ids: list[str]) -> tuple[bytes, bytes]:
    push = json_lines(ids)
    head = (
        f"POST {push.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(push.body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode(), push.body


def log_rotates(world: World, oracle: Oracle, dice: random.Random) -> None:
    """the collected file is rotated, and kill -9"""
    world.pause(dice.random() * 0.5)
    world.log.rename(world.log.with_name(f"app.log.{oracle.epoch}"))
    world.pause(dice.random() * 0.5)
    world.server.kill()
    world.server.start()


def _ids(found: Scan) -> set[str]:
    """The ids in a segment's payloads. Columns may be compressed, so they are read, not searched."""
    return {name.decode() for frame in found.frames for name in ID.findall(_text(frame.payload))}


def _text(payload: Payload) -> bytes:
    if payload.format is not PayloadFormat.RECORDS:
        return bytes(payload.data)
    bodies = pa.ipc.open_stream(pa.py_buffer(payload.data)).read_all()["body"].to_pylist()
    return b"\n".join(body if isinstance(body, bytes) else body.encode() for body in bodies)


OFTEN: tuple[Fault, ...] = (
    terminate,
    both_disks_full_and_kill,
    engine_insert_fails,
    slow_disk_and_kill,
    bytes_flipped,
    clock_jumps,
    sync_fails,
    kill,
    torn_tail,
    log_rotates,
)
"""For every run of the suite: what goes wrong in as many ways, in a minute."""

FAULTS: tuple[Fault, ...] = (
    kill,
    kill_while_starting,
    terminate,
    freeze,
    engine_insert_fails,
    sync_fails,
    slow_disk,
    slow_disk_and_kill,
    buffer_disk_full,
    engine_disk_full,
    both_disks_full_and_kill,
    bytes_flipped,
    torn_tail,
    clock_jumps,
    slow_client,
    log_rotates,
)
