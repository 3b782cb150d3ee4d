"""Delete requests: their states, their order, what survives."""

from __future__ import annotations

import itertools

import pytest

from prologue.model.errors import UserError
from prologue.store.deletions import Deletions, Status


@pytest.fixture
def deletions(migrated):
    """Requests are created at 1, 2, 3, ..."""
    ticks = itertools.count(1)
    return Deletions(migrated, unix_ns=lambda: next(ticks))


def statuses(deletions: Deletions, tenant: str = "t") -> list[Status]:
    return [deletion.status for deletion in deletions.of(tenant)]


def test_a_request_is_kept_as_it_came(deletions):
    added = deletions.add("t", '{app="it\'s"} |= "\\"\\n"', -5, 2**62)
    assert deletions.of("t") == [added]
    assert (added.first, added.last, added.created, added.status) == (-5, 2**62, 1, Status.RECEIVED)


def test_each_tenant_has_its_own(deletions):
    mine = deletions.add("t", "{}", 0, 1)
    assert deletions.of("other") == []
    with pytest.raises(UserError, match="no delete request"):
        deletions.cancel("other", mine.id)


def test_from_received_to_processed(deletions, migrated):
    added = deletions.add("t", "{}", 0, 1)
    assert deletions.begin(added)
    assert statuses(deletions) == [Status.RUNNING]
    deletions.done(added)
    assert statuses(Deletions(migrated)) == [Status.PROCESSED], "another process sees the same"
    assert deletions.due(10) == []
    assert not deletions.begin(added)


def test_cancelled_in_time(deletions):
    added = deletions.add("t", "{}", 0, 1)
    deletions.cancel("t", added.id)
    assert deletions.of("t") == []
    assert deletions.due(10) == []
    assert not deletions.begin(added), "it was read as due before it was cancelled"
    with pytest.raises(UserError, match="no delete request"):
        deletions.cancel("t", added.id)


@pytest.mark.parametrize("finished", [False, True])
def test_too_late_to_cancel(deletions, finished):
    added = deletions.add("t", "{}", 0, 1)
    deletions.begin(added)
    if finished:
        deletions.done(added)
    with pytest.raises(UserError, match="cannot be undone"):
        deletions.cancel("t", added.id)


def test_what_is_due_is_old_enough_and_in_order(deletions):
    first, second, third = (deletions.add(tenant, "{}", 0, 1) for tenant in ("b", "a", "b"))
    assert deletions.due(2) == [first, second]
    deletions.begin(first)
    assert [deletion.id for deletion in deletions.due(3)] == [first.id, second.id, third.id], (
        "what was begun and not finished is due again"
    )
