"""A server does without pandas, keeps memory while it is used, and gives it back when nothing comes.

The C library takes a large piece of memory from the system each time it is asked for one and gives it back at
once, so a batch's bytes would be written into new pages every time: a fifth of the kernel's part of a flood
(measured). Told otherwise it keeps what it has.

Arrow's allocator and the C library's keep what a burst freed, 130 MB after two million lines (measured), for
a next burst that may be tomorrow's; both have a call that ends that.

The engine's package brings pandas along, and pyarrow imports it the first time an array of numpy's is
handed to it or taken from it, to see whether pandas is concerned: 0.2 CPU-seconds and 56 MB (measured)
for a question whose answer is always no. pyarrow is content where there is none, so a server has none.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa


class _NoPandas(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname == "pandas":
            raise ImportError("a Prologue server does without pandas (prologue.app.lean)", name=fullname)
        return None


# From glibc's malloc.h; 32 MiB is the most that the first takes.
_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
_LARGE_BYTES = 32 << 20
_KEPT_BYTES = 512 << 20


def keep_memory() -> None:
    """What is freed is kept for the next batch, until `give_memory_back`. Other C libraries than glibc have
    no such choice."""
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    if choose is not None:
        choose(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        choose(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def give_memory_back() -> None:
    """What was freed goes back to the system. Other C libraries than glibc keep nothing."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def leave_pandas_out() -> None:
    """From now on `import pandas` fails in this process, where it was not imported already."""
    if not any(isinstance(finder, _NoPandas) for finder in sys.meta_path):
        sys.meta_path.insert(0, _NoPandas())
