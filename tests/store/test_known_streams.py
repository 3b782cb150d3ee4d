from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prologue.store.known_streams import KnownStreams

PAIRS = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 65535)), max_size=20)


def keys(pairs):
    columns = np.array(pairs, np.uint64).reshape(-1, 2)
    return KnownStreams.keys(columns[:, 0], columns[:, 1])


@given(st.lists(PAIRS, max_size=5), PAIRS)
def test_what_was_added_is_known_and_nothing_else(batches, asked):
    known = KnownStreams()
    for batch in batches:
        known.add(keys(batch))
    added = {pair for batch in batches for pair in batch}
    assert known.missing(keys(asked)).tolist() == [pair not in added for pair in asked]


def test_one_stream_on_two_days_is_two():
    known = KnownStreams()
    known.add(keys([(7, 1)]))
    assert known.missing(keys([(7, 1), (7, 2), (8, 1)])).tolist() == [False, True, True]


def test_over_the_limit_the_newest_stay():
    known = KnownStreams(most=3)
    known.add(keys([(1, 1), (2, 1)]))
    known.add(keys([(3, 1), (4, 1)]))
    assert known.missing(keys([(1, 1), (2, 1), (3, 1), (4, 1)])).tolist() == [True, True, False, False]
