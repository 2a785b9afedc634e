"""Classification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from .. import _core
from .._errors import ArgumentError
from ._fit import NetworkEstimator, SelectingEstimator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from .._activation import Activation
    from .._arrays import Floats
    from .._network import Mlp


class _Classification(ClassifierMixin, NetworkEstimator):
    """Labels and predictions of both classifiers."""

    def _read(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, list[int]]:
        inputs, labels = validate_data(self, x, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, places = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ArgumentError(f"y must have at least two classes, got {len(self.classes_)} class")
        return np.ascontiguousarray(inputs), places.tolist()

    def decision_function(self, X: ArrayLike) -> Floats:  # noqa: N803
        """The mean outputs of the networks, one column a class; for two classes, the second minus the first.

        The outputs are fitted to 1 − 1/C for the class of an input and −1/C for the C − 1 others. They are scores, and
        not probabilities.
        """
        _, outputs = self._outputs(X)
        return outputs[:, 1] - outputs[:, 0] if len(self.classes_) == 2 else outputs

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Predict the class of largest output."""
        scores = self.decision_function(X)
        places = (scores > 0.0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[places]
        return labels


class NTKClassifier(_Classification):
    """A classifier by a network of infinite width, trained on the squared loss.

    There is no `predict_proba`: training on the squared loss makes no probabilities, and the spread over
    initialisations says how much of an output is luck, not how likely a class is. Where probabilities are needed,
    `sklearn.calibration.CalibratedClassifierCV` makes them from held-out data.

    Args:
        depth: number of weight layers.
        activation: a name (`fm.activations()` lists them), or an `fm.Activation`.
        weight_var: variance σ_w² of the weights times fan-in.
        bias_var: variance σ_b² of the biases.
        network: an `fm.Mlp`, instead of the four arguments before.
        method: `ntk` (trained) or `nngp` (Bayesian regression on the labels).
        ridge: as a share of the mean diagonal of the kernel.
        time: of gradient flow on ½ Σ|f − y|², in units of 1/learning rate; with `nngp`, infinite.

    Attributes:
        classes_: the labels.
        network_: the network.
        dual_coef_: weights of the training inputs; outputs are kernels times these.
        X_fit_: the training inputs.

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from fathom_ntk.sklearn import NTKClassifier
    >>> bool(cross_val_score(NTKClassifier(), *load_iris(return_X_y=True)).mean() > 0.95)
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
    ) -> None:
        self.depth = depth
        self.activation = activation
        self.weight_var = weight_var
        self.bias_var = bias_var
        self.network = network
        self.method = method
        self.ridge = ridge
        self.time = time

    def fit(self, X: ArrayLike, y: ArrayLike) -> NTKClassifier:  # noqa: N803
        """Fit to inputs (one a row) and labels."""
        inputs, places = self._read(X, y)
        targets = _core.one_hot(places, len(self.classes_))
        self._fit_weights(inputs, targets, self._given_network(), self.ridge, self.time)
        return self


class NTKClassifierCV(SelectingEstimator, _Classification):
    """`NTKClassifier` with the depth and ridge that classify best when inputs are left out one by one.

    Args:
        depths: numbers of weight layers to try.
        ridges: ridges to try, as shares of the mean diagonal of the kernel.
        networks: networks to try, instead of `depths`.
        criterion: `accuracy`, or `loo` for the squared error of the outputs.
        activation: as of `NTKClassifier`, and so the arguments after it.

    Attributes:
        selection_: all scores, an `fm.Selection`.
        best_depth_: the depth that was chosen.
        best_ridge_: the ridge that was chosen.
    """

    def __init__(
        self,
        *,
        depths: Iterable[int] = (1, 2, 3, 5, 8),
        ridges: Iterable[float] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0),
        networks: Iterable[Mlp] | None = None,
        criterion: str = "accuracy",
        activation: str | Activation = "relu",
        weight_var: float = 2.0,
        bias_var: float = 0.1,
        method: str = "ntk",
    ) -> None:
        self.depths = depths
        self.ridges = ridges
        self.networks = networks
        self.criterion = criterion
        self.activation = activation
        self.weight_var = weight_var
        self.bias_var = bias_var
        self.method = method

    def fit(self, X: ArrayLike, y: ArrayLike) -> NTKClassifierCV:  # noqa: N803
        """Choose network and ridge, and fit."""
        inputs, places = self._read(X, y)
        found = self._select(inputs, places, True, self.criterion)
        self.best_depth_, self.best_ridge_ = found.best.depth, found.best_ridge
        targets = _core.one_hot(places, len(self.classes_))
        self._fit_weights(inputs, targets, found.best, found.best_ridge, np.inf)
        return self
