"""From runs to ratios, to pyperf's file and back, and to the page: with numbers made up."""

import json
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
    _, _, slower = text.partition("## Slower than asyncio")
    slower, _, _ = slower.partition("##")

    assert "| fanout | 1,000 | 3.13.0 | eagerly uvloop | 0.500 |" in slower
    assert "| eagerly |" not in slower


def test_the_page_has_every_row_of_a_table_also_those_without_a_number(written):
    text = (written / "performance.md").read_text()

    assert "| eagerly | 400 |" in text
    assert "| trio | needs trio |" in text


def test_a_plot_is_xml_with_a_line_for_each_row(written):
    svg = ElementTree.parse(written / "performance" / "fanout.svg").getroot()

    words = {text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {"floor", "asyncio", "asyncio eager", "eagerly", "CPython 3.13.0", "ns a task"} <= words


def test_the_page_can_be_written_again_from_what_is_kept_beside_it(written):
    before = (written / "performance.md").read_text()

    assert performance.main([str(written / "performance.json"), str(written)]) == 0

    assert (written / "performance.md").read_text() == before


@pytest.mark.parametrize("arguments", [[], ["bench.json"], ["missing.json", "."]])
def test_a_page_of_nothing_is_one_clear_line_and_exit_status_2(capsys, arguments):
    assert performance.main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


# ------------------------------------------------------------------ the plot


def test_an_axis_goes_from_one_power_of_ten_to_another():
    axis = plot.Axis.around([30, 4000])

    assert list(axis.ticks()) == [10, 100, 1000, 10000]
    assert axis.share(10) == 0
    assert axis.share(10000) == 1


def test_a_single_value_has_an_axis_too():
    assert list(plot.Axis.around([100]).ticks()) == [100, 1000]
