"""What a listener tells of itself."""

from __future__ import annotations

from prologue.receive.standing import Standings, Tally


class Clocks:
    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds

    def unix_ns(self) -> int:
        return int(self.seconds * 1e9)


def test_counts_and_the_last_error():
    clocks = Clocks()
    tally = Tally("syslog", "127.0.0.1:5514/tcp", clock=clocks.unix_ns, monotonic=clocks.monotonic)
    assert tally.standing().last_seen_ns == 0
    tally.connected(1)
    tally.took(3, 120)
    tally.failed("no frame")
    tally.lost(2, "the buffer is full")
    standing = tally.standing()
    assert (standing.records, standing.bytes, standing.errors, standing.dropped) == (3, 120, 1, 2)
    assert (standing.connections, standing.last_error) == (1, "the buffer is full")
    assert standing.last_seen_ns == 100_000_000_000
    assert standing.describe()["address"] == "127.0.0.1:5514/tcp"


def test_the_rate_is_of_the_last_seconds():
    clocks = Clocks()
    tally = Tally("syslog", "x", clock=clocks.unix_ns, monotonic=clocks.monotonic)
    for _ in range(30):
        clocks.seconds += 1
        tally.took(50, 1)
    assert 45 <= tally.standing().rate <= 55
    for _ in range(3):
        clocks.seconds += 11
        tally.standing()
    assert tally.standing().rate == 0


def test_one_tally_a_name_in_order():
    standings = Standings()
    assert standings.tally("b", "x") is standings.tally("b", "y")
    standings.tally("a", "")
    assert [standing.name for standing in standings.all()] == ["b", "a"]
