"""Every code block of the README and of docs/ is run. Its language says how:

* `python` is a program; with `title="app.py"` it is a file, for the later blocks of its page.
* `text` after a program is what that prints; anywhere else it is no code.
* `console` has a command after `$`, and what it prints. A line `...` stands for any lines, and a
  time for any time. Below `<!-- tested as: COMMAND -->` that is run instead, because the one on
  the page takes long; then no number counts.
* `sh` has commands that change the machine or take minutes. They are not run: what they name has
  to exist, and their arguments to be accepted.
* `bash` is run when the site is built; here it may only ask for help.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from helpers import python
from markdown_it import MarkdownIt

import eagerly
from eagerly.lab import cli

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
KNOWN = {"python", "text", "console", "sh", "bash"}

WIDE = "110"  # no table of the pages is folded
UNIT = r"(?:\s?(?:ns|µs|ms|s|%)(?!\w))"
TIME = rf"\d[\d,.]*{UNIT}|(?<=CPython )[\d.]+"
NUMBER = rf"\d[\d,.]*{UNIT}?"
RAN: dict[
    tuple[Path, str], subprocess.CompletedProcess[str]
] = {}  # several blocks may show one run
DRAWN = r"[─━╸╺▏▎▍▌▋▊▉█]+"


BETWEEN = r"(?m)^\s*\.\.\.\n|^(?=\S+:\d+ \w+ +\d)"  # rows of a profile: the longest is the first


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    title: str  # of a file
    text: str
    tested_as: str
    before: tuple[Block, ...] = field(repr=False)  # on its page

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"

    def is_output_of(self, program: Block) -> bool:
        return self.language == "text" and self.before[-1:] == (program,)


def blocks_of(page: Path) -> list[Block]:
    found: list[Block] = []
    comment = ""
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block"):
            language, _, rest = token.info.partition(" ")
            title = re.search(r'title="(.*?)"', rest)
            said = re.search(r"<!-- tested as: (.*?) -->", comment)
            found.append(
                Block(
                    page=page, line=token.map[0] + 1, language=language,
                    title=title[1] if title else "", text=token.content,
                    tested_as=said[1] if said else "", before=tuple(found),
                )
            )  # fmt: skip
        comment = token.content if token.type == "html_block" else ""
    return found


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def of(language: str) -> pytest.MarkDecorator:
    found = [block for block in BLOCKS if block.language == language and not block.title]
    return pytest.mark.parametrize("block", found, ids=str)


@pytest.fixture
def folder(block, tmp_path):
    """Where a reader is who has followed the page up to the block."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for earlier in block.before:
        if earlier.title:
            (tmp_path / earlier.title).write_text(earlier.text)
    return tmp_path


def test_every_block_says_what_it_is():
    assert [str(block) for block in BLOCKS if block.language not in KNOWN] == []


def test_a_file_that_is_shown_is_run():
    commands = [(b.page, b.tested_as or b.text) for b in BLOCKS if b.language == "console"]
    for block in BLOCKS:
        if block.title:
            assert any(block.page == page and block.title in text for page, text in commands)


def test_a_file_that_is_an_example_too_is_the_same():
    for block in BLOCKS:
        example = ROOT / "examples" / block.title
        assert not block.title or not example.exists() or example.read_text() == block.text


@of("python")
def test_a_program_runs_and_prints_what_it_says(block, folder):
    (folder / "program.py").write_text(block.text)
    printed = python("program.py", cwd=folder)
    said = [each.text for each in BLOCKS if each.is_output_of(block)]

    assert printed.stderr == ""
    for text in said:
        assert printed.stdout == text.replace("engine: True", f"engine: {eagerly.native}")


@of("console")
def test_a_console_shows_what_its_command_prints(block, folder):
    first, _, shown = block.text.partition("\n")
    assert first.startswith("$ ")
    command = block.tested_as or first[2:]
    if (block.page, command) not in RAN or not block.tested_as:
        RAN[block.page, command] = ran(command, folder)

    printed = RAN[block.page, command]

    assert printed.returncode in (0, 1)
    assert "Traceback" not in printed.stderr
    inexact = NUMBER if block.tested_as else TIME
    whole = plain(printed.stdout, inexact)
    parts = [plain(part, inexact) for part in re.split(BETWEEN, shown)]
    if len(parts) == 1:
        assert parts == [whole]
    assert [part for part in parts if part not in whole] == []


def ran(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(command)
    words = {"python": [], "eagerly": ["-m", "eagerly"]}[program]
    return python(*words, *arguments, cwd=folder, COLUMNS=WIDE)


def plain(text: str, inexact: str) -> str:
    """The words: no rules and bars, no numbers that differ from run to run, no line breaks."""
    if sys.version_info < (3, 12):  # asyncio has no eager tasks there
        text = re.sub(r"(?m)^asyncio-eager .*\n", "", text)
    if not eagerly.native:  # there tasks at once may cost more than asyncio's
        text = re.sub(r"Eager start would (save|cost)", "Eager start would save", text)
    return " ".join(re.sub(inexact, " ", re.sub(DRAWN, " ", text)).split())


@of("sh")
def test_what_commands_name_exists(block):
    for line in block.text.splitlines():
        check(shlex.split(line, comments=True))


def check(words: list[str]) -> None:
    match words:
        case []:
            pass
        case ["make", target, *_]:
            assert f"\n{target}:" in (ROOT / "Makefile").read_text()
        case ["pip", "install", what]:
            extra = re.fullmatch(r"(?:\.|eagerly)(?:\[(\w+)\])?", what)
            with (ROOT / "pyproject.toml").open("rb") as file:
                extras = tomllib.load(file)["project"]["optional-dependencies"]
            assert extra
            assert extra[1] is None or extra[1] in extras
        case ["eagerly", *arguments]:
            cli.parser(arguments).parse_args(arguments)
        case ["python", "-m", "pyperf", "compare_to", *_]:
            pass
        case _:
            pytest.fail(f"nobody checks {shlex.join(words)}")


@of("bash")
def test_help_is_shown(block, capsys):
    program, *arguments = shlex.split(block.text)
    assert (program, arguments[-1]) == ("eagerly", "--help")

    with pytest.raises(SystemExit) as end:
        cli.main(arguments)

    assert end.value.code == 0
    assert "examples:" in capsys.readouterr().out


def test_every_command_shows_its_help():
    shown = {block.text.split()[1] for block in BLOCKS if block.language == "bash"}
    assert shown == {*cli.COMMANDS, "--help"}
    text = (ROOT / "docs" / "commands.md").read_text()
    assert all(f"\n## eagerly {name}\n" in text for name in cli.COMMANDS)


def test_every_public_name_is_in_the_reference():
    text = (ROOT / "docs" / "reference.md").read_text()
    for name in eagerly.__all__:
        assert f"\n::: eagerly.{name}\n" in text or f"\n## {name}\n" in text
