"""The shapes of concurrent programs that `eagerly bench` measures: one module a family.

A shape is data: see shape.py. Its programs are written once for each way of speaking: in asyncio's
terms (asyncio, uvloop, aiotools and eagerly run the same lines), where it makes sense in a
nursery's terms (anyio and trio), and as a floor, without any task. So a difference between two rows
of a table is a difference between two libraries.

The modules run in the interpreter that is measured, which has eagerly and perhaps not its lab:
they import the standard library, each other, and in worker.py what is measured and pyperf. From the
folder above this one, one process of a measurement is:

    python -m shapes.worker --shape fanout --size 1000 --implementation eagerly --worker --loops 1
"""
