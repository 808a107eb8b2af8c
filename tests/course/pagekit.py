"""The commands and files of the page *Teaching with this book*, read from its source.

```{code-block} console            typed by test_teaching; other classes: once, hub (test_nbgrader), docker
$ unet-edu course exercises skips
05_skips                           what it prints, if the page says; … stands for anything
```
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bookkit import BIN, ROOT

PAGE = ROOT / "book" / "teaching.md"
BLOCK = re.compile(r"^```\{(?P<kind>code-block|literalinclude)\} (?P<what>\S+)\n(?P<body>.*?)^```$", re.M | re.S)
OPTION = re.compile(r"^:(\w+): (.+)\n", re.M)


@dataclass(frozen=True)
class Block:
    """A block of the page: commands, or the text of a file."""

    what: str  # the language, or the path of what is included
    options: dict[str, str]
    body: str

    @property
    def kind(self) -> str:
        """Its class: "" for the commands that are typed in order."""
        return self.options.get("class", "")

    @property
    def commands(self) -> list[tuple[str, str]]:
        """(command, what it prints) of a block of the console; lines that end in a backslash go on."""
        pieces = re.split(r"^\$ ", self.body, flags=re.M)
        assert not pieces[0].strip(), f"a block of the console begins with a command: {self.body}"
        found = []
        for piece in pieces[1:]:
            command = re.match(r"(?:[^\n]*\\\n)*[^\n]*\n?", piece)[0]
            found.append((command.strip(), piece[len(command) :].strip("\n")))
        return found


def blocks() -> list[Block]:
    """All blocks of the page, in order."""
    found = []
    for match in BLOCK.finditer(PAGE.read_text("utf-8")):
        head = re.match(r"(?::\w+: .+\n)*", match["body"])[0]
        found.append(Block(match["what"], dict(OPTION.findall(head)), match["body"][len(head) :].lstrip("\n")))
    return found


def consoles(kind: str = "") -> list[Block]:
    """The blocks of commands of one class, in order."""
    return [block for block in blocks() if block.what == "console" and block.kind == kind]


def files() -> dict[str, str]:
    """The files whose text the page gives, by the names that it gives them."""
    named = [block for block in blocks() if "caption" in block.options]
    included = {b.options["caption"]: PAGE.parent / b.what for b in named if (PAGE.parent / b.what).is_file()}
    return {
        block.options["caption"]: included[block.options["caption"]].read_text("utf-8")
        if block.options["caption"] in included
        else block.body
        for block in named
    }


class Shell:
    """A bash that stays the same from command to command, in a folder."""

    def __init__(self, folder: Path, *programs: Path, **environment: str):
        path = os.pathsep.join([*map(str, programs), str(BIN), os.environ["PATH"]])
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env={**os.environ, "PATH": path, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, command: str) -> tuple[int, str]:
        """Run a command; return its exit status and what it printed, to both streams."""
        mark = "0c7f end of the command"
        self._process.stdin.write(f'{{ {command}\n}} </dev/null\nprintf "\\n%s %s\\n" "{mark}" "$?"\n')
        self._process.stdin.flush()
        lines = []
        for line in self._process.stdout:
            if line.startswith(mark):
                return int(line.split()[-1]), "".join(lines)[:-1]  # less the line break before the mark
            lines.append(line)
        raise RuntimeError(f"the shell has ended: {''.join(lines)[-2000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


def agrees(printed: str, page: str) -> bool:
    """Whether a command printed what the page says, where … on the page stands for anything."""
    pattern = ".*".join(re.escape(part.strip()) for part in re.split(r"…", page))
    return re.fullmatch(pattern, printed.strip(), re.S) is not None
