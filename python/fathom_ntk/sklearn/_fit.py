"""What all estimators share: their networks, and weights of the training inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from .._arrays import Floats, choice, real
from .._blocks import Blocks
from .._errors import ArgumentError, ArgumentTypeError, SingularError
from .._network import Mlp
from ..predict import Network, Prediction, Selection, gp, gradient_descent, select

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

METHODS = ("ntk", "nngp")


class NetworkEstimator(BaseEstimator):
    """An estimator whose predictions are kernels times weights of the training inputs."""

    depth: Any
    activation: Any
    weight_var: Any
    bias_var: Any
    network: Any
    method: Any

    def _architecture(self, depth: Any) -> Mlp:
        return Mlp(depth=depth, activation=self.activation, weight_var=self.weight_var, bias_var=self.bias_var)

    def _given_network(self) -> Network:
        if self.network is None:
            return self._architecture(self.depth)
        if not isinstance(self.network, Mlp | Blocks):
            raise ArgumentTypeError(f"network must be an fm.Mlp or fm.Blocks, got {type(self.network).__name__}")
        return self.network

    def _kernel(self, x1: Floats, x2: Floats | None = None) -> Floats:
        kernel: Floats = (self.network_.ntk if self.method == "ntk" else self.network_.nngp)(x1, x2)
        return kernel

    def _fit_weights(self, x: Floats, targets: Floats, network: Network, ridge: Any, time: Any) -> None:
        """Set the fitted attributes; `targets` has one column for each output."""
        choice("method", self.method, METHODS)
        share, end = real("ridge", ridge), real("time", time)
        if not 0.0 <= share < np.inf:
            raise ArgumentError(f"ridge must be at least 0 and finite, got {share}")
        if not end >= 0.0:
            raise ArgumentError(f"time must be at least 0, got {end}")
        if self.method == "nngp" and end != np.inf:
            raise ArgumentError(f"time must be infinite with method='nngp', which is not trained, got {end}")
        self.network_, self.ridge_, self.time_ = network, share, end
        self.X_fit_, self._targets = x, targets
        kernel = self._kernel(x)
        kernel[np.diag_indices_from(kernel)] += share * kernel.trace() / len(kernel)
        if end < np.inf:
            self.dual_coef_ = weights_at(kernel, targets, end)
        elif share > 0.0:
            self.dual_coef_ = weights_at_end(kernel, targets)
        else:
            self.dual_coef_ = interpolating_weights(kernel, targets, x)

    def _outputs(self, x: ArrayLike) -> tuple[Floats, Floats]:
        """The checked inputs, and the mean of every output."""
        check_is_fitted(self)
        inputs = np.ascontiguousarray(validate_data(self, x, dtype=np.float64, reset=False))
        return inputs, self._kernel(inputs, self.X_fit_) @ self.dual_coef_

    def _spread(self, x: Floats) -> Floats:
        """The standard deviation of every output."""
        given = (self.network_, self.X_fit_, self._targets, x)
        found: Prediction
        if self.method == "nngp":
            found = gp(*given, relative_noise=self.ridge_)
        else:
            found = gradient_descent(*given, time=self.time_, relative_ridge=self.ridge_, covariance="diagonal")
        spread = found.std
        return np.zeros(len(x)) if spread is None else spread


class SelectingEstimator(NetworkEstimator):
    """An estimator that chooses its network and ridge by the leave-one-out error."""

    depths: Any
    networks: Any
    ridges: Any

    def _select(self, x: Floats, y: Any, classify: bool, criterion: str) -> Selection:
        choice("method", self.method, METHODS)
        given: Iterable[Mlp] | None = self.networks
        networks = [self._architecture(depth) for depth in self.depths] if given is None else list(given)
        found = select(
            networks, x, y, ridges=list(self.ridges), kernel=self.method, criterion=criterion, classify=classify
        )
        self.selection_ = found
        return found


def interpolating_weights(kernel: Floats, targets: Floats, x: Floats) -> Floats:
    """The weights after infinite time without ridge: inputs that repeat are one, with the mean of their targets."""
    _, first, group, counts = np.unique(x, axis=0, return_index=True, return_inverse=True, return_counts=True)
    means = np.zeros((len(first), targets.shape[1]))
    np.add.at(means, group.ravel(), targets)
    found = np.zeros_like(targets)
    found[first] = weights_at_end(kernel[np.ix_(first, first)], means / counts[:, None])
    return found


def weights_at_end(kernel: Floats, targets: Floats) -> Floats:
    """The weights after infinite time: the inverse of the kernel times the targets."""
    singular = "the kernel matrix is singular to rounding: choose a ridge above 0, or a time"
    try:
        factor = cho_factor(kernel, lower=True)
    except LinAlgError as error:
        raise SingularError(singular) from error
    # A pivot that is nothing but rounding may come out positive.
    if np.min(np.diagonal(factor[0]) ** 2) <= len(kernel) * np.finfo(float).eps * np.max(np.diagonal(kernel)):
        raise SingularError(singular)
    found: Floats = cho_solve(factor, targets)
    return found


def weights_at(kernel: Floats, targets: Floats, time: float) -> Floats:
    """The weights at a finite time: (1 − exp(−λ t))/λ on every eigenvector."""
    values, vectors = eigh(kernel)
    # Rounding leaves eigenvalues below zero; the limit at zero is t.
    values = np.maximum(values, 0.0)
    rates = np.full_like(values, time)
    np.divide(-np.expm1(-values * time), values, out=rates, where=values > 0.0)
    found: Floats = vectors @ (rates[:, None] * (vectors.T @ targets))
    return found
