"""The engine: a task, its steps, and the order in which they are taken.

Read it from the bottom up:

step      resume one coroutine once, natively or interpreted
registry  who is running, who exists: what each CPython calls the current task and all tasks
ready     the ready queue: many ready tasks, one callback of the loop
outcome   a result to come, who waits for it, and how they are told
report    what a task says of itself, and what is reported when it is lost
task      Task: drives a coroutine until its outcome is known
"""
