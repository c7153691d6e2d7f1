"""`--html`: pages that are whole, hold every number, load nothing and trust no program."""

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import html5lib
import pytest
from test_lab_report import fan_out, interpreter, measurement
from test_lab_tables import WHOLE, row, table

from eagerly.lab import chapter_page, cli, shape_page
from eagerly.lab.hazards import page as hazards_page
from eagerly.lab.hazards.report import Report
from eagerly.lab.hazards.steps import Creation, Hazard, Site
from eagerly.lab.html import page as html
from eagerly.lab.html.flame import flame
from eagerly.lab.html.timeline import ticks, timeline
from eagerly.lab.profile import page as profile_page
from eagerly.lab.profile.speedscope import speedscope
from eagerly.lab.tour import page as tour_page

HOSTILE = "</script><script>alert('1')</script><img src=x onerror=\"alert(2)\">"
MACHINE = {"cpu": "a cpu", "cores": 2, "platform": "Linux", "memory_available": 1, "load": 0.5}
NONE = dict.fromkeys(["failed", "cancelled", "never_awaited"], 0)


def counts(made, first, seconds, **more):
    return {
        "made": made, "begun": made, "ended": made, "ended_first": first, "steps": 2 * made - first,
        "seconds": seconds, "first_seconds": seconds / 2, "longest": seconds / made, **NONE, **more,
    }  # fmt: skip


def about(line, coroutine, how="create_task", file="/a/app.py"):
    return {
        "file": file, "line": line, "function": "main", "coroutine": coroutine, "how": how,
        "library": None,
    }  # fmt: skip


# main makes 10 fetches, each of which parses; one hostile task stands beside it.
SEEN = {
    "command": ["app.py", HOSTILE], "date": "2026-11-23T00:00:00+00:00", "python": "3.13.0",
    "engine": "asyncio", "uvloop": False, "native": True, "seconds": 10.0, "processor": 5.0,
    "end": {"status": 0, "whole": True},
    "threads": [{"name": HOSTILE, "timeline": [[1.0, 10, 8, 2], [4.0, 5, 0, 5], [9.0, 0, 0, 0]]}],
    "sites": [
        {"about": about(9, "main", "run"), "most_alive": 1, **counts(1, 0, 1.0)},
        {"about": about(5, "fetch", "group"), "most_alive": 10, **counts(10, 2, 2.0)},
        {"about": about(3, "parse"), "most_alive": 4, **counts(10, 10, 4.0, failed=3)},
        {"about": about(7, HOSTILE, file=f"/a/{HOSTILE}.py"), "most_alive": 1, **counts(1, 1, 3.0)},
    ],
    "places": [
        {"site": 0, "outer": None, **counts(1, 0, 1.0)},
        {"site": 1, "outer": 0, **counts(10, 2, 2.0)},
        {"site": 2, "outer": 1, **counts(10, 10, 4.0, failed=3)},
        {"site": 3, "outer": None, **counts(1, 1, 3.0)},
    ],
}  # fmt: skip
COSTS = {
    "asyncio": {"group": [4e-6, 6e-6], "gather": [4e-6, 6e-6], "create_task": [3e-6, 5e-6]},
    "eagerly": {"group": [1e-6, 2e-6], "gather": [1e-6, 2e-6], "create_task": [1e-6, 2e-6]},
    "watching_task": 1e-6, "watching_step": 1e-6,
}  # fmt: skip
COMPARED = [
    {"engine": "asyncio", "uvloop": False, "why_not": None,
     "runs": [{"seconds": 2.0, "processor": 1.0}] * 3},
    {"engine": "eagerly", "uvloop": False, "why_not": None,
     "runs": [{"seconds": 1.0, "processor": 0.5}] * 3},
    {"engine": "asyncio", "uvloop": True, "why_not": "uvloop is not installed", "runs": []},
]  # fmt: skip
PROFILE = {"machine": MACHINE, "seen": SEEN, "costs": COSTS, "compared": COMPARED}

