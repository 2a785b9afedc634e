"""Phases and the edge of chaos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._activation import Activation, core
from ._arrays import Floats, real, vector
from ._errors import ArgumentError
from ._plotting import axes
from ._report import Report, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray


class EdgeOfChaos(Report):
    """A point of the edge of chaos, where small differences neither grow nor fade with depth."""

    @property
    def weight_var(self) -> float:
        """Variance σ_w² of the weights."""
        return float(self._data["weight_var"])

    @property
    def bias_var(self) -> float:
        """Variance σ_b² of the biases."""
        return float(self._data["bias_var"])

    @property
    def q_star(self) -> float | None:
        """The variance of deep pre-activations; `None` if every variance is kept."""
        return number(self._data["q_star"])

    @property
    def reachable(self) -> bool:
        """Whether networks approach `q_star` from small inputs."""
        return bool(self._data["reachable"])


class EdgeOfChaosCurve(Report):
    """Points of the edge of chaos."""

    @property
    def weight_vars(self) -> Floats:
        """σ_w² of each point."""
        return np.array([point["weight_var"] for point in self._data["curve"]])

    @property
    def bias_vars(self) -> Floats:
        """σ_b² of each point."""
        return np.array([point["bias_var"] for point in self._data["curve"]])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curve in the plane of the variances."""
        ax = axes(ax)
        ax.plot(self.weight_vars, self.bias_vars, label="edge of chaos")
        ax.set(xlabel="weight_var σ_w²", ylabel="bias_var σ_b²")
        return ax


class PhaseDiagram(Report):
    """Phases over a grid of variances: rows are bias variances, columns weight variances."""

    @property
    def weight_vars(self) -> Floats:
        """σ_w² of the columns."""
        return np.array(self._data["weight_vars"])

    @property
    def bias_vars(self) -> Floats:
        """σ_b² of the rows."""
        return np.array(self._data["bias_vars"])

    @property
    def phases(self) -> NDArray[np.str_]:
        """The name of the phase of each cell."""
        return np.array([[cell["phase"] for cell in row] for row in self._data["cells"]])

    @property
    def chi1(self) -> Floats:
        """The susceptibility of each cell; NaN where it does not exist."""
        return self._numbers("chi1")

    @property
    def xi_c(self) -> Floats:
        """The depth scale of correlations of each cell, in layers; NaN where it does not exist."""
        return self._numbers("xi_c")

    def _numbers(self, key: str) -> Floats:
        values = [[number(cell[key]) for cell in row] for row in self._data["cells"]]
        return np.array([[np.nan if value is None else value for value in row] for row in values])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the susceptibility, with the edge of chaos where it is one."""
        ax = axes(ax)
        image = ax.pcolormesh(self.weight_vars, self.bias_vars, self.chi1, cmap="RdBu_r", vmin=0.0, vmax=2.0)
        if min(self.chi1.shape) > 1 and np.isfinite(self.chi1).any():
            ax.contour(self.weight_vars, self.bias_vars, self.chi1, levels=[1.0], colors="black")
        ax.figure.colorbar(image, ax=ax, label="susceptibility χ₁")
        ax.set(xlabel="weight_var σ_w²", ylabel="bias_var σ_b²")
        return ax


class Phase(Report):
    """Ordered, critical or chaotic: what depth does to signals and gradients."""

    def __init__(
        self, report: tuple[dict[str, Any], str], activation: str | Activation, variances: tuple[float, float]
    ):
        super().__init__(report)
        self._activation, self._variances = activation, variances

    @property
    def phase(self) -> str:
        """`ordered`, `critical`, `chaotic`, `divergent` or `collapsing`."""
        return str(self._data["phase"]["phase"])

    @property
    def q_star(self) -> float | None:
        """The variance of deep pre-activations."""
        return number(self._data["phase"]["q_star"])

    @property
    def chi1(self) -> float | None:
        """The susceptibility χ₁, by which small differences of inputs grow in a layer."""
        return number(self._data["phase"]["chi1"])

    @property
    def c_star(self) -> float | None:
        """The correlation that two inputs approach."""
        return number(self._data["phase"]["c_star"])

    @property
    def xi_c(self) -> float | None:
        """The depth scale of correlations, in layers."""
        return number(self._data["phase"]["xi_c"])

    @property
    def edge_of_chaos(self) -> dict[str, Any] | None:
        """The edge of chaos at the same bias variance, if there is one."""
        point: dict[str, Any] | None = self.to_dict()["edge_of_chaos"]
        return point

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the variances of the network beside the edge of chaos."""
        weight_var, bias_var = self._variances
        ax = eoc_curve(self._activation, bias_vars=(0.0, max(1.0, 2.0 * bias_var))).plot(ax)
        ax.plot([weight_var], [bias_var], "o", label=f"this network: {self.phase}")
        ax.legend()
        return ax


def eoc(activation: str | Activation = "relu", bias_var: float = 0.0) -> EdgeOfChaos:
    """The edge of chaos at a bias variance.

    Args:
        activation: a name, or an `fm.Activation`.
        bias_var: the variance σ_b² of the biases.

    Raises:
        NotAvailableError: if there is no edge of chaos at this bias variance.

    >>> import fathom_ntk as fm
    >>> fm.eoc("relu").weight_var
    2.0
    >>> round(fm.eoc("tanh", bias_var=0.05).weight_var, 6)
    1.760955
    """
    return EdgeOfChaos(_core.edge_of_chaos(core(activation), real("bias_var", bias_var)))


def eoc_curve(
    activation: str | Activation = "relu", bias_vars: tuple[float, float] = (0.0, 1.0), points: int = 50
) -> EdgeOfChaosCurve:
    """The edge of chaos at equally spaced bias variances; those without one are left out."""
    first, last = (real("bias_vars", value) for value in bias_vars)
    return EdgeOfChaosCurve(_core.edge_of_chaos_curve(core(activation), (first, last), points))


def phase_diagram(
    activation: str | Activation, weight_vars: ArrayLike, bias_vars: ArrayLike, first_variance: float | None = None
) -> PhaseDiagram:
    """The phase of every pair of variances.

    Args:
        activation: a name, or an `fm.Activation`.
        weight_vars: variances σ_w², the columns.
        bias_vars: variances σ_b², the rows.
        first_variance: variance of the first pre-activations; without it, large inputs are followed.

    >>> import fathom_ntk as fm
    >>> fm.phase_diagram("tanh", [0.5, 4.0], [0.05]).phases.tolist()
    [['ordered', 'chaotic']]
    """
    grids = vector("weight_vars", weight_vars), vector("bias_vars", bias_vars)
    if grids[0].size * grids[1].size > 1_000_000:
        raise ArgumentError("weight_vars and bias_vars may have at most a million pairs")
    return PhaseDiagram(_core.phase_diagram(core(activation), *grids, first_variance))
