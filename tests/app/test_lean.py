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


HELD = """
import resource, pyarrow
from prologue.app.lean import give_memory_back

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

pieces = [bytes(60_000) for _ in range(2000)]
last = pieces[-1]  # on top of the heap, so that nothing below it is given back by itself
del pieces
before = resident()
give_memory_back()
print(before - resident())
"""


AGAIN = """
import resource, sys
from prologue.app.lean import keep_memory

if sys.argv[1] == "kept":
    keep_memory()

def batch():
    segment = bytes(b"x") * 16_900_000
    payloads = [bytes(b"y") * 510_000 for _ in range(33)]
    return len(segment) + len(b"".join(payloads))

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

for _ in range(3):
    batch()
before = faults()
for _ in range(10):
    batch()
print(faults() - before)
"""


def test_memory_that_is_used_again_is_not_touched_anew():
    def faults(how):
        command = [sys.executable, "-c", AGAIN, how]
        return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)

    assert faults("kept") < 1000
    assert faults("not kept") > 50_000


def test_memory_that_was_freed_is_given_back():
    done = subprocess.run(
        [sys.executable, "-c", HELD], check=True, capture_output=True, text=True, timeout=60
    )
    assert int(done.stdout) > 50_000_000


def test_arrays_do_not_import_pandas():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
