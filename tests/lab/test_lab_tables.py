"""From runs to ratios, to pyperf's file and back, and to the page: with numbers made up."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pyperf
import pytest

from eagerly.lab import performance, plot, tables
from eagerly.lab.shapes import catalog
from eagerly.lab.shapes.implementations import BY_NAME
from eagerly.lab.tables import Row, Table, ratio

FANOUT = catalog.BY_NAME["fanout"]


def row(name, *rounds, why_not=None):
    """A row whose rounds have these values, in nanoseconds."""
    runs = [
        pyperf.Run(
            [value * 1e-9 for value in values],
            metadata={
                "name": "a shape",
                "unit": "second",
                "python_version": "3.13.0 (64-bit)",
                "date": "2026-11-23 01:00:00",
                "eagerly_round": number,
                "cpu_cache": "of no interest",
            },
            collect_metadata=False,
        )
        for number, values in enumerate(rounds, start=1)
    ]
    return Row(BY_NAME[name], why_not, runs)


def table(*rows, n=1000, shape=FANOUT):
    return Table(shape, n, "3.13.0", "native", list(rows))


WHOLE = table(
    row("await", [50], [60], [100]),
    row("asyncio", [5000], [6000], [7000]),
    row("asyncio eager", [1000], [1500], [8000]),
    row("asyncio uvloop", [2000], [2000], [2000]),
    row("trio", why_not="needs trio"),
    row("eagerly", [100], [500], [400]),
    row("eagerly uvloop", [4000], [4000], [4000]),
)


# ------------------------------------------------------------------ what the numbers are


def test_a_ratio_is_the_median_of_the_ratios_of_each_round():
    # 10, 3 and 20 times, and not 1500 / 400, the ratio of the medians
    assert ratio(WHOLE.row("asyncio eager"), WHOLE.row("eagerly")) == pytest.approx(10)
    assert ratio(WHOLE.row("eagerly"), WHOLE.floor) == pytest.approx(4)


def test_only_rounds_that_both_have_are_compared():
    slow, quick = row("asyncio", [9000]), row("eagerly", [100], [1], [1])

    assert ratio(slow, quick) == pytest.approx(90)


def test_nobody_is_compared_with_a_row_that_was_not_measured():
    assert ratio(None, WHOLE.row("eagerly")) is None


def test_asyncio_best_is_the_faster_of_its_ways_on_the_same_loop():
    assert WHOLE.asyncio_best("asyncio").implementation.name == "asyncio eager"
    assert WHOLE.asyncio_best("uvloop").implementation.name == "asyncio uvloop"


def test_the_spread_is_half_the_distance_of_the_quartiles():
    assert row("asyncio", [100, 200, 300, 400, 500]).spread == pytest.approx(0.5)
    assert row("asyncio", [100]).spread is None


# ------------------------------------------------------------------ the file


def test_what_is_read_from_the_file_is_what_was_written(tmp_path):
    file = tmp_path / "bench.json"
    file.write_text(tables.as_text([WHOLE]))

    [again] = tables.read([file])

    assert (again.shape, again.n, again.python, again.engine) == (FANOUT, 1000, "3.13.0", "native")
    for one, other in zip(WHOLE.rows, again.rows, strict=True):
        assert one.implementation is other.implementation
        assert one.why_not == other.why_not
        assert one.values == other.values
        assert one.by_round() == other.by_round()


def test_a_table_that_two_files_have_is_taken_from_the_last(tmp_path):
    for name, value in (("old", 100), ("new", 200)):
        (tmp_path / name).write_text(tables.as_text([table(row("eagerly", [value]))]))

    [found] = tables.read([tmp_path / "old", tmp_path / "new"])

    assert found.row("eagerly").value == pytest.approx(200e-9)


def test_the_lean_file_has_the_same_values_and_less_beside_them():
    full, lean = (json.loads(tables.as_text([WHOLE], lean=lean)) for lean in (False, True))

    assert "cpu_cache" in str(full)
    assert "cpu_cache" not in str(lean)
    values = [
        [run["values"] for each in file["benchmarks"] for run in each["runs"]]
        for file in (full, lean)
    ]
    assert values[0] == values[1]


# ------------------------------------------------------------------ the page


@pytest.fixture
def written(tmp_path):
    file = tmp_path / "bench.json"
    file.write_text(tables.as_text([WHOLE, table(*WHOLE.rows, n=10)]))
    folder = tmp_path / "docs"
    folder.mkdir()
    assert performance.main([str(file), str(folder)]) == 0
    return folder


def test_the_page_lists_what_is_slower_than_asyncio(written):
    text = (written / "performance.md").read_text()
    before, _, rest = text.partition("## Slower than asyncio")
    slower, _, _ = rest.partition("##")

    assert "eagerly is faster in 2 and slower in 2." in before
    assert (
        "| [fanout](#fanout) | 1,000 | 3.13.0 | eagerly uvloop | 0.500 | 2,000 ±0% | 4,000 ±0% |"
        in slower
    )
    assert "| eagerly |" not in slower


def test_the_page_has_every_row_of_a_table_also_those_without_a_number(written):
    text = (written / "performance.md").read_text()

    assert "| eagerly | 400 |" in text
    assert "| trio | needs trio |" in text


def drawn(file):
    svg = ElementTree.parse(file).getroot()
    return svg, {text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")}


def test_a_plot_is_xml_with_a_line_for_each_row(written):
    _, words = drawn(written / "performance" / "fanout-3.13.0.svg")

    assert {"floor", "asyncio", "asyncio eager", "eagerly", "CPython 3.13.0", "ns a task"} <= words


def test_the_chart_of_all_shapes_has_a_row_for_each_and_marks_what_is_slower(tmp_path):
    slow = table(row("asyncio", [100]), row("eagerly", [200]), shape=catalog.BY_NAME["gather"])
    file = tmp_path / "bench.json"
    file.write_text(tables.as_text([WHOLE, slow]))
    assert performance.main([str(file), str(tmp_path)]) == 0

    svg, words = drawn(tmp_path / "performance" / "overview.svg")

    assert {"fanout", "gather", "CPython 3.13.0"} <= words
    dots = [each.get("color") for each in svg.iter("{http://www.w3.org/2000/svg}g")]
    assert dots[:2] == [plot.FASTER.light, plot.SLOWER.light]


def test_a_shape_of_one_size_has_a_table_and_no_plot_against_n(tmp_path):
    file = tmp_path / "bench.json"
    file.write_text(tables.as_text([WHOLE]))
    assert performance.main([str(file), str(tmp_path)]) == 0

    assert [each.name for each in (tmp_path / "performance").iterdir()] == ["overview.svg"]
    assert "(performance/fanout" not in (tmp_path / "performance.md").read_text()


def test_charts_of_interpreters_that_are_measured_no_more_are_removed(written):
    old = written / "performance" / "fanout-3.11.0.svg"
    old.touch()

    assert performance.main([str(written / "performance.json"), str(written)]) == 0

    assert not old.exists()


def test_the_page_can_be_written_again_from_what_is_kept_beside_it(written):
    before = (written / "performance.md").read_text()

    assert performance.main([str(written / "performance.json"), str(written)]) == 0

    assert (written / "performance.md").read_text() == before


@pytest.mark.parametrize(("arguments", "why"), [
    ([], "the following arguments are required: FILE, FOLDER"),
    (["missing.json", "."], "missing.json: No such file or directory"),
    (["bench.json", "missing"], "there is no folder missing"),
    (["text.json", "."], "text.json: not what eagerly bench --json writes of shapes"),
    (["list.json", "."], "list.json: not what eagerly bench --json writes of shapes"),
    (["other.json", "."], "other.json: not what eagerly bench --json writes of shapes"),
])  # fmt: skip
def test_a_page_of_nothing_is_one_clear_line_and_exit_status_2(
    tmp_path, monkeypatch, capsys, arguments, why
):
    monkeypatch.chdir(tmp_path)
    Path("text.json").write_text("# a heading")
    Path("list.json").write_text("[]")
    pyperf.BenchmarkSuite([pyperf.Benchmark(row("eagerly", [1]).runs)]).dump("other.json")

    try:
        status = performance.main(arguments)
    except SystemExit as ended:
        status = ended.code

    assert status == 2
    said = capsys.readouterr().err
    assert said.startswith(f"python -m eagerly.lab.performance: {why}")
    assert said.count("\n") == 1


def test_what_two_machines_measured_makes_no_page(tmp_path, capsys):
    files = []
    for cpu, n in (("a quick one", 10), ("a slow one", 100)):
        made = row("eagerly", [100])
        made.runs[0]._metadata["cpu_model_name"] = cpu
        files.append(tmp_path / cpu)
        files[-1].write_text(tables.as_text([table(made, n=n)]))

    assert performance.main([*map(str, files), str(tmp_path)]) == 2

    assert "of several machines" in capsys.readouterr().err
    assert not (tmp_path / "performance.md").exists()


# ------------------------------------------------------------------ the charts


def test_an_axis_goes_from_one_round_number_to_another():
    axis = plot.Axis.around([30, 4000])

    assert axis.ticks == (20, 50, 100, 200, 500, 1000, 2000, 5000)
    assert axis.share(20) == 0
    assert axis.share(5000) == 1


def test_a_long_axis_has_powers_of_ten_and_no_more_than_eight():
    assert plot.Axis.around([10, 90_000]).ticks == (10, 100, 1000, 10_000, 100_000)
    assert len(plot.Axis.around([1e-3, 1e12]).ticks) <= 8


def test_an_axis_of_a_few_sizes_has_them_as_its_ticks():
    axis = plot.Axis.through([6, 2, 3, 2])

    assert axis.ticks == (2, 3, 6)
    assert 0 < axis.share(2) < axis.share(6) < 1


def test_a_single_value_has_an_axis_too():
    assert plot.Axis.around([100]).ticks == (100, 200)
    assert plot.Axis.around([0.5, 0.5]).ticks == (0.5, 1)
    assert plot.Axis.through([7]).share(7) == 0.5


def test_lines_can_be_told_apart_without_their_colors():
    looks = [(look.mark, look.hollow) for look in performance.LOOKS.values()]

    assert len(set(looks)) == len(looks) == len(BY_NAME)
    assert {look for look, _ in looks} <= plot.MARKS.keys()


@pytest.mark.parametrize(("shade", "paper"), [("light", "#ffffff"), ("dark", "#14171c")])
def test_lines_stand_out_from_light_paper_and_from_dark(shade, paper):
    looks = [*performance.LOOKS.values(), plot.FASTER, plot.SLOWER, plot.NEITHER]

    assert [each for each in looks if contrast(getattr(each, shade), paper) < 4] == []


def contrast(one, other):
    """As the WCAG has it; of drawings it wants 3."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color):
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
              for each in channels]  # fmt: skip
    return sum(share * each for share, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
