"""A server does without pandas.

The engine's package brings pandas along, and pyarrow imports it the first time an array of numpy's is
handed to it or taken from it, to see whether pandas is concerned: 0.2 CPU-seconds and 56 MB (measured)
for a question whose answer is always no. pyarrow is content where there is none, so a server has none.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _NoPandas(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname == "pandas":
            raise ImportError("a Prologue server does without pandas (prologue.app.lean)", name=fullname)
        return None


def leave_pandas_out() -> None:
    """From now on `import pandas` fails in this process, where it was not imported already."""
    if not any(isinstance(finder, _NoPandas) for finder in sys.meta_path):
        sys.meta_path.insert(0, _NoPandas())
