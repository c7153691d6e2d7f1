"""The programs that the bench measures: one file, one story.

Each file is a script for a bare interpreter, CPython 3.8 or newer, that needs the standard library
and, where an implementation is eagerly's, eagerly. It takes the name of an implementation and n,
measures once, and prints one line of JSON. From the folder above this one:

    python -m workloads.gather asyncio.gather 1000000

This package imports none of them, so that a script is never imported twice.
"""
