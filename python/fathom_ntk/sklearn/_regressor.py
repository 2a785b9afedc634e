"""Regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import validate_data

from ._fit import NetworkEstimator, SelectingEstimator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

    from .._activation import Activation
    from .._arrays import Floats
    from .._network import Mlp


class _Regression(MultiOutputMixin, RegressorMixin, NetworkEstimator):
    """Targets and predictions of both regressors."""

    normalize_y: Any

    def _read(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        inputs, values = validate_data(self, x, y, dtype=np.float64, multi_output=True, y_numeric=True)
        self._one_column = values.ndim == 1
        targets = np.array(values, dtype=np.float64).reshape(len(values), -1)
        self._shift, self._scale = np.zeros(targets.shape[1]), np.ones(targets.shape[1])
        if self.normalize_y:
            spread = targets.std(axis=0)
            self._shift, self._scale = targets.mean(axis=0), np.where(spread > 0.0, spread, 1.0)
        return np.ascontiguousarray(inputs), (targets - self._shift) / self._scale

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:  # noqa: N803
        """Predict targets.

        Args:
            X: inputs, one a row.
            return_std: also return the standard deviation: over initialisations of trained networks (`ntk`), or of the
                posterior without the noise (`nngp`). It takes O(n³) for n training inputs.

        Returns:
            The means, in the shape of the targets; with `return_std`, means and standard deviations.
        """
        inputs, outputs = self._outputs(X)
        mean = outputs * self._scale + self._shift
        if not return_std:
            return mean[:, 0] if self._one_column else mean
        spread = self._spread(inputs)[:, None] * self._scale
        return (mean[:, 0], spread[:, 0]) if self._one_column else (mean, spread)


class NTKRegressor(_Regression):
    """A network of infinite width, trained on the squared loss.

    The mean over initialisations is Θ(x, X) (Θ + ρ)⁻¹ (1 − exp(−(Θ + ρ) t)) y with the NTK Θ, for a pull ρ towards the
    initialisation; `method="nngp"` is the posterior mean of a Gaussian process with noise of variance ρ and the NNGP
    in place of Θ.

    Args:
        depth: number of weight layers.
        activation: a name (`fm.activations()` lists them), or an `fm.Activation`.
        weight_var: variance σ_w² of the weights times fan-in.
        bias_var: variance σ_b² of the biases.
        network: an `fm.Mlp`, instead of the four arguments before.
        method: `ntk` (trained) or `nngp` (Bayesian).
        ridge: ρ as a share of the mean diagonal of the kernel.
        time: of gradient flow on ½ Σ|f − y|², in units of 1/learning rate; with `nngp`, infinite.
        normalize_y: shift and scale targets to mean 0 and variance 1: networks are 0 on average before training.

    Attributes:
        network_: the network.
        dual_coef_: weights of the training inputs; predictions are kernels times these.
        X_fit_: the training inputs.

    Raises:
        SingularError: from `fit`, without ridge at infinite time, if the kernel is singular to rounding.

    >>> import numpy as np
    >>> from fathom_ntk.sklearn import NTKRegressor
    >>> x = np.linspace(-1, 1, 9).reshape(-1, 1)
    >>> model = NTKRegressor(ridge=1e-6).fit(x, x[:, 0] ** 2)
    >>> mean, std = model.predict([[0.5]], return_std=True)
    >>> abs(float(mean[0]) - 0.25) < 0.01
    True
    """

    def __init__(
        self,
        *,
        depth: int = 3,
        activation: str | Activation = "relu",
        weight_var: float | Sequence[float] = 2.0,
        bias_var: float | Sequence[float] = 0.1,
        network: Mlp | None = None,
        method: str = "ntk",
        ridge: float = 1e-3,
        time: float = np.inf,
        normalize_y: bool = False,
    ) -> None:
        self.depth = depth
        self.activation = activation
        self.weight_var = weight_var
        self.bias_var = bias_var
        self.network = network
        self.method = method
        self.ridge = ridge
        self.time = time
        self.normalize_y = normalize_y

    def fit(self, X: ArrayLike, y: ArrayLike) -> NTKRegressor:  # noqa: N803
        """Fit to inputs (one a row) and targets (one or several columns)."""
        inputs, targets = self._read(X, y)
        self._fit_weights(inputs, targets, self._given_network(), self.ridge, self.time)
        return self


class NTKRegressorCV(SelectingEstimator, _Regression):
    """`NTKRegressor` with depth and ridge of the smallest leave-one-out error, one eigendecomposition a depth.

    Args:
        depths: numbers of weight layers to try.
        ridges: ridges to try, as shares of the mean diagonal of the kernel.
        networks: networks to try, instead of `depths`.
        activation: as of `NTKRegressor`, and so the arguments after it.

    Attributes:
        selection_: all scores, an `fm.Selection`.
        best_depth_: the depth that was chosen.
        best_ridge_: the ridge that was chosen.

    >>> import numpy as np
    >>> from fathom_ntk.sklearn import NTKRegressorCV
    >>> x = np.random.default_rng(0).normal(size=(30, 2))
    >>> NTKRegressorCV(depths=(1, 3)).fit(x, x[:, 0]).best_depth_  # the target is linear
    1
    """

    def __init__(
        self,
        *,
        depths: Iterable[int] = (1, 2, 3, 5, 8),
        ridges: Iterable[float] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0),
        networks: Iterable[Mlp] | None = None,
        activation: str | Activation = "relu",
        weight_var: float = 2.0,
        bias_var: float = 0.1,
        method: str = "ntk",
        normalize_y: bool = False,
    ) -> None:
        self.depths = depths
        self.ridges = ridges
        self.networks = networks
        self.activation = activation
        self.weight_var = weight_var
        self.bias_var = bias_var
        self.method = method
        self.normalize_y = normalize_y

    def fit(self, X: ArrayLike, y: ArrayLike) -> NTKRegressorCV:  # noqa: N803
        """Choose network and ridge, and fit."""
        inputs, targets = self._read(X, y)
        found = self._select(inputs, targets, False, "loo")
        self.best_depth_, self.best_ridge_ = found.best.depth, found.best_ridge
        self._fit_weights(inputs, targets, found.best, found.best_ridge, np.inf)
        return self
