"""What trained networks of infinite width predict, and the choice between them.

Trained by gradient flow or gradient descent on the squared loss from random initialisations, an infinitely wide network
is a Gaussian process at every time: `gradient_descent` gives its mean and its variance over initialisations, `gp` the
Bayesian posterior of the network as a prior, and `iterative` the mean at the end of training from many inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from . import _core
from ._arrays import Floats, choice, labels, real, targets, whole
from ._blocks import Blocks
from ._errors import ArgumentError, ArgumentTypeError
from ._network import Mlp
from ._plotting import axes
from ._progress import Callback, reporting
from ._report import Report, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Prediction", "Selection", "gp", "gradient_descent", "iterative", "select"]

Network: TypeAlias = "Mlp | Blocks"

_COVARIANCES = ("none", "diagonal", "full")


class Prediction(Report):
    """Mean and covariance over initialisations of trained networks, at one time or at several."""

    def __init__(
        self,
        mean: Floats,
        spread: Floats | None,
        train_mean: Floats,
        report: tuple[dict[str, Any], str],
        classes: NDArray[Any] | None,
        several: bool,
    ) -> None:
        super().__init__(report)
        full = spread is not None and spread.ndim == 3
        self._mean, self._train, self._several = mean, train_mean, several
        self._covariance = spread if full else None
        self._variance = np.ascontiguousarray(np.einsum("tii->ti", spread)) if spread is not None and full else spread
        self.classes = classes
        """The labels of the classes, in the order of the outputs; `None` for regression."""

    def _times(self, array: Floats) -> Floats:
        return array if self._several else array[0]

    @property
    def mean(self) -> Floats:
        """Means on the test inputs, (test inputs, outputs); times first if several were asked for."""
        return self._times(self._mean)

    @property
    def train_mean(self) -> Floats:
        """Means on the training inputs, repeated ones once; likewise."""
        return self._times(self._train)

    @property
    def variance(self) -> Floats | None:
        """Variance over initialisations of each output, (test inputs,); times first if several."""
        return None if self._variance is None else self._times(self._variance)

    @property
    def std(self) -> Floats | None:
        """Standard deviation over initialisations, likewise."""
        variance = self.variance
        return None if variance is None else np.sqrt(np.maximum(variance, 0.0))

    @property
    def covariance(self) -> Floats | None:
        """Covariance of each output between test inputs, with `covariance="full"`; times first if several."""
        return None if self._covariance is None else self._times(self._covariance)

    @property
    def labels(self) -> NDArray[Any]:
        """The predicted classes of the test inputs; times first if several."""
        if self.classes is None:
            raise ArgumentError("labels need classify=True")
        found: NDArray[Any] = self.classes[self.mean.argmax(axis=-1)]
        return found

    @property
    def metrics(self) -> list[dict[str, Any]] | None:
        """Errors against `y_test` at every time."""
        found: list[dict[str, Any]] | None = self.to_dict()["metrics"]
        return found

    @property
    def max_learning_rate(self) -> float | None:
        """The largest stable learning rate of gradient descent on ½ Σ|f − y|²."""
        return number(self._data["max_learning_rate"])

    def to_dict(self) -> dict[str, Any]:
        """Everything that was found out, means and variances included."""
        data = super().to_dict()
        for i, at in enumerate(data["at"]):
            at["mean"] = self._mean[i].ravel().tolist()
            at["train_mean"] = self._train[i].ravel().tolist()
            at["variance"] = None if self._variance is None else self._variance[i].tolist()
            at["covariance"] = None if self._covariance is None else self._covariance[i].ravel().tolist()
        return data

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the first output on every test input, with two standard deviations, at the last time."""
        ax = axes(ax)
        mean, place = self._mean[-1][:, 0], np.arange(self._mean.shape[1])
        ax.plot(place, mean, ".", label="mean")
        if self._variance is not None:
            half = 2.0 * np.sqrt(np.maximum(self._variance[-1], 0.0))
            ax.fill_between(place, mean - half, mean + half, alpha=0.3, label="± 2 std over initialisations")
        ax.set(xlabel="test input", ylabel="first output")
        ax.legend()
        return ax


def _checked(net: Any) -> Network:
    if not isinstance(net, Mlp | Blocks):
        raise ArgumentTypeError(f"net must be an fm.Mlp or fm.Blocks, got {type(net).__name__}")
    return net


