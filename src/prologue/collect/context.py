"""What every part of the collector needs from outside: the sink, the settings, the clocks, the dice.

Next chapter: `prologue.collect.tailer`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from prologue.collect.rates import Rates
from prologue.collect.settings import CollectSettings
from prologue.model.payload import PayloadSink


def _dice() -> random.Random:
    return random.Random()  # noqa: S311 - jitter, not a secret


@dataclass(frozen=True, slots=True)
class Context:
    """`clock` is Unix time in ns; `monotonic` seconds from an arbitrary point; `rng` makes jitter."""

    sink: PayloadSink
    settings: CollectSettings
    clock: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic
    rng: random.Random = field(default_factory=_dice)
    rates: Rates = field(init=False)

    def __post_init__(self) -> None:
        rates = Rates(self.settings.rate_limits, self.settings.rate_limit)
        object.__setattr__(self, "rates", rates)
