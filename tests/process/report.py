"""The loss-and-duplicate table of `docs/reliability.md`, written from a real campaign.

`make soak` writes it: the page between its two markers is never edited by hand.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.process.campaign import Outcome
from tests.process.faults import FAULTS
from tests.process.oracle import Verdict

BEGIN, END = "<!-- soak: begin -->", "<!-- soak: end -->"
_HEAD = (
    "| fault | times | acknowledged | lost | repeated | invented | changed | destroyed, and told | "
    "not acknowledged | told to wait | fresh line after, median / worst |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def write(page: Path, outcomes: Sequence[Outcome], *, seed: int, seconds: float) -> None:
    """Replace what is between the markers."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{table(outcomes, seed, seconds)}\n{END}{after}", encoding="utf-8")


def table(outcomes: Sequence[Outcome], seed: int, seconds: float) -> str:
    rows = [_row(fault.__doc__ or "", [o for o in outcomes if o.name == fault.__name__]) for fault in FAULTS]
    machine = f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
    return "\n".join(
        [
            f"{len(outcomes)} faults in {seconds / 60:.0f} minutes, seed {seed}, on {machine}.\n",
            _HEAD,
            *rows,
            _row("**all**", outcomes),
        ]
    )


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    verdict = sum((outcome.verdict for outcome in outcomes), Verdict())
    fresh = [outcome.fresh_after for outcome in outcomes] or [0.0]
    cells = [
        name,
        len(outcomes),
        f"{verdict.acknowledged:,}",
        verdict.lost,
        verdict.repeated,
        verdict.invented,
        verdict.changed,
        verdict.destroyed,
        f"{verdict.unacknowledged:,}",
        sum(outcome.refused for outcome in outcomes),
        f"{median(fresh):.1f} s / {max(fresh):.1f} s",
    ]
    return "| " + " | ".join(map(str, cells)) + " |"
