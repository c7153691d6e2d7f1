"""What the tests of the command share: how it refuses, an interpreter of another age, leftovers."""

import json
from pathlib import Path

from eagerly.lab import cli


def refused(capsys, *arguments):
    """What the command says when nothing has run: one line, nothing on stdout, and status 2."""
    try:
        status = cli.main(["bench", *map(str, arguments)])
    except SystemExit as exit:
        status = exit.code
    said = capsys.readouterr()
    assert status == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def older_python(folder, then):
    """A command that says it is 3.10.99, whatever it does next."""
    who = json.dumps(["/old/python", "CPython", "3.10.99", [3, 10], "3.10.99 (old)", "/old"])
    who = who.replace("/old/python", str(folder / "python3.10"))
    fake = folder / "python3.10"
    fake.write_text(f"#!/bin/sh\n[ \"$3\" = -c ] && echo '{who}' && exit\n{then}\n")
    fake.chmod(0o755)
    return fake


def processes_of(mark):
    """Command lines of the processes that inherited *mark*, where /proc tells them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"BENCH_OF={mark}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes())
        except OSError:
            continue  # it ended while we looked, or is somebody else's
    return found
