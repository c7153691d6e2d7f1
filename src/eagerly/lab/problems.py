"""What a person must be told in one line, and the exit status that goes with it."""

from __future__ import annotations


class Problem(Exception):
    """Asked for something that cannot be done: found before anything runs."""

    status = 2


class Failure(Problem):
    """Something that ran has died."""

    status = 1
