"""How far long calls are."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from ._errors import ArgumentTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Callback: TypeAlias = "Callable[[int, int], object]"


@contextmanager
def reporting(progress: bool | Callback | None, unit: str) -> Iterator[Callback | None]:
    """A callback: the one given, a bar of tqdm for `True` where tqdm is installed, or none."""
    if progress is None or progress is False:
        yield None
        return
    if progress is not True:
        if not callable(progress):
            raise ArgumentTypeError(
                f"progress must be True, False or callable as progress(done, total), got {progress!r}"
            )
        yield progress
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        yield None
        return
    bar: Any = tqdm(unit=unit)

    def update(done: int, total: int) -> None:
        bar.total = total
        bar.n = done
        bar.refresh()

    try:
        yield update
    finally:
        bar.close()
