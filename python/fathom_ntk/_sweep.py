"""Grids of networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._activation import Activation
from ._arrays import choice, real, rows
from ._errors import ArgumentError, ArgumentTypeError
from ._network import Mlp
from ._plotting import axes
from ._progress import Callback, reporting
from ._report import Report
from ._train import arguments, count, data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

_COMMANDS = ("sample", "train", "verdict")
_SHOWN = {"train": "ntk_drift", "sample": "relative_std", "verdict": "random"}


class Sweep(Report):
    """What became of every network of a grid: a table of columns."""

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """`cell`, the axes, `status`, quantities with their standard errors (`…_se`), `reason`; NaN for no number."""
        return _arrays(self._data["columns"])

    @property
    def over_seeds(self) -> dict[str, NDArray[Any]]:
        """The same with the mean over seeds, and its standard error, of the cells that are done."""
        return _arrays(self._data["over_seeds"])

    @property
    def axes(self) -> list[str]:
        """What varies."""
        return [str(name) for name in self._data["axes"]]

    def __len__(self) -> int:
        return len(self._data["columns"]["cell"])

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column."""
        return self._column(self.columns, name)

    def _column(self, columns: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
        if name not in columns:
            raise ArgumentError(f"name must be one of {', '.join(columns)}, got {name!r}")
        return columns[name]

    def to_pandas(self, *, over_seeds: bool = False) -> Any:
        """The table as a data frame of pandas.

        Args:
            over_seeds: means over seeds instead of cells.
        """
        try:
            import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]
        except ImportError as error:
            raise ImportError("tables of pandas need pandas: pip install pandas") from error
        return pandas.DataFrame(self.over_seeds if over_seeds else self.columns)

    def plot(self, ax: Axes | None = None, *, quantity: str | None = None, x: str | None = None) -> Axes:
        """Draw a quantity, its mean over seeds, against depth over width or another axis.

        Args:
            ax: where to draw.
            quantity: a column of numbers; by default the drift, the spread or the randomness of the kernel.
            x: a column of numbers; by default `ratio` if depth or width vary, else the first axis.
        """
        columns = self.over_seeds
        varying = [name for name in self.axes if name != "seed" and len(np.unique(columns[name].astype(str))) > 1]
        shape = {"depth", "width", "ratio"} & set(varying)
        x = x or ("ratio" if shape else next(iter(varying), "cell"))
        quantity = quantity or _SHOWN[str(self._data["command"])]
        places, values = self._column(columns, x), self._column(columns, quantity)
        if values.dtype.kind != "f" or places.dtype.kind != "f":
            raise ArgumentError(f"x and quantity must be columns of numbers, got {x} and {quantity}")
        errors = columns.get(f"{quantity}_se", np.zeros(len(values)))
        others = [name for name in varying if name not in (x, "ratio") and not (x == "ratio" and name == "depth")]
        groups = [", ".join(f"{name} = {columns[name][i]}" for name in others) for i in range(len(values))]
        ax = axes(ax)
        for group in dict.fromkeys(groups):
            here = np.array([name == group for name in groups])
            order = np.argsort(places[here], kind="stable")
            error = np.nan_to_num(errors[here][order])
            ax.errorbar(places[here][order], values[here][order], yerr=error, marker="o", label=group or None)
        if others:
            ax.legend()
        ax.set(xlabel=x, ylabel=quantity)
        return ax


def _arrays(columns: Mapping[str, list[Any]]) -> dict[str, NDArray[Any]]:
    """Numbers as floats with NaN for nothing, words as objects with `None`."""
    found: dict[str, NDArray[Any]] = {}
    for name, values in columns.items():
        words = any(isinstance(value, str) for value in values) or name == "reason"
        if words:
            found[name] = np.array(values, dtype=object)
        else:
            found[name] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return found


