"""What depth does to the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._arrays import Floats, numbers, real, rows, targets, whole
from ._blocks import Blocks
from ._errors import ArgumentError, ArgumentTypeError
from ._network import Mlp
from ._plotting import axes
from ._progress import Callback, reporting
from ._report import Report, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = ["Depth", "DepthOnData", "depth", "depth_on_data"]

_DEEPEST_PAIR, _DEEPEST_IMAGES, _DEEPEST_DATA, _PER_DECADE = 1_000_000, 20_000, 1000, 3


class Depth(Report):
    """Two inputs through many depths: the limit of the kernel, and how it is approached."""

    @property
    def ratio_limit(self) -> float | None:
        """Limit of Θ(x, x′)/√(Θ(x, x) Θ(x′, x′)); `None` if it is not known."""
        return number(self._data["ratio_limit"])

    @property
    def depths(self) -> Floats:
        """Numbers of weight layers."""
        return self._column("depth")

    @property
    def ratios(self) -> Floats:
        """Θ(x, x′)/√(Θ(x, x) Θ(x′, x′)) at these depths."""
        return self._column("ratio")

    @property
    def errors(self) -> Floats:
        """Distances of the ratios from their limit, to full relative accuracy; NaN where the limit is not known."""
        return self._column("error")

    @property
    def predicted(self) -> Floats:
        """The same by the rate with its constants."""
        return self._column("predicted")

    @property
    def constants(self) -> dict[str, float]:
        """The constants of the rate, those that the class of the network has."""
        return {
            name: float(number(value) or 0.0) for name, value in self._data["constants"].items() if value is not None
        }

    @property
    def needed(self) -> dict[str, Any]:
        """Layers from which on the limit is within epsilon: `predicted` by the rate, `verified` by the recursion."""
        needed: dict[str, Any] = self._data["needed"]
        return needed

    def _column(self, name: str) -> Floats:
        values = [number(row[name]) for row in self._data["rows"]]
        return np.array([np.nan if value is None else value for value in values])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the distance from the limit against depth, beside the rate."""
        ax = axes(ax)
        ax.loglog(self.depths, np.abs(self.errors), ".", label="recursion")
        ax.loglog(self.depths, np.abs(self.predicted), label="rate with its constants")
        ax.set(xlabel="weight layers", ylabel="distance of the ratio from its limit")
        ax.legend()
        return ax


class DepthOnData(Report):
    """Kernel regression and training on data through many depths."""

    @property
    def ratio_limit(self) -> float | None:
        """Limit of the normalised kernel off its diagonal; `None` if it depends on the data."""
        return number(self._data["ratio_limit"])

    @property
    def predictor_limit(self) -> Floats | None:
        """Limit of the predictions at the end of training, (test inputs, outputs); `None` if it is not known."""
        limit = self._data["predictor_limit"]
        return None if limit is None else np.array(limit).reshape(-1, self._data["outputs"])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What was found at every depth."""
        found: list[dict[str, Any]] = self.to_dict()["rows"]
        return found

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the condition number of the kernel against depth."""
        ax = axes(ax)
        trained = [row["trained"] or {} for row in self.rows]
        values = [number(row.get("condition")) for row in trained]
        ax.loglog([row["depth"] for row in self.rows], [np.nan if value is None else value for value in values], ".-")
        ax.set(xlabel="weight layers", ylabel="condition number")
        return ax


def _checked(net: Any) -> Mlp | Blocks:
    if not isinstance(net, Mlp | Blocks):
        raise ArgumentTypeError(f"net must be an fm.Mlp or an fm.Blocks, got {type(net).__name__}")
    return net


def _law(net: Mlp | Blocks, scaling: float | str | None) -> str | None:
    if scaling is not None and isinstance(net, Blocks):
        raise ArgumentError("scaling is of an fm.Mlp: an fm.Blocks has residual blocks of its own")
    return None if scaling is None else str(scaling)


def _rows(net: Mlp | Blocks, name: str, values: ArrayLike) -> Floats:
    return net._inputs(name, values) if isinstance(net, Blocks) else rows(name, values)


def _depths(depths: Iterable[int] | None, first: int, last: int) -> list[int]:
    if depths is None:
        return _core.log_depths(first, last, _PER_DECADE)
    return [whole("depths", value) for value in depths]


