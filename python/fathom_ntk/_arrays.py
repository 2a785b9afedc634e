"""Arguments that are arrays: checked, and not copied where they are contiguous and of double precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ._errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = "NDArray[np.float64]"


def numbers(name: str, values: ArrayLike) -> Floats:
    """Real, finite numbers of double precision in C order; the array itself if it is that already."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ArgumentTypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    result: Floats = np.ascontiguousarray(array, dtype=np.float64) if array.ndim else array.astype(np.float64)
    with np.errstate(all="ignore"):
        # One pass without a temporary array; a sum that overflows is looked at more closely.
        finite = bool(np.isfinite(result.sum()))
    if not finite:
        bad = np.argwhere(~np.isfinite(result))
        if len(bad):
            place = tuple(int(i) for i in bad[0])
            at = f" at index {place[0] if len(place) == 1 else place}" if place else ""
            raise ArgumentError(f"{name} must be finite, got {result[place]}{at}")
    return result


def rows(name: str, values: ArrayLike) -> Floats:
    """One input a row."""
    array = numbers(name, values)
    if array.ndim != 2:
        hint = f"; {name}.reshape(1, -1) is one input, {name}.reshape(-1, 1) inputs of one feature"
        raise ArgumentError(
            f"{name} must be two-dimensional, one input a row, got shape {array.shape}{hint if array.ndim == 1 else ''}"
        )
    if 0 in array.shape:
        raise ArgumentError(f"{name} must have at least one row and one column, got shape {array.shape}")
    return array


def vector(name: str, values: ArrayLike) -> Floats:
    """A list of numbers."""
    array = numbers(name, values)
    if array.ndim != 1 or not array.size:
        raise ArgumentError(f"{name} must be one-dimensional and not empty, got shape {array.shape}")
    return array


def targets(name: str, values: ArrayLike, count: int) -> Floats:
    """One row of targets for each of `count` inputs; a vector is one column."""
    array = numbers(name, values)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2 or array.shape[0] != count or not array.shape[1]:
        raise ArgumentError(f"{name} must have one row for each of {count} inputs, got shape {np.shape(values)}")
    return array


def labels(name: str, values: ArrayLike, count: int) -> NDArray[Any]:
    """One label of a class for each of `count` inputs."""
    array = np.asarray(values)
    if array.ndim != 1 or array.shape[0] != count:
        raise ArgumentError(f"{name} must have one label for each of {count} inputs, got shape {array.shape}")
    return array


def real(name: str, value: Any) -> float:
    """One real number."""
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(f"{name} must be a real number, got {value!r}") from error


def whole(name: str, value: Any) -> int:
    """One whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ArgumentTypeError(f"{name} must be a whole number, got {value!r}")
    if value < 0:
        raise ArgumentError(f"{name} must not be negative, got {value}")
    return int(value)


def choice(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    """One of some words."""
    if not isinstance(value, str) or value not in allowed:
        raise ArgumentError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
    return value