class _Data:
    """Training and test data, and what classes they are of, as the core takes them."""

    def __init__(
        self,
        net: Network,
        x_train: ArrayLike,
        y_train: ArrayLike,
        x_test: ArrayLike,
        y_test: ArrayLike | None,
        classify: bool,
    ) -> None:
        self.train, self.test = net._inputs("x_train", x_train), net._inputs("x_test", x_test)
        self.classes: NDArray[Any] | None = None
        test_places: list[int] | None = None
        given_test: Floats | None = None
        if classify:
            classes, places = np.unique(labels("y_train", y_train, len(self.train)), return_inverse=True)
            if len(classes) < 2:
                raise ArgumentError(f"y_train must have at least two classes, got {len(classes)}")
            given = _core.one_hot(places.tolist(), len(classes))
            if y_test is not None:
                known = {label: place for place, label in enumerate(classes.tolist())}
                names = labels("y_test", y_test, len(self.test)).tolist()
                if missing := [label for label in names if label not in known]:
                    raise ArgumentError(f"y_test: no training input has the label {missing[0]!r}")
                test_places = [known[label] for label in names]
                given_test = _core.one_hot(test_places, len(classes))
            self.classes = classes
        else:
            given = targets("y_train", y_train, len(self.train))
            if y_test is not None:
                given_test = targets("y_test", y_test, len(self.test))
                if given_test.shape[1] != given.shape[1]:
                    raise ArgumentError(
                        f"y_test must have {given.shape[1]} columns as y_train, got {given_test.shape[1]}"
                    )
        self.given, self.given_test, self.test_places = given, given_test, test_places

    def arguments(self) -> tuple[Floats, Floats, Floats, Floats | None, int | None, list[int] | None, str]:
        """What the core takes after the network."""
        count = None if self.classes is None else len(self.classes)
        return self.train, self.given, self.test, self.given_test, count, self.test_places, "x_train, x_test"


def _predict(
    net: Network,
    x_train: ArrayLike,
    y_train: ArrayLike,
    x_test: ArrayLike,
    y_test: ArrayLike | None,
    classify: bool,
    method: str,
    times: Sequence[float],
    steps: Sequence[int] | None,
    learning_rate: float,
    ridge: float,
    relative: bool,
    covariance: str,
    memory: int | None,
    several: bool,
) -> Prediction:
    data = _Data(_checked(net), x_train, y_train, x_test, y_test, classify)
    choice("covariance", covariance, _COVARIANCES)
    found = _core.predict(
        net._core, *data.arguments(), method, times, learning_rate, steps, ridge, relative, covariance, memory
    )
    return Prediction(*found, data.classes, several)


def iterative(
    net: Network,
    x_train: ArrayLike,
    y_train: ArrayLike,
    x_test: ArrayLike,
    *,
    relative_ridge: float = 1e-3,
    kernel: str = "ntk",
    tolerance: float = 1e-6,
    max_iterations: int = 2000,
    rank: int = 1000,
    seed: int = 0,
    hold: str = "memory",
    y_test: ArrayLike | None = None,
    classify: bool = False,
    progress: bool | Callback | None = None,
) -> Prediction:
    """Means at the end of training from many inputs, tens of thousands, by preconditioned conjugate gradients.

    Args:
        net: the network.
        x_train: training inputs, one a row; repeated ones are not merged.
        y_train: targets, one row each; with `classify`, labels.
        x_test: test inputs.
        relative_ridge: ρ as a share of the mean diagonal of the kernel; the smaller, the more steps.
        kernel: `ntk` (all layers trained) or `nngp` (the last one).
        tolerance: largest |y − (K + ρ)α|/|y|, the kernel recomputed in double precision.
        max_iterations: most steps.
        rank: inputs that the preconditioner is made of.
        seed: of their choice.
        hold: `memory`, the kernel in four bytes a pair, or `tiles`, computed again for every step.
        y_test: targets of the test inputs, for `metrics`.
        classify: targets are labels of classes.
        progress: `True` for a bar of tqdm, or a function of steps done and their expected number.

    Raises:
        SingularError: if `max_iterations` do not reach the tolerance.

    >>> import numpy as np
    >>> import fathom_ntk as fm
    >>> x = np.random.default_rng(0).normal(size=(300, 4))
    >>> found = fm.predict.iterative(fm.Mlp(depth=3), x, x[:, 0], x[:5])
    >>> direct = fm.predict.gradient_descent(fm.Mlp(depth=3), x, x[:, 0], x[:5], relative_ridge=1e-3)
    >>> bool(np.abs(found.mean - direct.mean).max() < 1e-5)
    True
    """
    data = _Data(_checked(net), x_train, y_train, x_test, y_test, classify)
    choice("kernel", kernel, ("ntk", "nngp"))
    choice("hold", hold, ("memory", "tiles"))
    most, columns, seed = whole("max_iterations", max_iterations), whole("rank", rank), whole("seed", seed)
    with reporting(progress, "step") as callback:
        found = _core.predict_iteratively(
            net._core, *data.arguments(), kernel, real("relative_ridge", relative_ridge), True,
            real("tolerance", tolerance), most, columns, seed, hold, callback,
        )  # fmt: skip
    return Prediction(*found, data.classes, False)


