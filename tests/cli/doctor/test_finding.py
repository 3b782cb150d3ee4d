"""A finding that is not good must say how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prologue.cli.doctor.finding import Finding
from tests.cli.doctor.conftest import MakePatient


def test_no_complaint_without_a_cure() -> None:
    with pytest.raises(ValueError, match="how to mend it"):
        Finding("x", "wrong", "broken")
    assert Finding("x", "ok", "fine").cure == ""


def test_the_nearest_folder_that_exists(patient_of: MakePatient, tmp_path: Path) -> None:
    assert patient_of().data_parent() == tmp_path
    assert patient_of({"data_dir": str(tmp_path / "a" / "b" / "c")}).data_parent() == tmp_path
    (tmp_path / "data").mkdir()
    assert patient_of().data_parent() == tmp_path / "data"
