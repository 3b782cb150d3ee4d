"""What runs in the simulated estate."""

from __future__ import annotations

from prologue.cli.demo.estate import LINES_PER_REQUEST, ROUTES, SERVICES, pods_of


def test_ten_services_in_many_formats() -> None:
    assert len(SERVICES) == 10
    assert len({service.format for service in SERVICES.values()}) >= 6


def test_routes_use_services_that_exist_and_every_service_is_used() -> None:
    assert {name for route in ROUTES for name in route.calls} == set(SERVICES)
    assert {route.calls[0] for route in ROUTES} == {"gateway"}
    assert abs(sum(route.share for route in ROUTES) - 1) < 1e-9


def test_lines_of_an_average_request() -> None:
    assert 2 < LINES_PER_REQUEST < 6


def test_a_new_version_has_new_pods_and_the_same_version_the_same() -> None:
    service = SERVICES["payment"]
    old, new = pods_of(service, "v1"), pods_of(service, "v2")
    assert old == pods_of(service, "v1")
    assert len({pod.name for pod in old + new}) == 2 * service.pods
    assert {pod.labels()["version"] for pod in new} == {"v2"}
