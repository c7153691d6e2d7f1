"""What mkdocs.yml cannot say."""

import re
from pathlib import Path

import griffe


def on_config(config):
    """The page of the numbers is there once `make performance` has written it."""
    if Path(config.docs_dir, "performance.md").exists():
        config.nav.insert(config.nav.index("hazards.md"), "performance.md")


class Doctests(griffe.Extension):
    """Markdown would take `>>>` for quotations."""

    def on_object(self, *, obj, **_):
        if obj.docstring:
            obj.docstring.value = re.sub(
                r"(?ms)^>>> .*?(?=\n\n|\Z)", r"```pycon\n\g<0>\n```", obj.docstring.value
            )
