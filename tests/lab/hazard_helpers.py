"""Runs small programs, one after the other, in one process that watches for order hazards.

In a program, `# early` marks the line where a first step reads or sets, `# late` the one where its
creator sets or cancels.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent


class Watcher:
    """The process, and the folder that it finds the programs in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=os.environ | {"EAGERLY_PURE": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def run(self, source: str, **modules: str) -> dict:
        """What was found in that program, and what it printed.

        *modules* are what else it can import.
        """
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        for name, text in modules.items():
            file = folder / f"{name}.py"
            file.write_text(dedent(text))
        file = folder / "app.py"
        file.write_text(dedent(source))
        print(file, file=self._process.stdin)
        found = json.loads(self._process.stdout.readline())
        assert found.pop("error") == ""
        return found

    def finds(self, source: str, kind: str = "read", **modules: str) -> dict:
        """The one hazard of that program, which is the one that is marked there."""
        found = self.run(source, **modules)
        [hazard] = found["hazards"]
        assert hazard["kind"] == kind
        assert is_marked(hazard["late"], "late")
        assert hazard["early"] is None or is_marked(hazard["early"], "early")
        return hazard

    def finds_nothing(self, source: str, **modules: str) -> None:
        assert self.run(source, **modules)["hazards"] == []

    def close(self) -> None:
        self._process.communicate(timeout=240)
        assert self._process.returncode == 0


def is_marked(site: dict, mark: str) -> bool:
    return Path(site["path"]).read_text().splitlines()[site["line"] - 1].endswith(f"# {mark}")


def main() -> None:
    """Run the programs that are named on standard input."""
    import contextlib
    import io
    import traceback

    import eagerly
    from eagerly.lab.hazards.modules import OwnModules
    from eagerly.lab.hazards.watch import watch

    eagerly.install()
    for line in sys.stdin:
        path = Path(line.strip())
        own = OwnModules(path.parent)
        sys.path.insert(0, str(path.parent))
        known = set(sys.modules)
        printed = io.StringIO()
        error = ""
        with contextlib.redirect_stdout(printed), watch(own) as report:
            try:
                exec(own.compile(path.read_bytes(), str(path)), {"__name__": "__main__"})
            except Exception:
                error = traceback.format_exc()
        for name in set(sys.modules) - known:
            if own.has(name, getattr(sys.modules[name], "__file__", None) or ""):
                del sys.modules[name]
        sys.path.remove(str(path.parent))
        found = {
            "error": error,
            **report.data(),
            "printed": printed.getvalue(),
            "text": report.text(),
        }
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