TOUR = {
    "date": "2026-11-23", "command": ["eagerly", "tour"], "machine": MACHINE,
    "interpreters": [
        {"version": "3.11.7", "executable": "/old", "build": "", "eagerly": None},
        {"version": "3.12.1", "executable": "/new", "build": "", "eagerly": None},
    ],
    "features": [{
        "feature": "quotes", "since": "3.12", "about": "A sentence.", "shows": "there",
        "program": HOSTILE,
        "evidence": [
            {"python": "3.11.7", "executable": "/old", "by": "python", "there": False,
             "status": 1, "lines": ["SyntaxError", HOSTILE]},
            {"python": "3.12.1", "executable": "/new", "by": "python", "there": True,
             "status": 0, "lines": ["there"]},
        ],
    }],
}  # fmt: skip

CHAPTER = {
    "date": "2026-11-23", "command": ["eagerly", "bench", HOSTILE], "machine": MACHINE,
    "constants": {"n": 1000},
    "interpreters": [
        interpreter(version, fan_out(
            measurement("asyncio.TaskGroup", (9.0, 1.0)),
            measurement("asyncio.TaskGroup, eager", needs=needs),
            measurement("eagerly.TaskGroup", (2.0, 1.0)),
        ))
        for version, needs in (("3.11.7", "3.12"), ("3.13.0", "3.14"))
    ],
}  # fmt: skip

SITE = Site("/a/app.py", 3, "main")
HAZARD = Hazard(
    "read", HOSTILE, Creation(SITE, None, "f"), SITE, "f", seen=HOSTILE, late=SITE, final="1"
)

PAGES = {
    "hazards": lambda: hazards_page.page(
        Report({HAZARD: 2}, first_steps=5), "app.py", "ended with status 0", MACHINE
    ),
    "profile": lambda: profile_page.page(PROFILE),
    "shapes": lambda: shape_page.page([WHOLE, table(row("eagerly", [90]), n=10)], MACHINE),
    "chapter": lambda: chapter_page.page(CHAPTER),
    "tour": lambda: tour_page.page(TOUR),
}


@pytest.fixture(params=PAGES)
def page(request):
    return PAGES[request.param]()