def depth(
    net: Mlp | Blocks,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    cosine: float | None = None,
    input_mean_square: float | tuple[float, float] | None = None,
    scaling: float | str | None = None,
    epsilon: float = 0.01,
    depths: Iterable[int] | None = None,
    progress: bool | Callback | None = None,
) -> Depth:
    """The limit of the NTK at great depth, the exact rate at which it is approached, and how deep is deep.

    Args:
        net: its activation and variances; its own depth does not matter. Of blocks: circular convolutions without
            pooling.
        x: the first of two images, for blocks.
        y: the second.
        cosine: of the angle between the two inputs of an `fm.Mlp`; by default 0.
        input_mean_square: |x|² over the number of features, of both inputs or of each; by default 1.
        scaling: λ_l² of the branches of a residual network: a number, `"1/l"`, `"l^-p"` or `"1/L"`; by default, none.
        epsilon: how near the limit is near.
        depths: increasing; by default in ratios of two to 10⁶, of images to 20 000.
        progress: `True` for a bar of tqdm, or a function of layers done and all layers of a pass.

    >>> import fathom_ntk as fm
    >>> found = fm.depth(fm.Mlp(depth=2), depths=[10, 1000, 100_000])  # ReLU on the edge of chaos
    >>> found.ratio_limit
    0.25
    >>> [round(float(error), 5) for error in found.errors]
    [0.06559, 0.00329, 5e-05]
    >>> net = fm.Blocks.cnn([4, 1], depth=2, window=[3], padding="circular", ending="flatten")
    >>> fm.depth(net, [1, 0, 2, 1], [1, 1, -1, 1], depths=[100]).ratio_limit
    0.25
    """
    _checked(net)
    law, near = _law(net, scaling), real("epsilon", epsilon)
    if isinstance(net, Blocks):
        if x is None or y is None or cosine is not None or input_mean_square is not None:
            raise ArgumentError("an fm.Blocks takes two images, x and y, and neither cosine nor input_mean_square")
        pair = numbers("x", x).reshape(-1), numbers("y", y).reshape(-1)
        with reporting(progress, "layers") as callback:
            return Depth(_core.depth_of_images(net._core, *pair, near, _depths(depths, 1, _DEEPEST_IMAGES), callback))
    if x is not None or y is not None:
        raise ArgumentError("x and y are images of an fm.Blocks: an fm.Mlp takes cosine and input_mean_square")
    given = 1.0 if input_mean_square is None else input_mean_square
    squares = given if isinstance(given, tuple) else (given, given)
    if len(squares) != 2:
        raise ArgumentError(f"input_mean_square must be one number or two, got {len(squares)}")
    both = real("input_mean_square", squares[0]), real("input_mean_square", squares[1])
    angle = real("cosine", 0.0 if cosine is None else cosine)
    listed = _depths(depths, 1, _DEEPEST_PAIR if law is None else _DEEPEST_IMAGES)
    with reporting(progress, "layers") as callback:
        return Depth(_core.depth(net._core, law, both, angle, near, listed, callback))


def depth_on_data(
    net: Mlp | Blocks,
    x_train: ArrayLike,
    y_train: ArrayLike,
    x_test: ArrayLike,
    y_test: ArrayLike | None = None,
    *,
    scaling: float | str | None = None,
    depths: Iterable[int] | None = None,
    progress: bool | Callback | None = None,
) -> DepthOnData:
    """What becomes of kernel regression and of training on data as networks get deeper.

    Args:
        net: as of `depth`.
        x_train: training inputs, one a row; for blocks, images, or their height × width × channels numbers in rows. The
            statements about spheres need equal norms.
        y_train: targets, one row each.
        x_test: test inputs.
        y_test: their targets, for the test error.
        scaling: as of `depth`.
        depths: increasing; by default in ratios of two to 1000. Every place of an image costs what an input does, until
            all have come to agree.
        progress: `True` for a bar of tqdm, or a function of pairs done and all pairs.

    >>> import numpy as np
    >>> import fathom_ntk as fm
    >>> x, y = np.eye(4), np.array([1.0, 2.0, 3.0, 1.0])
    >>> found = fm.depth_on_data(fm.Mlp(depth=2), x, y, [[0.6, 0.8, 0.0, 0.0]], depths=[2, 20])
    >>> found.predictor_limit.item()  # the sum of the labels over n + 3
    1.0
    """
    _checked(net)
    inputs = _rows(net, "x_train", x_train), _rows(net, "x_test", x_test)
    given = targets("y_train", y_train, len(inputs[0]))
    known = None if y_test is None else targets("y_test", y_test, len(inputs[1]))
    core, law = net._core, _law(net, scaling)
    with reporting(progress, "pairs") as callback:
        report = _core.depth_on_data(
            core, law, inputs[0], given, inputs[1], known, _depths(depths, 2, _DEEPEST_DATA), callback
        )
    return DepthOnData(report)
