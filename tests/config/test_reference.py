"""The documentation page is the settings' own words, and its example works."""

from __future__ import annotations

import re
from pathlib import Path

from prologue.config.load import load
from prologue.config.reference import reference_page

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_page(), (
        "run: .venv/bin/python -m prologue.config.reference > docs/configuration.md"
    )


def test_the_example_of_the_page_loads(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    (tmp_path / "prologue.yaml").write_text(example[1])
    assert load(tmp_path / "prologue.yaml", environ={}).settings.store.retention_days == 90