def _texts(key: str, values: Any) -> list[str]:
    """The text forms of the values of an axis."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        values = [values]
    return [_text(key, value) for value in values]


def _text(key: str, value: Any) -> str:
    if isinstance(value, Activation):
        raise ArgumentTypeError(f"{key}: an activation of one's own has no text form: give the network as an fm.Mlp")
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool) or value is None:
        raise ArgumentTypeError(f"{key} must be numbers or texts, got {value!r}")
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
    if isinstance(value, Iterable):
        return ",".join(_text(key, one) for one in value)
    raise ArgumentTypeError(f"{key} must be numbers or texts, got {value!r}")


def sweep(
    command: str,
    grid: Mapping[str, Any],
    network: Mlp | Mapping[str, Any] | None = None,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    x_test: ArrayLike | None = None,
    y_test: ArrayLike | None = None,
    classify: bool = False,
    threshold: float = 0.5,
    sq_norm: float | None = None,
    observables: str | Sequence[str] = "ntk",
    draws: int = 1000,
    method: str | None = None,
    target: float | None = None,
    tolerance: float = 0.1,
    threads: int | None = None,
    progress: bool | Callback | None = None,
    **training: Any,
) -> Sweep:
    """Sample, train or judge every network of a grid.

    Args:
        command: `sample`, `train` or `verdict`.
        grid: what varies, each with its values: `depth` (weight layers), `width` (of all hidden layers), `ratio` (depth
            over width), `widths`, `inputs`, `outputs`, `activation`, `weight_var`, `bias_var`, `biases`,
            `parameterization`, `weight_law`, `seed`. The last one varies fastest.
        network: what all networks have in common: a mapping of the same keys, or a network.
        x: inputs, one a row. Without them, `sample` takes one input with all features 1, and `verdict` `sq_norm`.
        y: targets of `train`, one row each; with `classify`, labels.
        x_test: test inputs of `train`.
        y_test: their targets.
        classify: targets are labels of classes.
        threshold: `steps_to_threshold` is the first recorded step with this share of the first loss.
        sq_norm: |x|² of a typical input of `verdict`.
        observables: of `sample`.
        draws: networks drawn for every cell.
        method: how `sample` draws.
        target: y of the first gradient step of `sample` (default 0) and `verdict` (default 1).
        tolerance: of the advice of `verdict`.
        threads: cells at a time; one for each processor by default. The same bits come whatever it is.
        progress: called as `progress(done, total)` with numbers of cells; `True` for a bar where tqdm is installed.
        training: of `train`: `steps`, `learning_rate`, `optimizer`, … as of `fm.Mlp.train`.

    Returns:
        A table with a row for every cell; one that diverges or fails is a row with a status and a reason.

    >>> import fathom_ntk as fm
    >>> table = fm.sweep("verdict", {"depth": [5, 100]}, {"inputs": 100, "width": 100})
    >>> table["verdict"].tolist()
    ['in_regime', 'outside']
    """
    choice("command", command, _COMMANDS)
    if training and command != "train":
        raise ArgumentTypeError(f"{', '.join(training)} belong to train, not to {command}")
    if not isinstance(grid, Mapping):
        raise ArgumentTypeError(f"grid must be a mapping from keys to values, got {type(grid).__name__}")
    if threads is not None:
        count("threads", threads, 1)
    base = network._core if isinstance(network, Mlp) else None
    if not (network is None or base is not None or isinstance(network, Mapping)):
        raise ArgumentTypeError(f"network must be a mapping or an fm.Mlp, got {type(network).__name__}")
    common = network if isinstance(network, Mapping) else {}
    settings = [(key, _text(key, value)) for key, value in common.items()]
    what, source = _what(
        command, x, y, x_test, y_test, training, classify=classify, threshold=threshold, sq_norm=sq_norm,
        sampling=(observables, draws, method), target=target, tolerance=tolerance,
    )  # fmt: skip
    cells = [(key, _texts(key, values)) for key, values in grid.items()]
    with reporting(progress, "cells") as callback:
        return Sweep(_core.sweep(base, settings, cells, what, source, threads, callback))


def _what(
    command: str,
    x: ArrayLike | None,
    y: ArrayLike | None,
    x_test: ArrayLike | None,
    y_test: ArrayLike | None,
    training: dict[str, Any],
    *,
    classify: bool,
    threshold: float,
    sq_norm: float | None,
    sampling: tuple[str | Sequence[str], int, str | None],
    target: float | None,
    tolerance: float,
) -> tuple[Any, str]:
    """What is done with every network, as the native module takes it, and where the inputs come from."""
    if command == "train":
        if x is None or y is None:
            raise ArgumentError("train needs x and y")
        given, test, _ = data(x, y, x_test, y_test, training.get("loss", "squared"), classify=classify)
        try:
            options = arguments(len(given[0]), **training)
        except TypeError as error:
            if isinstance(error, ArgumentTypeError):
                raise
            raise ArgumentTypeError(f"train: {error}") from error
        return (given, test, options, real("threshold", threshold)), "x"
    if y is not None or x_test is not None or y_test is not None:
        raise ArgumentError(f"y, x_test and y_test belong to train, not to {command}")
    if command == "sample":
        names, draws, method = sampling
        inputs = None if x is None else np.asarray(x)
        inputs = None if inputs is None else rows("x", inputs.reshape(1, -1) if inputs.ndim == 1 else inputs)
        return {
            "x": inputs,
            "observables": names if isinstance(names, str) else ",".join(names),
            "draws": count("draws", draws, 1),
            "method": method,
            "target": 0.0 if target is None else real("target", target),
            "step": 1e-3,
        }, "all features 1" if x is None else "x"
    if x is not None and sq_norm is not None:
        raise ArgumentError("give x or sq_norm, not both")
    given_inputs: Any = None if x is None else rows("x", x)
    source = "no data given: orthogonal inputs with |x|² = number of inputs" if x is None else "x"
    if sq_norm is not None:
        given_inputs, source = real("sq_norm", sq_norm), "orthogonal inputs of this norm"
    return (given_inputs, 1.0 if target is None else real("target", target), real("tolerance", tolerance)), source
