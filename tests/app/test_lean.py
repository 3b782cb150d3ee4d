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


PROGRAM = """
import ctypes, mmap, resource, sys, tempfile
from prologue.app.lean import give_memory_back

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

file = tempfile.TemporaryFile()
file.write(b"a" * 64_000_000)
file.flush()
read = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
changed = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
changed[5] = ord("b")
address = ctypes.addressof(ctypes.c_char.from_buffer(changed))
length = ctypes.c_size_t(len(changed))
assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(address), length, mmap.PROT_READ) == 0
assert set(read[::4096]) == {ord("a")}  # every page is read
before = resident()
give_memory_back()
print(before - resident())
assert changed[5] == ord("b") and read[5] == read[-1] == ord("a")
import decimal, sqlite3  # code that was given back still runs
sys.exit(str(decimal.Decimal(2).sqrt())[:4] != "1.41")
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


def test_pages_of_files_are_given_back_but_for_changed_ones():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 64_000_000


def test_arrays_do_not_import_pandas():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
