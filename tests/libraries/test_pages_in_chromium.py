"""The pages that `--html` writes, opened in Chromium: at a desk, on a phone, by light, by dark."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine (Debian: apt install chromium)"
)

DESK, PHONE = {"width": 1200, "height": 900}, {"width": 360, "height": 740}
SITES = "The lines that make tasks"
NAMED = "<img src=x onerror=alert(1)>.py"

PROGRAM = """
import asyncio

async def nothing(): pass

async def waits():
    await asyncio.gather(*[nothing() for _ in range(20)])
    await asyncio.sleep(0.01)

async def main():
    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(waits())

asyncio.run(main())
"""

COMMANDS = {
    "profile": ["profile", "--html", "profile.html", NAMED],
    "bench": ["bench", "fanout", "--only", "asyncio", "--only", "eagerly", "--n", "10", "--n",
              "100", "--rounds", "1", "--min-time", "0.001", "--html", "bench.html"],
    "tour": ["tour", "--only", "misspelt-attribute", "--python", sys.executable, "--html",
             "tour.html"],
}  # fmt: skip

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each command has written its page."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / NAMED).write_text(PROGRAM)
    for words in COMMANDS.values():
        subprocess.run(
            [sys.executable, "-m", "eagerly", *words], cwd=folder, check=True, timeout=300,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def opened(folder: Path, chromium: Any) -> Iterator[Open]:
    """Opens a page; whatever it complains of or asks for fails the test."""
    trouble: list[str] = []
    contexts = []

    def opened(name: str = "profile", size: dict[str, int] = DESK, theme: str = "light") -> Any:
        context = chromium.new_context(viewport=size, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: _only_itself(request.url, trouble))
        page.goto((folder / f"{name}.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert trouble == []


def _only_itself(url: str, trouble: list[str]) -> None:
    if not (url.startswith("file:") and url.endswith(".html")):
        trouble.append(f"asked for {url}")


def column(page: Any, table: str, name: str) -> list[str]:
    cells = page.get_by_role("table", name=table).locator(f"tbody [data-column='{name}'] .text")
    return [text.replace(",", "") for text in cells.all_inner_texts()]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_opens_without_complaint_and_is_not_wider_than_the_screen(
    opened: Open, name: str, size: dict[str, int], theme: str
) -> None:
    page = opened(name, size, theme)

    assert page.locator("h1").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_click_on_a_column_sorts_by_numbers_and_another_turns_it_round(opened: Open) -> None:
    page = opened()
    head = page.get_by_role("columnheader", name="tasks")

    head.get_by_role("button").click()
    falling = [int(text) for text in column(page, SITES, "tasks")]
    assert falling == sorted(falling, reverse=True)
    assert falling[:2] == [200, 10]
    assert head.get_attribute("aria-sort") == "descending"

    head.get_by_role("button").press("Enter")
    assert [int(text) for text in column(page, SITES, "tasks")] == falling[::-1]
    assert head.get_attribute("aria-sort") == "ascending"


def test_times_are_sorted_by_what_they_are_not_by_how_they_are_written(opened: Open) -> None:
    page = opened()

    page.get_by_role("columnheader", name="longest").get_by_role("button").click()

    units = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
    times = [float(text.split()[0]) * units[text.split()[1]]
             for text in column(page, SITES, "longest")]  # fmt: skip
    assert len(times) > 2
    assert times == sorted(times, reverse=True)


def test_the_switch_chooses_the_theme_and_the_choice_is_kept(opened: Open) -> None:
    def paper() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    page = opened(theme="light")
    light = paper()
    switch = page.get_by_role("button", name="Theme")
    switch.click()  # light
    assert paper() == light
    switch.click()  # dark
    assert paper() != light
    page.reload()
    assert "dark" in switch.inner_text()
    assert paper() != light
    switch.click()  # the reader's own
    assert paper() == light


def test_without_a_choice_the_theme_is_the_readers_own(opened: Open) -> None:
    papers = [
        opened(theme=theme).evaluate("getComputedStyle(document.body).backgroundColor")
        for theme in ("light", "dark")
    ]

    assert papers[0] != papers[1]


def test_a_click_on_a_box_of_the_flame_graph_looks_closer_and_the_root_comes_back(
    opened: Open,
) -> None:
    page = opened()
    box = page.locator(".flame button", has_text="waits ·")
    whole = page.locator(".flame .boxes").bounding_box()["width"]
    before = box.bounding_box()["width"]
    assert before < whole - 1

    box.click()
    assert box.bounding_box()["width"] == pytest.approx(whole, abs=1)
    assert "10 tasks" in page.locator(".flame output").inner_text()

    page.locator(".flame button", has_text="all tasks").click()
    assert box.bounding_box()["width"] == pytest.approx(before, abs=1)


def test_the_timeline_tells_what_was_alive_where_one_points(opened: Open) -> None:
    page = opened()

    page.locator(".timeline .plot").hover()

    assert "alive" in page.locator(".timeline output").inner_text()


def test_the_arrow_keys_move_through_the_timeline(opened: Open) -> None:
    page = opened()
    plot, said = page.locator(".timeline .plot"), page.locator(".timeline output")

    plot.press("End")
    last = said.inner_text()
    plot.press("ArrowLeft")

    assert "alive" in last
    assert float(said.inner_text().split()[0]) < float(last.split()[0])


@pytest.mark.parametrize("name", ["bench", "tour"])
def test_what_is_too_wide_for_a_phone_is_scrolled_by_itself_also_by_the_keyboard(
    opened: Open, name: str
) -> None:
    page = opened(name, PHONE)
    beside = page.get_by_role("region").first

    beside.evaluate("each => { each.style.width = '60px' }")
    beside.press("ArrowRight")
    sync_api.expect(beside).not_to_have_js_property("scrollLeft", 0)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_what_the_columns_mean_can_be_unfolded(opened: Open) -> None:
    page = opened()

    page.get_by_text("What the columns mean").first.press("Enter")

    assert page.get_by_text("How many ended in their first step").first.is_visible()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_screen_reader_is_told_of_charts_and_tables(opened: Open, size: dict[str, int]) -> None:
    page = opened(size=size)
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]

    def names(role: str) -> list[str]:
        found = [node for node in tree if node.get("role", {}).get("value") == role]
        return [node["name"]["value"] for node in found]

    assert SITES in names("table")
    assert any("at most" in name for name in names("image"))
    assert any(name.startswith("waits, group at") for name in names("button"))
    assert "tasks" in " ".join(names("columnheader"))


def test_every_number_can_be_saved(opened: Open, tmp_path: Path) -> None:
    page = opened()

    with page.expect_download() as saved:
        page.get_by_role("button", name="Save every number").click()

    saved.value.save_as(tmp_path / "saved.json")
    assert json.loads((tmp_path / "saved.json").read_text())["seen"]["command"] == [NAMED]
