"""Networks of finite width, fully connected or of blocks: drawn, and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _core
from ._arrays import Floats, real, rows
from ._errors import ArgumentError
from ._progress import reporting
from ._results import Sample, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from ._progress import Callback

Core = _core.Architecture | _core.Blocks


def drawn(
    core: Core,
    inputs: Floats,
    source: str,
    *,
    draws: int | None = None,
    seed: int = 0,
    observables: str | Sequence[str] = "ntk",
    method: str | None = None,
    target: float = 0.0,
    step: float = 1e-3,
    covariances: bool = False,
    target_error: float | None = None,
    max_time: float | None = None,
    threads: int | None = None,
    keep_draws: bool = False,
    progress: bool | Callback | None = None,
) -> Sample:
    """Draw networks; the arguments are those of `Mlp.sample`."""
    names = observables if isinstance(observables, str) else ",".join(observables)
    if threads is not None and threads < 1:
        raise ArgumentError(f"threads must be at least 1, got {threads}")
    if draws is not None and draws < 1:
        raise ArgumentError(f"draws must be at least 1, got {draws}")
    for name, value in (("target_error", target_error), ("max_time", max_time)):
        if value is not None and not 0.0 < value < np.inf:
            raise ArgumentError(f"{name} must be positive and finite, got {value}")
    with reporting(progress, "draws") as callback:
        report, kept = _core.sample(
            core, inputs, source, names, draws, seed, method, real("target", target), real("step", step),
            covariances, target_error, max_time, threads, keep_draws, callback,
        )  # fmt: skip
    return Sample(report, kept)


def judged(
    core: Core,
    data: ArrayLike | None,
    sq_norm: float | None,
    *,
    random: tuple[float, float] = (0.5, 1.0),
    moves: tuple[float, float] = (0.25, 1.0),
    steps: tuple[float, float] = (1e4, 1e6),
    learning_rate: float | None = None,
    target: float = 1.0,
    tolerance: float = 0.1,
    sample: int | None = None,
    seed: int = 0,
    draws: int | None = None,
) -> Verdict:
    """Judge a network; the arguments are those of `Mlp.verdict`, and of `Blocks.verdict`."""
    if data is not None and sq_norm is not None:
        raise ArgumentError("give data or sq_norm, not both")
    given: float | Floats | None = None
    source = "no data given: orthogonal inputs with |x|² = number of inputs"
    if data is not None:
        given, source = rows("data", data), "data"
    elif sq_norm is not None:
        given, source = real("sq_norm", sq_norm), "orthogonal inputs of this norm"
    report = _core.verdict(
        core, given, source, random, moves, steps, learning_rate, target, tolerance, sample, seed, draws
    )
    return Verdict(report)
