"""Every snippet of the guide runs, and shows what it says.

The blocks of a page run in order, in one folder: those of Python as doctests with shared names, and each `$ fathom …`
of the blocks of the console. Texts must be equal up to spaces, numbers to the digits shown; `…` stands for anything.
"""

import doctest
import math
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT
from .test_command import command

pytest.importorskip("sklearn")

PAGES = [ROOT / "docs" / "index.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?(?!\w)")
KNOWN = {"python", "console", "sh", "toml", "text"}


def differs(shown: str, got: str) -> str | None:
    """How an output differs from the one shown; numbers may differ by two units of the last digit shown."""
    texts = [" ".join(NUMBER.sub(" # ", text.replace("…", " … ")).split()) for text in (shown, got)]
    pattern = ".*".join(re.escape(part.strip()) for part in texts[0].split("…"))
    if re.fullmatch(pattern, texts[1], re.DOTALL) is None:
        return "the texts differ"
    if "…" in shown:
        # Which numbers were left out is not known: line by line, those of lines shown in full.
        lines = {" ".join(NUMBER.sub(" # ", line).split()): line for line in reversed(got.splitlines())}
        pairs = [(line, lines.get(" ".join(NUMBER.sub(" # ", line).split()), "")) for line in shown.splitlines()]
    else:
        pairs = [(shown, got)]
    for ours, theirs in pairs:
        for a, b in zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=False):
            if not close(a, float(b)):
                return f"{a} is shown, {b} came"
    return None


def close(shown: str, got: float) -> bool:
    mantissa, _, exponent = shown.partition("e")
    _, _, decimals = mantissa.partition(".")
    unit = 10.0 ** (int(exponent or 0) - len(decimals))
    # A whole number in full is exact, a number with decimals or an exponent is rounded.
    return math.isclose(float(shown), got, rel_tol=0.0, abs_tol=2.0 * unit if decimals or exponent else 0.5 * unit)


class Checker(doctest.OutputChecker):
    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return differs(want, got) is None


def run_python(source: str, names: dict[str, Any], place: str, line: int) -> None:
    test = doctest.DocTestParser().get_doctest(source, names, place, place, line)
    assert test.examples, f"{place}, line {line}: a block of Python without >>>"
    report: list[str] = []
    runner = doctest.DocTestRunner(Checker(), verbose=False)
    runner.run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    assert not runner.failures, "".join(report)


def run_console(block: str, program: str, place: str, line: int) -> None:
    entries = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert not entries[0].strip(), f"{place}, line {line}: a block of the console begins with $"
    for entry in entries[1:]:
        typed, _, shown = entry.partition("\n")
        name, *arguments = shlex.split(typed, comments=True)
        assert name == "fathom", f"{place}, line {line}: only fathom runs here, got {name}"
        answer = subprocess.run([program, *arguments], capture_output=True, encoding="utf-8", check=False)
        assert answer.returncode == 0, f"{place}: {typed}\n{answer.stderr}"
        wrong = differs(shown, answer.stdout) if shown.strip() else None
        assert wrong is None, f"{place}: {typed}\n{wrong}\n{answer.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_snippets_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = command()
    text = page.read_text(encoding="utf-8")
    if program is None and "```console" in text:
        pytest.skip("the command is not built")
    program = str(Path(program or "").resolve())
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        kind, source = found.groups()
        assert kind in KNOWN, f"{page.name}, line {line}: a block of {kind or 'nothing'}"
        if kind == "python":
            run_python(source, names, page.name, line)
        if kind == "console":
            run_console(source, program, page.name, line)


def test_every_figure_of_the_guide_is_shown() -> None:
    shown = {name for page in PAGES for name in re.findall(r"]\((?:guide/)?figures/([\w-]+\.\w+)\)", page.read_text())}
    assert shown == {path.name for path in (ROOT / "docs" / "guide" / "figures").iterdir()}


@pytest.mark.parametrize(
    ("shown", "got", "equal"),
    [
        ("x 1.234", "x  1.235", True),
        ("x 1.234", "x 1.238", False),
        ("3 rows", "4 rows", False),
        ("a 1\n…\nb 2.50", "a 1\nc 7\nb 2.51", True),
        ("a 1\n…\nb 2.50", "a 1\nc 7\nb 2.57", False),
        ("a 1\n…", "b 1\nc", False),
        ("1e-05", "1.00001e-05", True),
        ("2.5e-05", "3.5e-05", False),
    ],
)
def test_outputs_are_compared(shown: str, got: str, *, equal: bool) -> None:
    assert (differs(shown, got) is None) is equal
