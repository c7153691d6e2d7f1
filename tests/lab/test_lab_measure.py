"""When to measure again, what fits into memory, and where an environment comes from."""

import json
import os
import sys
from pathlib import Path

import pytest

from eagerly.lab import chapter, environments, machine, results
from eagerly.lab.environments import Environment, Origin
from eagerly.lab.interpreters import running
from eagerly.lab.measure import Rounds
from eagerly.lab.problems import Failure, Problem


def samples(*seconds):
    return [{"seconds": each, "floors": [1.0, 1.0]} for each in seconds]


def test_what_is_slow_is_measured_less_often():
    assert Rounds().enough(samples(15.0))
    assert Rounds().enough(samples(1.5, 1.5, 1.5))
    assert not Rounds().enough(samples(0.4, 0.4, 0.4, 0.4))


def test_who_asks_for_rounds_gets_them_all():
    assert not Rounds(3, patience=None).enough(samples(15.0, 15.0))


# ------------------------------------------------------------------ memory


def test_an_n_that_fits_is_accepted():
    chapter.check_that_it_fits(1_000_000, available=2 * 10**9)


def test_an_n_that_does_not_fit_is_told_the_most_that_does():
    with pytest.raises(Problem) as caught:
        chapter.check_that_it_fits(1_000_000, available=10**9)

    most = int(str(caught.value).rpartition(" ")[2])
    chapter.check_that_it_fits(most, available=10**9)


def test_where_nobody_knows_the_memory_nothing_is_refused():
    chapter.check_that_it_fits(10**12, available=None)


def test_this_machine_describes_itself():
    about = machine.this_machine()

    assert about["cpu"]
    assert about["cores"] >= 1
    assert about["memory_available"] is None or about["memory_available"] > 10**6


# ------------------------------------------------------------------ the file


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path):
    file = tmp_path / "chapter.json"
    file.write_text("old")

    with pytest.raises(TypeError):
        results.write({"date": object()}, file)

    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["chapter.json"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")

    results.write({"date": "today"}, tmp_path / "link.json")

    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text()) == {"date": "today"}


# ------------------------------------------------------------------ environments


class Distribution:
    def __init__(self, direct_url):
        self.direct_url = direct_url

    def read_text(self, name):
        assert name == "direct_url.json"
        return None if self.direct_url is None else json.dumps(self.direct_url)


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """As if eagerly were a package in site-packages, installed from `direct_url`."""

    def from_(direct_url):
        package = tmp_path / "site-packages" / "eagerly"
        monkeypatch.setattr(environments, "PACKAGE", package)
        monkeypatch.setattr(environments, "version", lambda: "1.2")
        monkeypatch.setattr(
            environments.metadata, "distribution", lambda name: Distribution(direct_url)
        )
        return environments.origin()

    return from_


def test_an_eagerly_of_the_index_is_installed_by_its_version(installed):
    assert installed(None) == Origin(None, "eagerly==1.2")


def test_an_eagerly_of_a_wheel_is_asked_of_the_index_because_a_wheel_fits_one_python(installed):
    wheel = {"url": "file:///wheels/eagerly-1.2-cp312-cp312-linux_x86_64.whl", "archive_info": {}}

    assert installed(wheel) == Origin(None, "eagerly==1.2")


def test_an_eagerly_of_a_folder_is_installed_from_the_folder(installed, tmp_path):
    assert installed({"url": f"file://{tmp_path}", "dir_info": {}}).checkout == tmp_path


def test_an_eagerly_of_a_commit_is_installed_from_the_commit(installed):
    vcs = {"url": "https://host/eagerly", "vcs_info": {"vcs": "git", "commit_id": "abc"}}

    assert installed(vcs).requirement == "eagerly @ git+https://host/eagerly@abc"


def test_an_eagerly_of_a_checkout_is_installed_from_it(monkeypatch, tmp_path):
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(environments, "PACKAGE", tmp_path / "src" / "eagerly")

    assert environments.origin().checkout == tmp_path


def test_another_source_makes_another_environment_and_another_lab_does_not(monkeypatch, tmp_path):
    package = tmp_path / "src" / "eagerly"
    (package / "lab").mkdir(parents=True)
    monkeypatch.setattr(environments, "PACKAGE", package)
    origin = Origin(tmp_path, str(tmp_path))
    prints = [origin.fingerprint()]
    for file in (package / "task.py", package / "lab" / "report.py", package / "task.c"):
        file.write_text("new")
        prints.append(origin.fingerprint())

    assert prints[0] != prints[1] == prints[2] == prints[3]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="they have their own places")
def test_the_cache_is_where_the_platform_keeps_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert environments.cache_folder() == tmp_path / "eagerly"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert environments.cache_folder() == Path.home() / ".cache" / "eagerly"


@pytest.mark.parametrize("native", [True, False])
def test_an_environment_is_kept_when_its_engine_is_native(monkeypatch, tmp_path, native):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    commands = []
    monkeypatch.setattr(Environment, "_do", lambda self, what, command: commands.append(command))
    monkeypatch.setattr(Environment, "_ask", lambda self, code: ("/eagerly/__init__.py", native))
    environment = Environment(running(), Origin(None, "eagerly==1.2"))

    assert not environment.is_ready
    environment.make()

    assert environment.is_ready == native
    assert commands[0][1:3] == ["-m", "venv"]
    assert commands[1][-1] == "eagerly==1.2"
    assert not Environment(running(), Origin(None, "eagerly==1.3")).is_ready


def test_an_environment_that_cannot_be_made_says_which_and_why(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    environment = Environment(running(), Origin(None, "eagerly==1.2"))

    with pytest.raises(Failure, match="cannot explode: NameError: name 'boom' is not defined"):
        environment._do("explode", [sys.executable, "-c", "boom"])
