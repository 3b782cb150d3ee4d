"""A server does without pandas, and gives memory back when nothing comes.

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
