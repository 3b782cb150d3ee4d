"""The logs explorer in a real browser: what an operator does with it, end to end."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Explorer, OpenExplorer, Tenant


def _asked(explorer: Explorer) -> dict[str, str]:
    """The question that stands in the address."""
    fragment = explorer.page.url.partition("?")[2]
    return {name: values[0] for name, values in parse_qs(fragment).items()}


def test_lines_appear_without_a_question(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["level=info msg=one", "level=error msg=two"], seconds_ago=5)
    explorer.open()
    expect(explorer.rows).to_have_count(2)
    newest = explorer.rows.first
    expect(newest.locator(".text")).to_have_text("level=error msg=two")
    expect(newest.locator(".tag")).to_have_text("ERR")
    expect(newest.locator(".time")).to_have_text(re.compile(r"\d\d:\d\d:\d\d\.\d{3}$"))
    expect(explorer.editor).to_have_text('{service_name=~".+"}')
    expect(explorer.page.locator("pl-freshness")).to_contain_text("newest line")


def test_a_facet_narrows_and_widens_again(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["from cart"], service_name="cart")
    tenant.push(["from pay"], service_name="pay")
    explorer.open()
    side = explorer.page.locator("pl-label-sidebar")
    expect(explorer.rows).to_have_count(2)
    side.get_by_role("button", name=re.compile("^cart")).click()
    expect(explorer.rows).to_have_count(1)
    expect(explorer.editor).to_have_text('{service_name="cart"}')
    assert _asked(explorer)["query"] == '{service_name="cart"}'
    side.get_by_role("button", name=re.compile("^pay")).click()
    expect(explorer.editor).to_have_text('{service_name=~"cart|pay"}')
    expect(explorer.rows).to_have_count(2)
    explorer.page.go_back()
    expect(explorer.editor).to_have_text('{service_name="cart"}')
    expect(explorer.rows).to_have_count(1)
    side.get_by_role("button", name="Exclude cart").click()
    expect(explorer.editor).to_have_text('{service_name=~".+", service_name!="cart"}')
    expect(explorer.rows.locator(".text")).to_have_text(["from pay"])


def test_levels_are_counted_and_picked(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["level=info msg=a", "level=info msg=b", "level=error msg=c"])
    explorer.open()
    legend = explorer.page.locator("pl-volume-chart .legend")
    expect(legend.get_by_role("button", name=re.compile("info"))).to_contain_text("2")
    legend.get_by_role("button", name=re.compile("info")).click()
    expect(explorer.rows).to_have_count(1)
    expect(explorer.page.get_by_text("2 lines hidden by the level filter")).to_be_visible()
    side = explorer.page.locator("pl-label-sidebar")
    side.get_by_role("button", name=re.compile("^error")).click()
    expect(explorer.editor).to_have_text('{service_name=~".+"} | detected_level="error"')
    expect(explorer.rows.locator(".text")).to_have_text(["level=error msg=c"])


def test_details_show_everything_and_filter_by_a_click(explorer: Explorer, tenant: Tenant) -> None:
    line = json.dumps({"msg": "paid", "http": {"status": 200}, "order": 123456789012345678})
    other = json.dumps({"msg": "paid", "http": {"status": 500}, "order": 1})
    tenant.push([(other, {}), (line, {"trace": "abc"})], pod="pay-1")
    explorer.open('{service_name="shop"}')
    explorer.rows.first.click()
    details = explorer.page.locator("pl-log-details")
    fields = {
        row.locator("dt").inner_text(): row.locator("dd").inner_text()
        for row in details.locator(".field").all()
    }
    assert fields["pod"] == "pay-1"
    assert fields["trace"] == "abc"
    assert fields["http_status"] == "200"
    assert fields["order"] == "123456789012345678", "a long number must survive unchanged"
    details.get_by_role("button", name="Only lines where http_status is this").click()
    expect(explorer.editor).to_have_text('{service_name="shop"} | json | http_status="200"')
    expect(explorer.rows).to_have_count(1)
    explorer.ask('{service_name="shop"}')
    expect(explorer.rows).to_have_count(2)
    explorer.rows.first.click()
    details.get_by_role("button", name="Hide lines where trace is this").click()
    expect(explorer.editor).to_have_text('{service_name="shop"} | trace!="abc"')
    expect(explorer.rows.locator(".text")).to_have_text([other])


def test_context_of_a_filtered_line(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push([f"step {n}" for n in range(30)], every=0.5)
    explorer.open('{service_name="shop"} |= "step 15"')
    explorer.rows.first.click()
    explorer.page.get_by_role("button", name="Show context").click()
    around = explorer.page.locator("pl-log-context .row .text")
    expect(around).to_have_text([f"step {n}" for n in range(7, 23)])
    explorer.page.locator("pl-log-context").get_by_role("button", name="Earlier").click()
    expect(around.first).to_have_text("step 0")
    expect(explorer.page.get_by_text("No earlier lines in this stream")).to_be_visible()


def test_an_error_is_shown_where_it_is(open_explorer: OpenExplorer, tenant: Tenant) -> None:
    tenant.push(["fine"])
    explorer = open_explorer(expected=["400"])
    explorer.open('{service_name="shop"} | jsn | x="1"')
    problem = explorer.page.locator("pl-explore-page .problem")
    expect(problem).to_contain_text("line 1, column")
    assert problem.locator("b").inner_text().strip()
    expect(explorer.page.locator(".cm-lintRange-error")).to_be_visible()
    expect(explorer.page.get_by_text("The query could not be answered")).to_be_visible()
    expect(explorer.page.get_by_text("No lines match")).to_have_count(0)
    explorer.ask('{service_name="shop"}')
    expect(explorer.rows).to_have_count(1)
    expect(problem).to_have_count(0)
    expect(explorer.page.locator(".cm-lintRange-error")).to_have_count(0)


def test_an_unreachable_server_is_not_an_empty_result(open_explorer: OpenExplorer, tenant: Tenant) -> None:
    tenant.push(["here"])
    explorer = open_explorer(expected=["ERR_FAILED", "Failed to load resource"]).open('{service_name="shop"}')
    expect(explorer.rows).to_have_count(1)
    explorer.page.route(re.compile(r"/(api|loki)/"), lambda route: route.abort())
    explorer.page.get_by_role("button", name="Run", exact=True).click()
    expect(explorer.page.get_by_role("heading", name="The server does not answer")).to_be_visible()
    expect(explorer.page.locator("pl-freshness")).to_contain_text("server unreachable")
    explorer.page.unroute(re.compile(r"/(api|loki)/"))
    explorer.page.get_by_role("button", name="Try again").click()
    expect(explorer.rows).to_have_count(1)


def test_nothing_found_offers_a_wider_range(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["two hours old"], seconds_ago=7200)
    explorer.open('{service_name="shop"} |= "old"')
    expect(explorer.page.get_by_role("heading", name="No lines match")).to_be_visible()
    explorer.page.get_by_role("button", name="Look at the last 3 hours").click()
    expect(explorer.rows).to_have_count(1)
    assert _asked(explorer)["from"] == "now-3h"


def test_dragging_on_the_histogram_zooms_and_back_returns(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push([f"line {n}" for n in range(60)], every=50)
    explorer.open('{service_name="shop"}')
    expect(explorer.rows).to_have_count(60)
    box = explorer.page.locator("pl-volume-chart .u-over").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    explorer.page.mouse.move(box["x"] + box["width"] * 0.4, middle)
    explorer.page.mouse.down()
    explorer.page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=4)
    explorer.page.mouse.up()
    expect(explorer.tools).to_contain_text(re.compile(r"^\s*1\d of 1\d lines"))
    assert _asked(explorer)["from"].endswith("Z")
    explorer.page.go_back()
    expect(explorer.tools).to_contain_text("60 of 60 lines")


def test_the_range_picker_takes_times_and_explains_wrong_ones(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["x"])
    explorer.open('{service_name="shop"}')
    explorer.page.get_by_role("button", name=re.compile("^Time range")).click()
    explorer.page.get_by_label("From", exact=True).fill("yesterday")
    explorer.page.get_by_role("button", name="Apply").click()
    expect(explorer.page.get_by_role("alert")).to_contain_text("Not a time")
    explorer.page.get_by_label("From", exact=True).fill("2026-01-02 03:04")
    explorer.page.get_by_label("To", exact=True).fill("2026-01-02 05:00")
    explorer.page.get_by_role("button", name="Apply").click()
    expect(explorer.page.get_by_role("button", name=re.compile("03:04:00 – 05:00:00"))).to_be_visible()
    assert _asked(explorer)["from"] == "2026-01-02T02:04:00.000Z", "read on the clock of Berlin"


def test_older_lines_load_at_the_end_and_each_is_there_once(explorer: Explorer, tenant: Tenant) -> None:
    wanted = [f"line {n:04d}" for n in range(1000)]
    tenant.push(wanted, every=0)  # all in one nanosecond: the hardest page boundary there is
    tenant.push([f"later {n}" for n in range(50)], seconds_ago=10)
    explorer.open('{service_name="shop"}')
    expect(explorer.tools).to_contain_text("300 of 1,050 lines")
    explorer.page.evaluate(
        """async () => {
          const inside = (root, name) => root.querySelector(name).shadowRoot;
          const page = inside(inside(document, 'pl-app'), 'pl-explore-page');
          const scroller = page.querySelector('.scroll');
          while (!page.querySelector('.tools').textContent.includes('1,050 of')) {
            scroller.scrollTop = scroller.scrollHeight;
            await new Promise(requestAnimationFrame);
          }
        }"""
    )
    with explorer.page.expect_download() as download:
        explorer.page.get_by_role("button", name="Download as JSON lines").click()
    lines = [json.loads(text)["line"] for text in download.value.path().read_text().splitlines()]
    assert sorted(lines) == sorted(wanted + [f"later {n}" for n in range(50)])
    drawn = explorer.rows.count()
    assert 0 < drawn < 400, "only rows near the screen are in the document"


def test_metric_queries_draw_a_chart_and_a_table(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["a"] * 30, every=10, service_name="cart")
    tenant.push(["b"] * 10, every=10, service_name="pay")
    explorer.open('sum by (service_name) (count_over_time({service_name=~".+"}[1h]))')
    expect(explorer.page.locator("pl-metric-view canvas")).to_be_visible()
    rows = explorer.page.locator("pl-metric-view tbody tr")
    expect(rows).to_have_count(2)
    explorer.page.get_by_role("button", name="Instant").click()
    expect(explorer.page.locator("pl-metric-view canvas")).to_have_count(0)
    expect(rows.filter(has_text="cart")).to_contain_text("30")
    expect(rows.filter(has_text="pay")).to_contain_text("10")
    assert _asked(explorer)["mode"] == "instant"


def test_live_tail_follows_pauses_and_resumes(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push([f"before {n}" for n in range(80)], seconds_ago=1)
    explorer.open('{service_name="shop"}')
    expect(explorer.rows.first).to_be_visible()
    explorer.page.get_by_role("button", name="Live", exact=True).click()
    live = explorer.page.locator("pl-live-view")
    expect(live.get_by_role("status")).to_have_text("Live")
    tenant.push(["while watching"], seconds_ago=0)
    expect(explorer.rows.last).to_contain_text("while watching")
    live.locator(".scroll").hover()
    explorer.page.mouse.wheel(0, -600)
    expect(live.get_by_role("status")).to_have_text("Paused")
    tenant.push(["while paused"], seconds_ago=0)
    resume = live.get_by_role("button", name="1 new lines")
    expect(resume).to_be_visible()
    resume.click()
    expect(explorer.rows.last).to_contain_text("while paused")
    explorer.page.get_by_role("button", name="Stop").click()
    expect(live).to_have_count(0)


def test_first_run_shows_how_to_send_and_notices_the_first_line(explorer: Explorer, tenant: Tenant) -> None:
    explorer.open()
    page = explorer.page
    expect(page.get_by_role("heading", name="Ready for the first line")).to_be_visible()
    expect(page.locator("pl-first-run pre").first).to_contain_text(f"{tenant.url}/insert/lines")
    for tab in ("JSON lines", "Loki push", "OpenTelemetry", "Files"):
        page.get_by_role("tab", name=tab).click()
        assert page.locator("pl-first-run .command pre").inner_text().strip()
    tenant.push(["the first"], seconds_ago=1)
    expect(explorer.rows).to_have_count(1, timeout=15_000)


def test_ansi_colours_matches_and_stack_traces(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["\x1b[31mred\x1b[0m plain", "Traceback:\n  File x\nValueError: needle here"])
    explorer.open('{service_name="shop"} |~ "(?i)NEEDLE|plain"')
    expect(explorer.rows).to_have_count(2)
    expect(explorer.rows.nth(0).locator("mark")).to_have_text("needle")
    expect(explorer.rows.nth(0).locator(".more")).to_have_text("+2↵")
    expect(explorer.rows.nth(1).locator(".text")).to_have_text("red plain")
    expect(explorer.rows.nth(1).locator(".c1")).to_have_text("red")


@pytest.mark.parametrize("hostile", ["<img src=x onerror=alert(1)>", "${alert(1)}", "</pl-app>"])
def test_a_line_is_text_and_never_markup(explorer: Explorer, tenant: Tenant, hostile: str) -> None:
    tenant.push([(hostile, {"attribute": hostile})], zone=hostile)
    explorer.open('{service_name="shop"}')
    expect(explorer.rows.first.locator(".text")).to_have_text(hostile)
    explorer.rows.first.click()
    fields = explorer.page.locator("pl-log-details .field")
    expect(fields.filter(has_text="zone").locator("dd")).to_have_text(hostile)
    explorer.page.get_by_role("button", name="Only lines where zone is this").click()
    expect(explorer.rows).to_have_count(1)
    assert hostile in _asked(explorer)["query"]
