"""What five papers claim of the NTK, measured again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._arrays import choice, rows
from ._errors import ArgumentError
from ._progress import Callback, reporting
from ._report import Report
from ._train import count

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_SCALES = ("trial", "quick", "full")
_STUDIES = ("hanin-nica", "seleznova-kutyniok-2021", "seleznova-kutyniok-2022", "hayou", "st-arnaud")


class Claim:
    """A statement of a paper with what was measured to test it."""

    def __init__(self, judged: dict[str, Any]) -> None:
        self._judged = judged

    @property
    def name(self) -> str:
        """Its name, unique in the study."""
        return str(self._judged["claim"]["id"])

    @property
    def statement(self) -> str:
        """What is claimed, in our words."""
        return str(self._judged["claim"]["statement"])

    @property
    def verdict(self) -> str:
        """`confirmed`, `other-constant`, `convention` or `contradicted`; `not settled` if a check did not pass."""
        return str(self._judged["claim"]["conclusion"]) if self.passed else "not settled"

    @property
    def passed(self) -> bool:
        """Whether all numbers lie where they were recorded, so that the verdict stands."""
        return bool(self._judged["passed"])

    @property
    def numbers(self) -> dict[str, float]:
        """What was measured, by the names of quantities; NaN where it could not be."""
        measured = {check["quantity"]: check["measured"] for check in self._judged["checks"]}
        return {name: np.nan if value is None else float(value) for name, value in measured.items()}

    def __repr__(self) -> str:
        return f"{self.name}: {self.verdict}. {self.statement}"


class Study(Report):
    """What a study measured, and what becomes of the claims of its paper."""

    @property
    def claims(self) -> list[Claim]:
        """The claims that were judged; none for a trial, which computes too little."""
        return [Claim(judged) for judged in self._data["claims"]]

    @property
    def tables(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Every table with its columns: floats with NaN for nothing, or words as objects with `None`."""
        found = {}
        for table in self._data["tables"]:
            names = [column["name"] for column in table["columns"]]
            found[table["name"]] = {name: _column([row[i] for row in table["rows"]]) for i, name in enumerate(names)}
        return found

    @property
    def passed(self) -> bool:
        """Whether every claim that was judged came out as recorded."""
        return all(claim.passed for claim in self.claims)

    def to_json(self) -> str:
        """The same as one line of JSON, with the keys of the file that `fathom reproduce` writes (`docs/json.md`)."""
        return json.dumps(self._data, ensure_ascii=False)

    def __repr__(self) -> str:
        rows_of_all = sum(len(table["rows"]) for table in self._data["tables"])
        tables = ", ".join(table["name"] for table in self._data["tables"])
        study, scale, seed = (self._data[key] for key in ("study", "scale", "seed"))
        head = f"{study}, {scale}, seed {seed}: {rows_of_all} rows in {tables}"
        claims = [repr(claim) for claim in self.claims] or ["no claims are judged in a trial"]
        return "\n".join([head, *claims])


def _column(values: list[Any]) -> NDArray[Any]:
    if any(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def reproduce(
    study: str,
    *,
    scale: str = "quick",
    seed: int = 0,
    images: tuple[ArrayLike, ArrayLike] | None = None,
    threads: int | None = None,
    progress: bool | Callback | None = None,
) -> Study:
    """Measure again what a paper claims of the NTK.

    The numbers are those of `fathom reproduce` with the same scale and seed, bit for bit. The command also keeps what
    it has done, and makes pages.

    Args:
        study: `hanin-nica`, `seleznova-kutyniok-2021`, `seleznova-kutyniok-2022`, `hayou` or `st-arnaud`.
        scale: `trial` takes seconds and judges no claims, `quick` minutes, `full` hours.
        seed: of everything that is drawn, from 0 to 2⁶⁴ − 1.
        images: of `hayou`: images, one a row, and their classes, whole numbers; by default built-in ones of clothes.
        threads: one for each processor by default. The same bits come whatever it is.
        progress: called as `progress(done, total)` with numbers of pieces; `True` for a bar where tqdm is installed.

    Returns:
        The claims with verdicts and numbers, and all tables.

    >>> import fathom_ntk as fm
    >>> study = fm.reproduce("hanin-nica", scale="trial")
    >>> study.claims, len(study.tables) > 1
    ([], True)
    """
    choice("study", study, _STUDIES)
    choice("scale", scale, _SCALES)
    if count("seed", seed, 0) >= 1 << 64:
        raise ArgumentError(f"seed must be below 2^64, got {seed}")
    if threads is not None:
        count("threads", threads, 1)
    given = None
    if images is not None:
        if not isinstance(images, tuple) or len(images) != 2:
            raise ArgumentError("images must be a pair: images, one a row, and their classes")
        classes = rows("the classes of images", np.asarray(images[1]).reshape(-1, 1)).ravel()
        given = (rows("images", images[0]), classes)
    command = f'fm.reproduce("{study}", scale="{scale}", seed={seed}{"" if images is None else ", images=…"})'
    with reporting(progress, "pieces") as callback:
        return Study(_core.reproduce(study, scale, seed, given, command, threads, callback))
