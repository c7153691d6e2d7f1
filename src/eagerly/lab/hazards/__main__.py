"""python -m eagerly.lab.hazards app.py [arguments]: run a program and tell its order hazards."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import eagerly
from eagerly.lab.hazards import OwnModules, watch


def main(arguments: list[str]) -> int:
    if not arguments:
        print("python -m eagerly.lab.hazards app.py [arguments]", file=sys.stderr)
        return 2
    if eagerly.native:
        again = [sys.executable, "-m", "eagerly.lab.hazards", *arguments]
        os.execve(sys.executable, again, {**os.environ, "EAGERLY_PURE": "1"})
    os.environ.pop("EAGERLY_PURE")
    path = Path(arguments[0])
    own = OwnModules(path.parent)
    sys.argv = arguments
    sys.path[0] = str(path.parent)
    eagerly.install()
    with watch(own) as report:
        try:
            main = ModuleType("__main__")
            vars(main).update(__file__=str(path), __builtins__=__builtins__)
            sys.modules["__main__"] = main
            exec(own.compile(path.read_bytes(), str(path)), vars(main))
        finally:
            print(report.text(), file=sys.stderr)
    return 1 if report.hazards else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
