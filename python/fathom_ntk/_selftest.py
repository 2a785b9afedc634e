"""Test vectors."""

from __future__ import annotations

from pathlib import Path

from . import _core
from ._report import Report


class Selftest(Report):
    """Test vectors evaluated on this machine."""

    @property
    def passed(self) -> bool:
        """Whether every number holds to its tolerance."""
        return bool(self._data["failed"] == 0 and self._data["computed"] > 0)


def selftest(path: str | Path | None = None) -> Selftest:
    """Evaluate high-precision test vectors, those of a JSON file or the built-in ones."""
    return Selftest(_core.selftest(None if path is None else Path(path).read_text(encoding="utf-8")))
