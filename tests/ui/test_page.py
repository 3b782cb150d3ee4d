"""The page around the explorer: keyboard, languages, themes, widths, names for screen readers."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.ui.conftest import Explorer, OpenExplorer, Tenant
from tests.ui.estate import push_shop

IMAGES = Path(__file__).parents[2] / "docs" / "images"

_UNNAMED = """() => {
  const unnamed = [];
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (!element.matches('button, a, input, [role=button]')) continue;
      const slots = [...element.querySelectorAll('slot')];
      const slotted = slots.flatMap((slot) => slot.assignedNodes({ flatten: true }));
      const text = element.textContent + slotted.map((node) => node.textContent).join('');
      const name = element.getAttribute('aria-label') || element.labels?.[0]?.textContent || text;
      if (!name.trim()) unnamed.push(element.outerHTML.slice(0, 120));
    }
  };
  visit(document);
  return unnamed;
}"""


_OVERFLOW = """() => {
  const inside = (root, name) => root.querySelector(name).shadowRoot;
  const scroller = inside(inside(document, 'pl-app'), 'pl-explore-page').querySelector('.scroll');
  return scroller.scrollWidth - scroller.clientWidth;
}"""


def _estate(tenant: Tenant) -> None:
    """A little of everything, so that the page has all of its parts to show."""
    tenant.push(
        [f'level=info msg="order placed" dur={n}ms' for n in range(40)], every=40, service_name="cart"
    )
    tenant.push(['{"level":"error","msg":"gateway timeout","ms":3000}'] * 5, every=9, service_name="pay")
    tenant.push(["level=warn msg=retrying"] * 9, every=100, service_name="search")


def test_the_keyboard_reaches_lines_and_opens_them(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["first", "second", "third"])
    explorer.open('{service_name="shop"}')
    expect(explorer.rows).to_have_count(3)
    explorer.rows.first.focus()
    explorer.page.keyboard.press("ArrowDown")
    explorer.page.keyboard.press("j")
    explorer.page.keyboard.press("k")
    expect(explorer.rows.nth(1)).to_be_focused()
    explorer.page.keyboard.press("Enter")
    expect(explorer.rows.nth(1)).to_have_attribute("aria-expanded", "true")
    expect(explorer.page.locator("pl-log-details pre")).to_have_text("second")
    explorer.page.keyboard.press("Enter")
    expect(explorer.page.locator("pl-log-details")).to_have_count(0)


def test_completion_offers_labels_and_values(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["x"], service_name="checkout", zone="eu")
    explorer.open('{service_name=~".+"}')
    expect(explorer.rows).to_have_count(1)
    explorer.editor.click()
    explorer.page.keyboard.press("Control+a")
    explorer.page.keyboard.type('{service_name="che')
    option = explorer.page.locator(".cm-tooltip-autocomplete li")
    expect(option).to_have_text(["checkout"])
    option.click()
    expect(explorer.editor).to_have_text('{service_name="checkout"}')
    explorer.page.keyboard.press("Enter")
    assert "checkout" in explorer.page.url


def test_queries_that_were_run_are_remembered(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["x", "y"])
    explorer.open('{service_name="shop"} |= "y"')
    expect(explorer.rows).to_have_count(1)
    explorer.ask('{service_name="shop"}')
    expect(explorer.rows).to_have_count(2)
    explorer.page.get_by_role("button", name="Query history").click()
    explorer.page.get_by_role("button", name='{service_name="shop"} |= "y"').click()
    expect(explorer.rows).to_have_count(1)


def test_theme_and_language_are_remembered(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["x"])
    explorer.open()
    root = explorer.page.locator("html")
    expect(root).to_have_attribute("data-theme", "light")
    explorer.page.get_by_role("button", name="Dark theme").click()
    expect(root).to_have_attribute("data-theme", "dark")
    explorer.page.get_by_role("button", name="Switch to Chinese").click()
    expect(explorer.page.get_by_role("link", name="探索")).to_be_visible()
    explorer.page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("lang", "zh-CN")
    expect(explorer.page.get_by_role("button", name="运行", exact=True)).to_be_visible()


def test_chinese_by_the_language_of_the_browser(open_explorer: OpenExplorer, tenant: Tenant) -> None:
    tenant.push(["订单已创建"])
    explorer = open_explorer(locale="zh-CN").open('{service_name="shop"} |= "订单"')
    expect(explorer.rows.first.locator("mark")).to_have_text("订单")
    expect(explorer.tools).to_contain_text("1 / 1 行")


def test_utc_and_local_time(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["x"])
    explorer.open('{service_name="shop"}')
    local = explorer.rows.first.locator(".time").inner_text()
    explorer.page.get_by_role("button", name="Settings").click()
    explorer.page.get_by_role("button", name="UTC").click()
    expect(explorer.rows.first.locator(".time")).not_to_have_text(local)
    utc = explorer.rows.first.locator(".time").inner_text()
    # From the minutes on: where the two are on different days, one of them shows its day.
    assert utc.partition(":")[2] == local.partition(":")[2], "only the hour differs"


@pytest.mark.parametrize("width", [1440, 1024, 700, 420])
def test_no_width_scrolls_sideways(open_explorer: OpenExplorer, tenant: Tenant, width: int) -> None:
    _estate(tenant)
    explorer = open_explorer(width=width, sidebar=width > 860).open('{service_name=~".+"}')
    expect(explorer.rows.first).to_be_visible()
    explorer.rows.first.click()
    expect(explorer.page.locator("pl-log-details")).to_be_visible()
    assert explorer.page.evaluate("document.documentElement.scrollWidth") <= width
    assert explorer.page.evaluate(_OVERFLOW) == 0


def test_everything_that_can_be_pressed_has_a_name(explorer: Explorer, tenant: Tenant) -> None:
    _estate(tenant)
    explorer.open('{service_name=~".+"}')
    explorer.rows.first.click()
    expect(explorer.page.locator("pl-log-details")).to_be_visible()
    assert explorer.page.evaluate(_UNNAMED) == []


def test_an_old_newest_line_is_a_warning(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["long ago"], seconds_ago=7200)
    explorer.open()
    freshness = explorer.page.locator("pl-freshness")
    expect(freshness.locator(".pill.stale")).to_contain_text("newest line 2 h ago")
    freshness.get_by_role("button").click()
    expect(freshness.get_by_text("Nothing new has arrived for 2 h.")).to_be_visible()
    # What came over the network stands below the files: the tenants of these tests push.
    expect(freshness.locator(".receiver", has_text="received").first).to_contain_text("a second")
    explorer.page.keyboard.press("Escape")
    expect(freshness.get_by_role("dialog")).to_have_count(0)


def test_a_query_can_be_cancelled(explorer: Explorer, tenant: Tenant) -> None:
    tenant.push(["x"])

    def hold(_route: Route) -> None:
        """Never answer."""

    explorer.page.route("**/query_range", hold)
    explorer.open('{service_name="shop"}')
    explorer.page.get_by_role("button", name="Cancel").click()
    expect(explorer.page.get_by_role("heading", name="The query was cancelled")).to_be_visible()
    explorer.page.unroute("**/query_range")
    explorer.page.get_by_role("button", name="Try again").click()
    expect(explorer.rows).to_have_count(1)


def test_a_line_is_copied_whole(explorer: Explorer, tenant: Tenant) -> None:
    line = "left  right\n\tat Main.java:1"
    tenant.push([line])
    explorer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer.open('{service_name="shop"}')
    explorer.rows.first.click()
    explorer.page.get_by_role("button", name="Copy line").click()
    expect(explorer.page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert explorer.page.evaluate("navigator.clipboard.readText()") == line


def test_the_tenant_is_sent_and_can_be_changed(open_explorer: OpenExplorer, tenant: Tenant) -> None:
    tenant.push(["mine"])
    explorer = open_explorer(tenant="").open('{service_name="shop"} |= "mine"')
    expect(explorer.page.locator("pl-freshness")).not_to_contain_text("waiting for the server")
    explorer.page.get_by_role("button", name="Settings").click()
    explorer.page.get_by_label("Tenant", exact=True).fill(tenant.name)
    explorer.page.keyboard.press("Enter")
    expect(explorer.rows.locator(".text")).to_have_text(["mine"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screenshot(open_explorer: OpenExplorer, tenant: Tenant, tmp_path: Path, theme: str) -> None:
    """The README's picture; kept in docs/images when UI_SCREENSHOTS is set."""
    push_shop(tenant, time.time_ns())
    explorer = open_explorer(dark=theme == "dark").open('{namespace="shop"} != "healthz"')
    expect(explorer.tools).to_contain_text(re.compile(r"300 of [12],\d{3} lines"))
    expect(explorer.page.locator("pl-volume-chart canvas")).to_be_visible()
    expect(explorer.page.locator("pl-label-sidebar .value")).to_have_count(10)
    expect(explorer.page.locator("pl-freshness")).to_contain_text("newest line")
    folder = IMAGES if os.environ.get("UI_SCREENSHOTS") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"explore-{theme}.png"
    explorer.page.screenshot(path=path)
    assert path.stat().st_size > 40_000
    assert not re.search(r"undefined|NaN|\[object", explorer.page.locator("body").inner_text())
