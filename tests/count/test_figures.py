"""figures.json decides what fails `make count`; valgrind has no part in this."""

from __future__ import annotations

import figures
import pytest

BUILT = {"python": "3.12.1, GCC 12.2.0", "flags": "-O3", "compiler": "gcc 12", "cython": "3.1.0"}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "figures.json"


class TestComparing:
    @pytest.mark.parametrize("now", [1051, 2000])
    def test_a_rise_of_more_than_five_percent_is_named(self, now):
        assert figures.risen({"step": 1000, "floor": 9}, {"step": now, "floor": 9}) == ["step"]

    @pytest.mark.parametrize("now", [950, 1000, 1050])
    def test_five_percent_up_or_down_are_nothing(self, now):
        assert figures.risen({"step": 1000}, {"step": now}) == []
        assert figures.to_record({"step": 1000}, {"step": now}) == []

    def test_a_fall_of_more_than_five_percent_is_to_be_recorded(self):
        assert figures.to_record({"step": 1000}, {"step": 949}) == ["step"]
        assert figures.risen({"step": 1000}, {"step": 949}) == []

    def test_a_program_that_is_new_is_to_be_recorded(self):
        assert figures.to_record({}, {"step": 1000}) == ["step"]
        assert figures.risen({}, {"step": 1000}) == []

    def test_the_table_shows_what_changed_and_how_many_floors_it_costs(self):
        shown = figures.table({"step": 1000}, {"floor": 500, "step": 1100})
        assert shown.splitlines()[2].split() == ["step", "1,100", "1,000", "+10.0%", "2.2"]


class TestRecording:
    def test_what_is_recorded_is_kept(self, file):
        figures.record(BUILT, {"step": 1000}, file)
        assert figures.kept(BUILT, file) == {"step": 1000}

    @pytest.mark.parametrize("what", BUILT)
    def test_another_build_has_figures_of_its_own(self, file, what):
        other = BUILT | {what: "another"}
        figures.record(BUILT, {"step": 1000}, file)
        assert figures.kept(other, file) == {}
        figures.record(other, {"step": 2000}, file)
        assert figures.kept(BUILT, file) == {"step": 1000}
        assert figures.kept(other, file) == {"step": 2000}

    def test_recording_again_replaces(self, file):
        figures.record(BUILT, {"step": 1000, "gone": 1}, file)
        figures.record(BUILT, {"step": 2000}, file)
        assert figures.read(file) == [(BUILT, {"step": 2000})]

    def test_the_order_of_recording_does_not_show(self, file):
        older = BUILT | {"python": "3.11.7, GCC 12.2.0"}
        for built in (BUILT, older):
            figures.record(built, {"step": 1000}, file)
        assert [built for built, _ in figures.read(file)] == [older, BUILT]

    def test_the_file_in_the_sources_is_as_record_writes_it(self, file):
        for built, recorded in figures.read():
            figures.record(built, recorded, file)
        assert file.read_text() == figures.FILE.read_text()


class TestWhatAnEngineWasBuiltWith:
    GCC = b"\0GCC: (Debian 12.2.0-14) 12.2.0\0"
    CYTHON = b"\0_cython_3_2_1.cython_function_or_method\0"

    def test_it_says_itself(self):
        assert figures.makers(self.GCC + self.CYTHON) == {"compiler": "gcc 12", "cython": "3.2.1"}

    def test_clang_links_what_gcc_made(self):
        engine = self.GCC + b"\0Debian clang version 14.0.6\0" + self.CYTHON
        assert figures.makers(engine)["compiler"] == "clang 14"

    def test_what_is_not_there_is_not_guessed(self):
        assert figures.makers(b"\x7fELF") == {"compiler": "?", "cython": "?"}

    def test_flags_that_make_other_code_count_and_paths_and_warnings_do_not(self):
        configured = ["--prefix=/opt/python", "--with-lto", "--with-wheel-pkg-dir=/usr/share"]
        compiled = ["-O3", "-Wall", "-ffile-prefix-map=/build=.", "-O3", "-flto"]
        assert figures.flags(configured, compiled) == "--with-lto -O3 -flto"
