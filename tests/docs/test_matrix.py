"""The page's matrix of senders is the one that the tests recorded."""

from __future__ import annotations

from tests.support import matrix


def test_the_page_has_every_recorded_row():
    assert matrix.on_page() == matrix.table()


def test_every_row_lost_nothing():
    """A row in which less is stored than was sent belongs into docs/critique.md, not into this table."""
    for row in matrix.rows():
        assert row["sent"] == row["stored"], row


def test_the_page_says_how_the_table_is_made():
    page = matrix.PAGE.read_text()
    assert page.count(matrix.BEGIN) == page.count(matrix.END) == 1
