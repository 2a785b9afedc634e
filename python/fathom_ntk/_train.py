"""Trained networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from . import _core
from ._arrays import Floats, choice, labels, real, rows, targets
from ._errors import ArgumentError, ArgumentTypeError
from ._plotting import axes
from ._report import Report, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from ._network import Mlp
    from ._results import EmpiricalNtk

_Data: TypeAlias = "tuple[Floats, Floats, list[int] | None]"

_LOSSES = ("squared", "cross-entropy")
_OPTIMIZERS = ("gd", "momentum", "adam")
# What training does where neither steps, nor time, nor a loss to reach is given, and where only the loss is.
_STEPS, _STEPS_UNTIL_LOSS = 500, 100_000
_ADAM_RATE = 1e-3
_PROBE = 100


class Training(Report):
    """A trained network: what was recorded of it along the way, and its weights."""

    def __init__(
        self,
        net: Mlp,
        parts: tuple[dict[str, Floats], list[tuple[Floats, Floats | None]], Floats | None, tuple[dict[str, Any], str]],
        classes: NDArray[Any] | None,
    ) -> None:
        records, layers, kernels, report = parts
        super().__init__(report)
        self._net = net
        self.records = records
        """Quantities by name (`step`, `time`, `train_loss`, `ntk_drift`, `weight_change_1`, …), one entry a record; NaN
        where there is no number."""
        self.layers = layers
        """Weights (outputs, inputs) and biases, or `None`, of every layer after training."""
        self.kernels = kernels
        """The NTK on the probe (records, probe, probe), the mean over outputs, with `keep_ntk=True`."""
        self.classes = classes
        """The labels of the classes, in the order of the outputs; `None` for regression."""

    @property
    def weights(self) -> list[Floats]:
        """Weights and biases in order, as `fm.empirical_ntk` takes them."""
        return [array for layer in self.layers for array in layer if array is not None]

    @property
    def ending(self) -> str:
        """Why training ended: `steps`, `loss` or `diverged`."""
        ending = self._data["ending"]
        return str(ending) if isinstance(ending, str) else str(next(iter(ending)))

    @property
    def diverged(self) -> bool:
        """Whether the loss left its range."""
        return self.ending == "diverged"

    @property
    def learning_rate(self) -> float:
        """η."""
        return float(self._data["learning_rate"])

    @property
    def largest_eigenvalue(self) -> float | None:
        """λ_max of the initial NTK on the training data, if the rate is relative to it."""
        return number(self._data["largest_eigenvalue"])

    def empirical_ntk(self, x: ArrayLike, **options: Any) -> EmpiricalNtk:
        """The NTK of the trained network, summed over outputs; options as of `fm.empirical_ntk`."""
        return self._net.empirical_ntk(self.weights, x, **options)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw loss and drift of the NTK against steps."""
        ax = axes(ax)
        steps = self.records["step"]
        later = steps > 0
        for name in ("train_loss", "test_loss", "ntk_drift"):
            values = self.records[name][later]
            if np.isfinite(values).any():
                ax.plot(steps[later], values, marker=".", label=name.replace("_", " "))
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set(xlabel="steps")
        ax.legend()
        return ax


def count(name: str, value: Any, least: int = 0) -> int:
    """A whole number."""
    if isinstance(value, bool | np.bool) or not isinstance(value, int | np.integer):
        raise ArgumentTypeError(f"{name} must be a whole number, got {value!r}")
    if value < least:
        raise ArgumentError(f"{name} must be at least {least}, got {value}")
    return int(value)


def data(
    x: ArrayLike, y: ArrayLike, x_test: ArrayLike | None, y_test: ArrayLike | None, loss: str, *, classify: bool
) -> tuple[_Data, _Data | None, NDArray[Any] | None]:
    """Training and test data as the native module takes them, and the labels of the classes."""
    if (x_test is None) != (y_test is None):
        raise ArgumentError("x_test and y_test must be given together")
    inputs = rows("x", x)
    test_inputs = None if x_test is None else rows("x_test", x_test)
    if test_inputs is not None and test_inputs.shape[1] != inputs.shape[1]:
        raise ArgumentError(f"x has {inputs.shape[1]} features, but x_test has {test_inputs.shape[1]}")
    if not classify:
        given = targets("y", y, len(inputs))
        if test_inputs is None or y_test is None:
            return (inputs, given, None), None, None
        given_test = targets("y_test", y_test, len(test_inputs))
        if given_test.shape[1] != given.shape[1]:
            raise ArgumentError(f"y has {given.shape[1]} columns, but y_test has {given_test.shape[1]}")
        return (inputs, given, None), (test_inputs, given_test, None), None
    classes, places = np.unique(labels("y", y, len(inputs)), return_inverse=True)
    if len(classes) < 2:
        raise ArgumentError(f"y must have at least two classes, got {len(classes)}")

    def one_hot(places: list[int]) -> Floats:
        vectors = _core.one_hot(places, len(classes))
        return (vectors > 0.0).astype(np.float64) if loss == "cross-entropy" else vectors

    train = (inputs, one_hot(places.tolist()), places.tolist())
    if test_inputs is None or y_test is None:
        return train, None, classes
    known = {label: place for place, label in enumerate(classes.tolist())}
    names = labels("y_test", y_test, len(test_inputs)).tolist()
    if unknown := [name for name in names if name not in known]:
        raise ArgumentError(f"y_test has the label {unknown[0]!r}, which y does not have")
    test_places = [known[name] for name in names]
    return train, (test_inputs, one_hot(test_places), test_places), classes


def arguments(
    inputs: int,
    *,
    steps: int | None = None,
    time: float | None = None,
    until_loss: float | None = None,
    learning_rate: float | None = None,
    relative_rate: float | None = None,
    batch: int | None = None,
    optimizer: str = "gd",
    momentum: float = 0.9,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
    loss: str = "squared",
    seed: int = 0,
    dtype: DTypeLike = np.float64,
    divergence: float = 1e6,
    probe: int | None = None,
    record_at: str | Sequence[int] = "log:8",
) -> dict[str, Any]:
    """How networks are trained, with every argument checked and every default filled in."""
    if learning_rate is not None and relative_rate is not None:
        raise ArgumentError("give learning_rate or relative_rate, not both")
    choice("loss", loss, _LOSSES)
    choice("optimizer", optimizer, _OPTIMIZERS)
    if optimizer == "adam" and relative_rate is None and learning_rate is None:
        learning_rate = _ADAM_RATE
    if steps is None and time is None:
        steps = _STEPS if until_loss is None else _STEPS_UNTIL_LOSS
    try:
        first, second = betas
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(f"betas must be two numbers, got {betas!r}") from error

    def optional(name: str, value: float | None) -> float | None:
        return None if value is None else real(name, value)

    return {
        "loss": loss,
        "optimizer": optimizer,
        "momentum": real("momentum", momentum),
        "betas": (real("betas", first), real("betas", second)),
        "epsilon": real("epsilon", epsilon),
        "learning_rate": optional("learning_rate", learning_rate),
        "relative_rate": 0.5 if relative_rate is None else real("relative_rate", relative_rate),
        "batch": None if batch is None else count("batch", batch, 1),
        "precision": np.dtype(dtype).name,
        "seed": count("seed", seed),
        "steps": None if steps is None else count("steps", steps),
        "time": optional("time", time),
        "until_loss": optional("until_loss", until_loss),
        "divergence": real("divergence", divergence),
        "record_at": record_at if isinstance(record_at, str) else ",".join(str(step) for step in record_at),
        "probe": min(_PROBE, inputs) if probe is None else count("probe", probe),
    }
