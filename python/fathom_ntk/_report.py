"""What all results have in common."""

from __future__ import annotations

import copy
import html
import math
from typing import Any


class Report:
    """A result: numbers under the keys of the command's JSON form (`docs/json.md`), and a text for people."""

    def __init__(self, report: tuple[dict[str, Any], str]) -> None:
        self._data, self._text = report

    def to_dict(self) -> dict[str, Any]:
        """Everything that was found out, as lists, dictionaries, numbers and texts that `json.dumps` writes."""
        return copy.deepcopy(self._data)

    def __repr__(self) -> str:
        return self._text.rstrip("\n")

    def _repr_html_(self) -> str:
        return f'<pre style="line-height: 1.25">{html.escape(repr(self))}</pre>'


def number(value: Any) -> float | None:
    """A number of a report, where `None` is one that is not known; beyond the range of floats, infinite or zero.

    >>> number({"value": None, "log": 800.0, "sign": -1})
    -inf
    """
    if isinstance(value, dict):
        if value["value"] is not None:
            return float(value["value"])
        if value["log"] is None or value["log"] < 0:
            return 0.0
        return math.copysign(math.inf, value["sign"])
    if value is None:
        return None
    return float(value)
