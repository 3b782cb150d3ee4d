"""A server does without pandas, keeps memory while it is used, and gives it back when nothing comes.

The C library takes a large piece of memory from the system each time it is asked for one and gives it back at
once, so a batch's bytes would be written into new pages every time: a fifth of the kernel's part of a flood
(measured). Told otherwise it keeps what it has.

Arrow's allocator and the C library's keep what a burst freed, 130 MB after two million lines (measured), for
a next burst that may be tomorrow's; both have a call that ends that. And of the engine's program what was
ever run stays mapped, 200 MB of 590. Unmapped it is still in the system's cache, from which it comes back
where it is needed, and which is the system's to take.

The engine's package brings pandas along, and pyarrow imports it the first time an array of numpy's is
handed to it or taken from it, to see whether pandas is concerned: 0.2 CPU-seconds and 56 MB (measured)
for a question whose answer is always no. pyarrow is content where there is none, so a server has none.
"""

from __future__ import annotations

import ctypes
import mmap
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
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
    """What was freed goes back to the system, and so do pages of program files."""
    pa.default_memory_pool().release_unused()
    library = ctypes.CDLL(None)
    trim = getattr(library, "malloc_trim", None)
    if trim is not None:  # other C libraries than glibc keep nothing
        trim(0)
    for address, size in _program_pages():
        # Refused for pages that are locked, which then stay.
        library.madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), mmap.MADV_DONTNEED)


# proc_pid_smaps(5): a mapping's first line, and how many of its pages are no longer the file's.
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ +(\S.*)")
_CHANGED = re.compile(r"Anonymous: +(\d+) kB")
_READ_ONLY = {"r-xp", "r--p"}


def _program_pages() -> Iterator[tuple[int, int]]:
    """Address and bytes of each mapping that is of a file, is not to be written and never was: what is in it
    can be had from the file again."""
    place: tuple[int, int] | None = None
    with Path("/proc/self/smaps").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if found := _MAPPING.match(line):
                start, end = int(found[1], 16), int(found[2], 16)
                of_file = found[3] in _READ_ONLY and found[4].startswith("/")
                place = (start, end - start) if of_file else None
            elif place and (changed := _CHANGED.match(line)) and changed[1] == "0":
                yield place


def leave_pandas_out() -> None:
    """From now on `import pandas` fails in this process, where it was not imported already."""
    if not any(isinstance(finder, _NoPandas) for finder in sys.meta_path):
        sys.meta_path.insert(0, _NoPandas())
