"""The lab: what a person runs. It needs the extra `eagerly[lab]`; the engine never imports it."""
