"""Order hazards: code that relies on a task not starting before its creator's next ``await``.

The program runs in a process of its own (`child`), on the interpreted engine.  Its own modules
(`modules`) are rewritten (`rewrite`, `scopes`) to call `hooks` wherever they read or set a place
(`places`) that the first step of a task and its creator could share.  `watch` tells when steps
begin and end, `steps` what that means, and `report` says it in words.  docs/hazards.md says what is
seen, and what is not.
"""
