"""What every test may use: one embedded engine for the whole run, and real servers as processes.

The engine allows one directory per process, so all tests share it and each gets a database of its own.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from prologue.store.embedded import EmbeddedEngine
from tests.support.kubernetes import ApiServer, serving
from tests.support.server import ServerProcess

_numbers = itertools.count(1)

# A shell that runs the suite in the background makes SIGINT ignored, and children inherit that: the tests
# that press Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Where a run decides whether a change lands, the same examples are tried each time; developers' runs go on
# looking for new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session")
def engine_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one directory the embedded engine of this process uses."""
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="session")
def keep_engine(engine_path: Path) -> Iterator[EmbeddedEngine]:
    """A connection that stays open, so that the engine is started once for the whole run."""
    engine = EmbeddedEngine(engine_path)
    yield engine
    engine.close()


@pytest.fixture
def open_engine(engine_path: Path, keep_engine: EmbeddedEngine) -> Iterator[Callable[[], EmbeddedEngine]]:
    """Opens connections to an empty database of this test's own; all of them are closed at its end."""
    database = f"test_{next(_numbers)}"
    keep_engine.command(f"CREATE DATABASE {database}")
    opened: list[EmbeddedEngine] = []

    def open_one() -> EmbeddedEngine:
        opened.append(EmbeddedEngine(engine_path, database=database))
        return opened[-1]

    yield open_one
    for engine in opened:
        engine.close()
    keep_engine.command(f"DROP DATABASE {database} SYNC")


@pytest.fixture
def engine(open_engine: Callable[[], EmbeddedEngine]) -> EmbeddedEngine:
    """One connection to an empty database."""
    return open_engine()


@pytest.fixture(scope="session")
def prologue_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A running `prologue up` that collects nothing of this machine: `.url`, `.push(...)`, `.data_dir`."""
    server = ServerProcess(tmp_path_factory.mktemp("server") / "data").start()
    yield server
    server.stop()


@pytest.fixture
def api() -> Iterator[ApiServer]:
    """The Kubernetes API, as it is documented."""
    with serving() as server:
        yield server
