"""Splitting a protobuf request into records under their resource and scope."""

from __future__ import annotations

import pytest

from prologue.model.errors import LimitError, PayloadError
from prologue.receive.otlp.groups import split_protobuf


def test_groups_in_order(otlp_record, otlp_request):
    body = otlp_request(otlp_record("a"), otlp_record("b"), resource={"r": "1"}, scope={"name": "s"})
    body.MergeFrom(otlp_request(otlp_record("c")))
    groups = split_protobuf(body.SerializeToString(), 10)
    assert (len(groups.records), groups.sizes) == (3, [2, 1])
    assert [len(resource.attributes) for resource in groups.resources] == [1, 0]
    assert [scope.name for scope in groups.scopes] == [b"s", b""]


@pytest.mark.parametrize(
    ("tail", "index"),
    [
        pytest.param(b"\x0a\x01\xff", 2, id="a broken resource"),
        pytest.param(b"\x0a\x03\x12\x01\xff", 2, id="a broken scope"),
        pytest.param(b"\x0a\x7f", None, id="a cut body holds nothing readable"),
    ],
)
def test_a_broken_part_is_placed_behind_the_records_before_it(otlp_record, otlp_request, tail, index):
    body = otlp_request(otlp_record("a"), otlp_record("b")).SerializeToString() + tail
    with pytest.raises(PayloadError, match="not an OTLP protobuf request") as caught:
        split_protobuf(body, 10)
    assert caught.value.index == index


def test_the_limit_holds_over_all_groups(otlp_record, otlp_request):
    body = otlp_request(otlp_record()).SerializeToString() * 3
    assert len(split_protobuf(body, 3).records) == 3
    with pytest.raises(LimitError, match="3 records; the limit is 2"):
        split_protobuf(body, 2)
