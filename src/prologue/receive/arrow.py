"""pyarrow under types that hold.

The published stubs type arrays by their scalars and refuse much of what the library documents (numpy
buffers, `pa.array` of numpy integers, 32-bit map offsets). One name for an array and one untyped
handle keep that quarrel out of every other module.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import pyarrow
import pyarrow.compute

Array: TypeAlias = Any
"""A `pyarrow.Array`; of which type is said where it is made."""

pa: Any = pyarrow
pc: Any = pyarrow.compute
