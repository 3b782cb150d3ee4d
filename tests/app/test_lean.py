"""pyarrow looks for pandas when it meets numpy; in a server it finds none, and goes on without."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from prologue.app.lean import leave_pandas_out
leave_pandas_out()
import numpy, pyarrow
array = pyarrow.array(numpy.array([1, 2]))
assert array.to_numpy().sum() == pyarrow.chunked_array([array]).to_numpy().sum() == 3
assert pyarrow.table({"a": array}).to_pylist() == [{"a": 1}, {"a": 2}]
assert "pandas" not in sys.modules
"""


def test_arrays_do_not_import_pandas():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
