"""Which of these modules can this interpreter import?  Their versions, as one line of JSON."""

from __future__ import annotations

import importlib
import json
import sys
from importlib import metadata


def version(module: str) -> str | None:
    try:
        importlib.import_module(module)
    except ImportError:
        return None
    return metadata.version(module)


if __name__ == "__main__":
    sys.path.pop(0)  # the lab's folder, from which this was started
    print(json.dumps({module: version(module) for module in sys.argv[1:]}))
