"""Counts the words of each line: a `python` stage, with Arrow's own functions and no loop over lines."""

import pyarrow as pa
import pyarrow.compute as pc


def parse(lines: pa.Table) -> pa.Table:
    body = lines["body"].combine_chunks().cast(pa.large_string())
    counts = pc.list_value_length(pc.utf8_split_whitespace(pc.utf8_trim_whitespace(body)))
    offsets = pa.array(range(len(lines) + 1), pa.int32())
    names = pa.array(["words"] * len(lines))
    return pa.table({"attributes": pa.MapArray.from_arrays(offsets, names, counts.cast(pa.string()))})
