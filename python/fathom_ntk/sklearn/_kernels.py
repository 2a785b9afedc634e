"""Covariances of Gaussian processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.gaussian_process.kernels import Hyperparameter, Kernel

from .._arrays import Floats, rows
from .._errors import ArgumentError
from .._network import Mlp

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .._activation import Activation

# Entries hold to 1e-12; the difference quotient then to some 1e-8 by rounding, and (depth · STEP)²/6 by curvature.
STEP = 1e-4
# Rows of a block whose diagonal is taken.
BLOCK = 128


class _NetworkKernel(Kernel):
    """What both kernels share; the hyper-parameters are the logarithms of both variances."""

    _kind: str

    def __init__(
        self,
        weight_var: float = 2.0,
        bias_var: float = 0.1,
        weight_var_bounds: tuple[float, float] | str = (1e-3, 1e3),
        bias_var_bounds: tuple[float, float] | str = (1e-5, 1e3),
        depth: int = 3,
        activation: str | Activation = "relu",
    ) -> None:
        self.weight_var = weight_var
        self.bias_var = bias_var
        self.weight_var_bounds = weight_var_bounds
        self.bias_var_bounds = bias_var_bounds
        self.depth = depth
        self.activation = activation

    @property
    def hyperparameter_weight_var(self) -> Any:
        """The variance of the weights."""
        return Hyperparameter("weight_var", "numeric", self.weight_var_bounds)

    @property
    def hyperparameter_bias_var(self) -> Any:
        """The variance of the biases."""
        return Hyperparameter("bias_var", "numeric", self.bias_var_bounds)

    def _matrix(self, x1: Floats, x2: Floats | None, **changed: float) -> Floats:
        given: dict[str, Any] = {"weight_var": self.weight_var, "bias_var": self.bias_var, **changed}
        net = Mlp(depth=self.depth, activation=self.activation, **given)
        matrix: Floats = net.ntk(x1, x2) if self._kind == "ntk" else net.nngp(x1, x2)
        return matrix

    def __call__(self, X: ArrayLike, Y: ArrayLike | None = None, eval_gradient: bool = False) -> Any:  # noqa: N803
        """The kernel of every row of `X` with every row of `Y`, and its derivatives by `theta`.

        Derivatives are central differences over ±1e-4 in the logarithms: seven digits up to depth 10, and an error of
        (1e-4 · depth)²/6 for deep networks. They cost four kernels.
        """
        x1 = rows("X", X)
        if eval_gradient and Y is not None:
            raise ArgumentError("Y must be None for the gradient")
        matrix = self._matrix(x1, None if Y is None else rows("Y", Y))
        if not eval_gradient:
            return matrix
        free = [one.name for one in self.hyperparameters if not one.fixed]
        gradient = np.empty((*matrix.shape, len(free)))
        for place, name in enumerate(free):
            value = getattr(self, name)
            above, below = (self._matrix(x1, None, **{name: value * np.exp(step)}) for step in (STEP, -STEP))
            gradient[:, :, place] = (above - below) / (2.0 * STEP)
        return matrix, gradient

    def diag(self, X: ArrayLike) -> Floats:  # noqa: N803
        """The kernel of every row with itself."""
        x = rows("X", X)
        blocks = [np.diag(self._matrix(x[first : first + BLOCK], None)) for first in range(0, len(x), BLOCK)]
        return np.concatenate(blocks)

    def is_stationary(self) -> bool:
        """Whether the kernel depends on differences of inputs only: no."""
        return False

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(weight_var={self.weight_var:.3g}, bias_var={self.bias_var:.3g}, "
            f"depth={self.depth}, activation={self.activation!r})"
        )


class NTKKernel(_NetworkKernel):
    """The NTK of a network of infinite width as a covariance.

    The mean of the Gaussian process is that of networks trained to the end, noise being the ridge. Its variance is not
    theirs: that of `NTKRegressor.predict(return_std=True)` is.

    Args:
        weight_var: variance σ_w² of the weights times fan-in.
        bias_var: variance σ_b² of the biases; 0 only with bounds `"fixed"`.
        weight_var_bounds: ends of the range in which it is optimised, or `"fixed"`.
        bias_var_bounds: likewise.
        depth: number of weight layers; not optimised.
        activation: a name, or an `fm.Activation`; not optimised.

    >>> from sklearn.gaussian_process.kernels import WhiteKernel
    >>> from fathom_ntk.sklearn import NTKKernel
    >>> (NTKKernel(depth=2) + WhiteKernel(0.5)).diag([[3.0, 1.0]]).round(3)  # 2 (2 · 5 + 0.1) + 0.1 + 0.5
    array([20.8])
    """

    _kind = "ntk"


class NNGPKernel(_NetworkKernel):
    """The NNGP of a network of infinite width as a covariance: Gaussian-process regression with it is Bayesian.

    Arguments are those of `NTKKernel`.

    >>> from fathom_ntk.sklearn import NNGPKernel
    >>> NNGPKernel(depth=2).diag([[3.0, 1.0]]).round(3)  # 2 · 5 + 0.1 is halved by relu, and doubled
    array([10.2])
    """

    _kind = "nngp"