def gradient_descent(
    net: Network,
    x_train: ArrayLike,
    y_train: ArrayLike,
    x_test: ArrayLike,
    *,
    time: float | Iterable[float] = np.inf,
    steps: int | Iterable[int] | None = None,
    learning_rate: float = 1.0,
    ridge: float = 0.0,
    relative_ridge: float | None = None,
    covariance: str = "none",
    y_test: ArrayLike | None = None,
    classify: bool = False,
    memory: int | None = None,
) -> Prediction:
    """Networks of infinite width after training all layers on ½ Σ|f − y|² from random initialisations.

    Args:
        net: the network.
        x_train: training inputs, one a row.
        y_train: targets, one row each; with `classify`, labels.
        x_test: test inputs.
        time: of gradient flow, times the learning rate; one or several; infinite for the end of training.
        steps: numbers of steps of gradient descent, instead of times.
        learning_rate: η.
        ridge: ρ, the pull towards the initialisation.
        relative_ridge: ρ as a share of the mean diagonal of the kernel.
        covariance: over initialisations: `none`, `diagonal` or `full`.
        y_test: targets of the test inputs, for `metrics`.
        classify: targets are labels of classes.
        memory: most bytes beside the kernels.

    Raises:
        SingularError: at infinite time without ridge, if an input adds nothing to the others.
        ArgumentError: also for a learning rate at which gradient descent diverges.

    >>> import numpy as np
    >>> import fathom_ntk as fm
    >>> net = fm.Mlp(depth=2)
    >>> x, y = np.eye(3), np.array([1.0, -1.0, 2.0])
    >>> fm.predict.gradient_descent(net, x, y, x).mean.ravel().round(9) + 0.0  # after infinite time
    array([ 1., -1.,  2.])
    >>> fm.predict.gradient_descent(net, x, y, x, time=[0.0, 1.0]).mean.shape
    (2, 3, 1)
    """
    if relative_ridge is not None and ridge:
        raise ArgumentError("give ridge or relative_ridge, not both")
    several = isinstance(time, Iterable) or isinstance(steps, Iterable)
    counts = None
    if steps is not None:
        counts = [int(n) for n in (steps if isinstance(steps, Iterable) else [steps])]
        if any(n < 0 for n in counts):
            raise ArgumentError(f"steps must not be negative, got {steps!r}")
    times = [real("time", t) for t in (time if isinstance(time, Iterable) else [time])]
    if not times or counts == []:
        raise ArgumentError("time and steps must not be empty")
    rate = real("learning_rate", learning_rate)
    if not 0.0 <= rate < np.inf:
        raise ArgumentError(f"learning_rate must be at least 0 and finite, got {rate}")
    share = None if relative_ridge is None else real("relative_ridge", relative_ridge)
    return _predict(
        net, x_train, y_train, x_test, y_test, classify, "ntk", times, counts, rate,
        real("ridge", ridge) if share is None else share, share is not None, covariance, memory, several,
    )  # fmt: skip


