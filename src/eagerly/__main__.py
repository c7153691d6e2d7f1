"""The `eagerly` command, also `python -m eagerly`."""

from __future__ import annotations

import sys


def main() -> int:
    from eagerly.lab import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
