"""`eagerly tour`: every feature is where it says it is, and nowhere else."""

import json
import sys

import pytest

from eagerly.lab import cli
from eagerly.lab.bench import prepared
from eagerly.lab.interpreters import running
from eagerly.lab.progress import watch
from eagerly.lab.tour import walk
from eagerly.lab.tour.features import BY_NAME, FEATURES, Feature


@pytest.mark.parametrize("feature", FEATURES, ids=BY_NAME)
def test_a_feature_is_seen_here_from_its_version_on(feature):
    with watch(1) as screen:
        subject = prepared(running(), screen)
    for by in walk.sides(feature):
        seen = walk.evidence(feature, subject, by)
        expected = by == "eagerly" or sys.version_info[:2] >= feature.since
        if feature.name == "current-task" and by == "eagerly":  # from 3.12 on it is asyncio's
            expected = subject.engine["native"] or sys.version_info >= (3, 12)
        assert seen["there"] is expected, seen["lines"]


@pytest.mark.slow
@pytest.mark.parametrize("feature", FEATURES, ids=BY_NAME)
def test_a_feature_is_seen_on_every_interpreter_found_from_its_version_on(feature):
    for interpreter in walk.found():
        subject = walk.without_eagerly(interpreter)
        seen = walk.evidence(feature, subject, walk.sides(feature)[0])
        expected = interpreter.major_minor >= feature.since
        assert seen["there"] is expected, (interpreter.version, seen["lines"])


def test_the_file_has_what_was_printed(tmp_path, capsys):
    file = tmp_path / "tour.json"
    here = ["--python", sys.executable]
    assert cli.main(["tour", "--only", "misspelt-attribute", *here, "--json", str(file)]) == 0
    (shown,) = json.loads(file.read_text())["features"]
    (seen,) = shown["evidence"]
    assert seen["there"]
    printed = " ".join(capsys.readouterr().out.split())  # 80 columns may break the line
    assert seen["lines"][-1] in printed


@pytest.mark.parametrize(("since", "status"), [((3, 10), 1), ((3, 99), 0)])
def test_evidence_missing_where_it_is_due_is_exit_status_one(monkeypatch, capsys, since, status):
    absent = Feature("absent", since, "Never seen.", "never printed", "pass\n")
    monkeypatch.setitem(BY_NAME, "absent", absent)
    assert cli.main(["tour", "--only", "absent", "--python", sys.executable]) == status
    assert ("missing: absent by python" in capsys.readouterr().out) is bool(status)


def test_a_program_that_does_not_end_is_stopped_and_said_so(monkeypatch):
    monkeypatch.setattr(walk, "LIMIT", 0.5)
    endless = Feature("endless", (3, 10), "Never ends.", "never printed", "while True: pass\n")
    seen = walk.evidence(endless, walk.without_eagerly(running()), "python")
    assert not seen["there"]
    assert seen["lines"] == ["it was stopped after 0.5 seconds"]


def test_a_feature_that_does_not_exist_is_said_in_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["tour", "--only", "nonsense"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
