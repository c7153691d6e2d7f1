"""figures.toml: which figures are those of this build; valgrind has no part in this."""

from __future__ import annotations

import figures
import pytest

BUILD = {"python": "3.12.1 x86_64", "compiler": "gcc 12.2.0", "cython": "3.1.0"}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "figures.toml"


class TestRecording:
    def test_what_is_recorded_is_kept(self, file):
        figures.record(BUILD, {"step": 1000}, file)
        assert figures.kept(BUILD, file) == {"step": 1000}

    @pytest.mark.parametrize("what", BUILD)
    def test_another_build_has_figures_of_its_own(self, file, what):
        other = BUILD | {what: "another"}
        figures.record(BUILD, {"step": 1000}, file)
        assert figures.kept(other, file) == {}
        figures.record(other, {"step": 2000}, file)
        assert figures.kept(BUILD, file) == {"step": 1000}
        assert figures.kept(other, file) == {"step": 2000}

    def test_recording_again_replaces(self, file):
        figures.record(BUILD, {"step": 1000, "gone": 1}, file)
        figures.record(BUILD, {"step": 2000}, file)
        assert figures.read(file) == [(BUILD, {"step": 2000})]

    def test_the_order_of_recording_does_not_show(self, file):
        older = BUILD | {"python": "3.11.7 x86_64"}
        for build in (BUILD, older):
            figures.record(build, {"step": 1000}, file)
        assert [build for build, _ in figures.read(file)] == [older, BUILD]

    def test_the_file_in_the_sources_is_as_record_writes_it(self, file):
        for build, recorded in figures.read():
            figures.record(build, recorded, file)
        assert file.read_text() == figures.FILE.read_text()


class TestWhatMadeAnEngine:
    GCC = b"\0GCC: (Debian 12.2.0-14) 12.2.0\0"
    CYTHON = b"\0_cython_3_2_1.cython_function_or_method\0"

    def test_it_says_itself(self):
        made = {"compiler": "gcc 12.2.0", "cython": "3.2.1"}
        assert figures.makers(self.GCC + self.CYTHON) == made

    def test_of_several_gccs_the_newest_compiled_it(self):
        older = b"\0GCC: (crosstool) 9.4.0\0"
        assert figures.makers(self.GCC + older)["compiler"] == "gcc 12.2.0"

    def test_clang_links_what_gcc_made(self):
        engine = self.GCC + b"\0Debian clang version 14.0.6\0" + self.CYTHON
        assert figures.makers(engine)["compiler"] == "clang 14.0.6"

    def test_what_is_not_there_is_not_guessed(self):
        assert figures.makers(b"\x7fELF") == {"compiler": "gcc ?", "cython": "?"}


def test_flags_that_make_other_code_count_and_paths_and_warnings_do_not(monkeypatch):
    variables = {
        "CONFIG_ARGS": "'--prefix=/opt/python' '--with-lto' '--with-wheel-pkg-dir=/usr/share'",
        "PY_CORE_CFLAGS": "-O3 -Wall -ffile-prefix-map=/build=. -O3 -flto",
    }
    monkeypatch.setattr(figures.sysconfig, "get_config_var", variables.get)
    assert figures.flags() == "--with-lto -O3 -flto"
