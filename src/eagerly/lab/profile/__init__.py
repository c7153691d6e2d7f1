"""`eagerly profile`: what the tasks of a program do, by the places that make them.

The program runs in a process of its own (`child`), where every coroutine that becomes a task is
driven by a `steps.Steps`, which counts into the `places.Place` that made it. What was seen is
written as one JSON file (`seen`), also as it runs; this process reads it (`command`), finds out
what a task costs on this interpreter (`cost`), and shows it (`report`). `compare` runs the program
again and again, unwatched, with the tasks of each engine.
"""