def parsed(page):
    """Strictly: what HTML calls an error is an error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(html.text(page))


def words(element):
    return " ".join("".join(element.itertext()).split())


def body_rows(tree, title):
    [found] = [each for each in tree.iter("table") if each.get("aria-label") == title]
    return [[words(cell) for cell in each] for each in found.find("tbody")]


# ------------------------------------------------------------------ every page


def test_a_page_is_html_without_an_error(page):
    tree = parsed(page)

    assert words(tree.find("head/title")) == page.title
    assert tree.find("head/meta[@name='viewport']") is not None


def test_a_page_loads_nothing_and_forbids_itself_to(page):
    tree = parsed(page)

    names = {"src", "href", "srcset", "data", "action", "poster"}
    assert [each.attrib for each in tree.iter() if names & each.attrib.keys()] == []
    assert {each.tag for each in tree.iter()}.isdisjoint({"link", "iframe", "img", "object"})
    assert "url(" not in html.text(page)
    policy = tree.find("head/meta[@http-equiv='Content-Security-Policy']").get("content")
    assert policy.startswith("default-src 'none'")


def test_nothing_that_a_program_says_becomes_an_element_or_an_attribute(page):
    tree = parsed(page)

    assert len(list(tree.iter("script"))) == 2  # the numbers, and ours
    assert not [name for each in tree.iter() for name in each.attrib if name.startswith("on")]
    assert "alert('1')</script>" not in html.text(page)


def test_every_number_is_in_the_page(page):
    [data] = parsed(page).iterfind(".//script[@id='data']")

    assert json.loads(data.text) == json.loads(json.dumps(page.data))


def test_who_measured_what_and_where_is_in_the_page(page):
    said = words(parsed(page).find(".//dl[@class='circumstances']"))

    assert "a cpu, 2 cores, load 0.5" in said
    assert re.search(r"20\d\d-\d\d-\d\d", said)
    assert re.search("command|program", said)


def test_drawings_have_words_for_those_who_do_not_see_them(page):
    tree = parsed(page)

    for drawing in tree.iter("{http://www.w3.org/2000/svg}svg"):
        assert drawing.get("role") == "img"
        assert drawing.find("{http://www.w3.org/2000/svg}title").text
    assert all(each.get("aria-label") for each in tree.iter("table"))
    assert all(each.get("aria-label") for each in tree.iterfind(".//*[@class='boxes']"))


def test_every_row_of_a_table_has_a_cell_for_each_column(page):
    for each in parsed(page).iter("table"):
        columns = len(each.find("thead/tr"))
        assert {len(row) for row in each.find("tbody")} == {columns}


# ------------------------------------------------------------------ a profile's


def test_a_site_is_a_row_and_the_most_time_stands_first():
    rows = body_rows(parsed(PAGES["profile"]()), "The lines that make tasks")

    assert [cells[1:] for cells in rows] == [
        ["10", "10", "0", "2.00 s", "4.00 s", "400 ms", "4"],
        ["1", "1", "0", "1.50 s", "3.00 s", "3.00 s", "1"],
        ["10", "2", "8", "1.00 s", "2.00 s", "200 ms", "10"],
        ["1", "0", "1", "500 ms", "1.00 s", "1.00 s", "1"],
    ]
    assert rows[0][0].endswith("app.py:3parsecreate_task3 failed")


def test_what_was_compared_is_shown_and_why_the_rest_was_not():
    rows = body_rows(parsed(PAGES["profile"]()), "Whole runs with each engine")

    assert rows[0] == ["asyncio", "2.00 s", "0.0%", "1.00", "3"]
    assert rows[1] == ["eagerly", "1.00 s", "0.0%", "2.00", "3"]
    assert rows[2][0] == "asyncio on uvloopuvloop is not installed"


def test_a_box_of_the_flame_graph_is_as_wide_as_its_time_and_that_of_all_below_it():
    boxes = {box.name.partition(" ·")[0]: box for box in flame(SEEN).boxes}

    assert [(boxes[name].depth, boxes[name].left, boxes[name].width)
            for name in ("all tasks", "main", "fetch", "parse", HOSTILE)] == [
        (0, 0.0, 1.0), (1, 0.0, 0.7), (2, 0.0, 0.6), (3, 0.0, 0.4), (1, 0.7, 0.3),
    ]  # fmt: skip


def test_what_is_too_thin_to_be_seen_is_counted_and_not_drawn():
    thin = {"site": 3, "outer": 0, **counts(1, 1, 1e-9)}

    drawn = flame({**SEEN, "places": [*SEEN["places"], thin]})

    assert (len(drawn.boxes), drawn.hidden) == (5, 1)


def test_a_chain_of_a_thousand_places_is_drawn():
    chain = [{"site": 0, "outer": n - 1 if n else None, **counts(1, 1, 1.0)} for n in range(1000)]

    assert flame({**SEEN, "places": chain}).depth == 1001


def test_a_timeline_holds_each_sample_until_the_next_and_the_last_to_the_end():
    drawn = timeline(SEEN["threads"][0], 20.0)

    assert [sample[0] for sample in drawn.samples] == [0.0, 1.0, 4.0, 9.0, 20.0]
    # 2 of 10 wait after one second of twenty, and 5 after four
    assert drawn.suspended.startswith(
        "M0.0 240.0L0.0 240.0L50.0 240.0L50.0 192.0L200.0 192.0L200.0 120.0"
    )
    assert "at most 10 alive, at 1 seconds, and at most 5 suspended" in drawn.summary


@pytest.mark.parametrize(
    ("most", "expected"),
    [(10, [0, 5, 10]), (2000, [0, 500, 1000, 1500, 2000]), (0.7, [0, 0.2, 0.4, 0.6])],
)
def test_an_axis_has_a_few_round_numbers(most, expected):
    assert list(ticks(most, 3 if most == 10 else 4)) == expected


def test_a_speedscope_file_is_what_its_schema_says():
    made = speedscope(SEEN)

    assert made["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = made["shared"]["frames"]
    assert [(frame["file"], frame["line"]) for frame in frames][:3] == [
        ("/a/app.py", 9), ("/a/app.py", 5), ("/a/app.py", 3)]  # fmt: skip
    assert all(isinstance(frame["name"], str) for frame in frames)
    [profile] = made["profiles"]
    assert (profile["type"], profile["unit"]) == ("sampled", "seconds")
    assert isinstance(profile["name"], str)
    assert profile["samples"] == [[0], [0, 1], [0, 1, 2], [3]]
    assert profile["weights"] == [1.0, 2.0, 4.0, 3.0]
    assert (profile["startValue"], profile["endValue"]) == (0, 10.0)


# ------------------------------------------------------------------ the other pages


def test_shapes_with_several_sizes_are_plotted_and_rows_without_numbers_are_explained():
    tree = parsed(PAGES["shapes"]())

    [drawing] = tree.iter("{http://www.w3.org/2000/svg}svg")
    assert words(drawing).startswith("fanout: ns a task against n")
    rows = body_rows(tree, "fanout, n = 1,000, CPython 3.13.0")
    assert rows[0] == ["await (floor)", "60.0", "42%", "25.0", "1.00", "3"]
    assert "Without numbers: trio (needs trio)." in words(tree)


def test_a_drawing_of_a_page_is_xml():
    drawing = next(each.svg for each in PAGES["shapes"]().sections[1].parts if hasattr(each, "svg"))

    assert ElementTree.fromstring(drawing).get("viewBox")


def test_the_chapter_is_shown_for_each_interpreter_and_across_them():
    tree = parsed(PAGES["chapter"]())

    rows = body_rows(tree, "Total seconds on each interpreter")
    assert [cells[1:] for cells in rows] == [
        ["asyncio.TaskGroup", "9.00", "9.00"],
        ["asyncio.TaskGroup, eager", "needs 3.12", "needs 3.14"],
        ["eagerly.TaskGroup", "2.00", "2.00"],
    ]
    assert words(next(tree.iter("dd"))) == "× 4.5"


def test_a_tour_shows_what_each_interpreter_printed_as_it_was_printed():
    tree = parsed(PAGES["tour"]())

    assert body_rows(tree, "Which interpreter has what") == [["quotes3.12", "–", "yes"]]
    [first, second] = [each.text for each in tree.iterfind(".//td/pre")]
    assert (first, second) == (f"SyntaxError\n{HOSTILE}", "there")
    [program] = tree.iterfind(".//details/pre")
    assert program.text == HOSTILE


def seen(python, by, *lines, there=True):
    return {
        "python": python, "executable": python, "by": by, "there": there, "status": 0,
        "lines": lines,
    }  # fmt: skip


def test_a_tour_has_both_sides_in_one_row_and_interpreters_that_say_the_same_share_it():
    evidence = [
        seen("3.9.1", "asyncio", "no group", there=False),
        seen("3.9.1", "eagerly", "too old", there=False),
        seen("3.10.1", "asyncio", "no group", there=False),
        seen("3.10.1", "eagerly", "too old", there=False),
        seen("3.11.1", "asyncio", "no group", there=False),
        seen("3.11.1", "eagerly", "a group"),
    ]
    shown = {**TOUR["features"][0], "feature": "group", "evidence": evidence}
    interpreters = [{"version": each["python"], "executable": each["python"]}
                    for each in evidence[::2]]  # fmt: skip
    tree = parsed(tour_page.page({**TOUR, "interpreters": interpreters, "features": [shown]}))

    assert body_rows(tree, "group") == [
        ["3.9.1, 3.10.1", "nono group", "notoo old"],
        ["3.11.1", "nono group", "yesa group"],
    ]
    assert body_rows(tree, "Which interpreter has what") == [
        ["group3.12", "–", "–", "–"],
        ["group, eagerly's", "–", "–", "yes"],
    ]


def test_words_between_backticks_are_code_and_are_escaped():
    assert html.with_code("use `a < b`, <b>") == "use <code>a &lt; b</code>, &lt;b&gt;"


def test_what_a_column_means_is_told_once_a_page_without_a_pointer():
    tree = parsed(PAGES["shapes"]())

    told = [words(each) for each in tree.iterfind(".//details[@class='help']/dl")]
    assert sum("Half the distance of the quartiles" in each for each in told) == 1
    assert len(set(told)) == len(told)


# ------------------------------------------------------------------ the commands


PROGRAM = """
import asyncio, sys
from pathlib import Path