def gp(
    net: Network,
    x_train: ArrayLike,
    y_train: ArrayLike,
    x_test: ArrayLike,
    *,
    noise_var: float = 0.0,
    relative_noise: float | None = None,
    covariance: str = "diagonal",
    y_test: ArrayLike | None = None,
    classify: bool = False,
    memory: int | None = None,
) -> Prediction:
    """The posterior of a Gaussian process whose kernel is the NNGP of a network: Bayesian networks of infinite width.

    Args:
        net: the network.
        x_train: training inputs, one a row.
        y_train: targets, one row each; with `classify`, labels.
        x_test: test inputs.
        noise_var: variance of the noise of the targets.
        relative_noise: the same as a share of the mean diagonal of the kernel.
        covariance: of the posterior: `none`, `diagonal` or `full`; without the noise.
        y_test: targets of the test inputs, for `metrics`.
        classify: targets are labels of classes.
        memory: most bytes beside the kernels.

    >>> import numpy as np
    >>> import fathom_ntk as fm
    >>> posterior = fm.predict.gp(fm.Mlp(depth=1, weight_var=1.0), [[1.0]], [2.0], [[1.0]], noise_var=1.0)
    >>> posterior.mean.item(), posterior.variance.item()  # prior variance 1, noise variance 1
    (1.0, 0.5)
    """
    if relative_noise is not None and noise_var:
        raise ArgumentError("give noise_var or relative_noise, not both")
    share = None if relative_noise is None else real("relative_noise", relative_noise)
    noise = real("noise_var", noise_var) if share is None else share
    return _predict(
        net, x_train, y_train, x_test, y_test, classify, "nngp", [np.inf], None, 1.0, noise, share is not None,
        covariance, memory, False,
    )  # fmt: skip


class Selection(Report):
    """Networks and ridges in the order of their scores on training data."""

    def __init__(
        self, report: tuple[dict[str, Any], str], networks: Sequence[Network], ridges: Sequence[float]
    ) -> None:
        super().__init__(report)
        self._networks, self._ridges = networks, ridges

    def _best(self) -> int:
        best = self._data["best"]
        if best is None:
            raise ArgumentError("no candidate has scores: to_dict() says why")
        return int(best)

    @property
    def best(self) -> Network:
        """The best network."""
        return self._networks[self._best() // len(self._ridges)]

    @property
    def best_ridge(self) -> float:
        """Its ridge, as it was given."""
        return self._ridges[self._best() % len(self._ridges)]

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """Every network with every ridge: its scores, or why there are none."""
        found: list[dict[str, Any]] = self.to_dict()["candidates"]
        return found

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the leave-one-out error of every candidate."""
        ax = axes(ax)
        errors = [candidate.get("scores", {}).get("loo_error") for candidate in self.candidates]
        values = [np.nan if error is None else number(error) for error in errors]
        ax.semilogy(range(len(values)), values, ".")
        if self._data["best"] is not None:
            ax.semilogy([self._best()], [values[self._best()]], "o", fillstyle="none", label="best")
            ax.legend()
        ax.set(xlabel="candidate", ylabel="leave-one-out error")
        return ax


def select(
    networks: Iterable[Network],
    x: ArrayLike,
    y: ArrayLike,
    *,
    ridges: Iterable[float] = (1e-4, 1e-2, 1.0),
    relative: bool = True,
    kernel: str = "ntk",
    criterion: str | None = None,
    classify: bool = False,
) -> Selection:
    """Score networks and ridges on training data; one eigendecomposition a network.

    Args:
        networks: the candidates.
        x: training inputs, one a row.
        y: targets, one row each; with `classify`, labels.
        ridges: every network is scored with each.
        relative: whether ridges are shares of the mean diagonal of the kernel.
        kernel: `ntk` or `nngp`.
        criterion: `loo` (leave-one-out error), `accuracy` (of classes, leave-one-out) or `likelihood`.
        classify: targets are labels of classes.

    >>> import numpy as np
    >>> import fathom_ntk as fm
    >>> x = np.random.default_rng(0).normal(size=(30, 2))
    >>> found = fm.select([fm.Mlp(depth=d) for d in (1, 3)], x, x[:, 0], ridges=[1e-6])
    >>> found.best.depth  # the target is linear
    1
    """
    nets = [_checked(net) for net in networks]
    shares = [real("ridges", ridge) for ridge in ridges]
    if not nets or not shares:
        raise ArgumentError("networks and ridges must not be empty")
    inputs = nets[0]._inputs("x", x)
    choice("kernel", kernel, ("ntk", "nngp"))
    criterion = choice("criterion", criterion or ("accuracy" if classify else "loo"), ("loo", "accuracy", "likelihood"))
    if criterion == "accuracy" and not classify:
        raise ArgumentError("criterion: accuracy needs classify=True")
    given = places = None
    if classify:
        names, where = np.unique(labels("y", y, len(inputs)), return_inverse=True)
        if len(names) < 2:
            raise ArgumentError(f"y must have at least two classes, got {len(names)}")
        places = where.tolist()
    else:
        given = targets("y", y, len(inputs))
    report = _core.select(
        [net._core for net in nets], inputs, given, places, "x", kernel, criterion, shares, relative
    )  # fmt: skip
    return Selection(report, nets, shares)
