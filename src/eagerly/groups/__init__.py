"""What a program uses: ways to make many tasks and to wait for them.

factory  create_task and the task factories; whose task a loop makes
_group   the bookkeeping of a group: children, errors, abort
group    TaskGroup: ``async with`` around it; the scenes of cancellation are told here
gather   gather: many outcomes, one future
barrier  Barrier: wait until enough have come
runner   Runner and run: own a loop and leave nothing behind
"""