Path("has_run").touch()

async def nothing(): pass

async def main():
    await asyncio.gather(*[nothing() for _ in range(10)])
    sys.exit(int(sys.argv[1]))

asyncio.run(main())
"""


def eagerly(folder, *arguments):
    (folder / "app.py").write_text(PROGRAM)
    return subprocess.run(
        [sys.executable, "-m", "eagerly", *map(str, arguments)], cwd=folder,
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


@pytest.mark.parametrize("status", [pytest.param(0, marks=pytest.mark.slow), 3])
def test_profile_writes_both_files_however_the_program_ends(tmp_path, status):
    files = ["--html", "a.html", "--speedscope", "a.json"]

    ended = eagerly(tmp_path, "profile", *files, "app.py", status)

    assert ended.returncode == bool(status), ended.stderr
    assert "<td" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert sum(json.loads((tmp_path / "a.json").read_text())["profiles"][0]["weights"]) > 0


HAZARDOUS = """
import asyncio

tasks = {}

async def f(): tasks.get("f")

async def main():
    tasks["f"] = asyncio.create_task(f())
    await tasks["f"]

asyncio.run(main())
"""


def test_hazards_are_written_with_their_lines(tmp_path):
    (tmp_path / "hazardous.py").write_text(HAZARDOUS)

    ended = eagerly(tmp_path, "profile", "--hazards", "--html", "a.html", "hazardous.py")

    assert ended.returncode == 1
    made = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "hazardous.py:9" in made
    assert "tasks[&#34;f&#34;] = asyncio.create_task(f())" in made


@pytest.mark.parametrize("option", ["--html", "--speedscope", "--json"])
@pytest.mark.parametrize(("file", "why"), [
    ("missing/a", "there is no folder missing"), (".", "not a regular file"),
])  # fmt: skip
def test_a_file_that_cannot_be_written_is_said_before_the_program_runs(
    tmp_path, capsys, monkeypatch, option, file, why
):
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text(PROGRAM)

    assert cli.main(["profile", option, file, "app.py", "0"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"eagerly profile: {option} {file}: {why}\n")
    assert not Path("has_run").exists()


@pytest.mark.parametrize("command", [
    ["bench", "fanout"], ["bench", "chapter"], ["tour"], ["profile", "app.py"],
], ids=" ".join)  # fmt: skip
def test_every_command_refuses_what_cannot_be_written(tmp_path, capsys, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text(PROGRAM)

    assert cli.main([command[0], "--html", "missing/a.html", *command[1:]]) == 2
    said = capsys.readouterr()
    assert said.err == f"eagerly {command[0]}: --html missing/a.html: there is no folder missing\n"
    assert cli.main([command[0], "--html", "a", "--json", "./a", *command[1:]]) == 2
    assert "--json and --html are the same file" in capsys.readouterr().err


def test_tour_writes_its_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = ["--python", sys.executable, "--only", "misspelt-attribute"]

    assert cli.main(["tour", *here, "--html", "tour.html"]) == 0

    assert "misspelt-attribute" in Path("tour.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("what", [
    pytest.param(["fanout", "--only", "eagerly"], id="shapes"),
    pytest.param(["chapter"], id="chapter", marks=pytest.mark.slow),
])  # fmt: skip
def test_bench_writes_its_page(tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    quick = ["--n", "10", "--rounds", "1", "--min-time", "0.001"]

    assert cli.main(["bench", *what, *quick, "--html", "bench.html"]) == 0

    assert "eagerly" in Path("bench.html").read_text(encoding="utf-8")
