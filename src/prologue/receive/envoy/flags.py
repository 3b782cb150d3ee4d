"""Response flags: what kept Envoy from a plain answer.

Source: envoy/data/accesslog/v3/accesslog.proto, `ResponseFlags`; short names as in Envoy's documentation,
"Access logging", `%RESPONSE_FLAGS%`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prologue.receive.arrow import Array, pa
from prologue.receive.columns import Ints
from prologue.receive.envoy.parts import Part
from prologue.receive.wire.scan import DELIMITED, VARINT, Key

_NAMES = (
    *("LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE"),
    *("DC", "URX", "SI", "IH", "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF", "DR"),
)
"""Short names, by field number from 1."""

_FAILED = frozenset(
    {"LH", "UH", "UT", "UR", "UF", "UC", "UO", "NR", "URX", "NFCF", "DT", "UPE", "NC", "OM", "DF"}
)
"""The proxy or the service behind it failed; the other flags tell of clients, of policies and of tests."""

_UNAUTHORIZED = 13  # the one flag that is a message
KEYS: tuple[Key, ...] = tuple(
    (number, DELIMITED if number == _UNAUTHORIZED else VARINT) for number in range(1, len(_NAMES) + 1)
)


def read_flags(flags: Part) -> tuple[Array, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Short names joined by commas, empty where there is none; which rows have any; which have failed."""
    bits: Ints = np.zeros(flags.count, np.int64)
    for number in range(1, len(_NAMES) + 1):
        given = flags.present(number) if number == _UNAUTHORIZED else flags.number(number) != 0
        bits |= given.astype(np.int64) << (number - 1)
    distinct, inverse = np.unique(bits, return_inverse=True)
    named = [[name for at, name in enumerate(_NAMES) if int(value) >> at & 1] for value in distinct]
    texts = pa.array([",".join(names) for names in named], pa.string()).take(pa.array(inverse))
    failed = np.array([not _FAILED.isdisjoint(names) for names in named], np.bool_)[inverse]
    return texts, bits != 0, failed
