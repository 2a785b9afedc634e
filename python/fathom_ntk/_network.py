"""Networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._activation import Activation, core
from ._arrays import Floats, real, rows, vector, whole
from ._errors import ArgumentError, ArgumentTypeError
from ._finite import drawn, judged
from ._kernels import InfiniteNetwork
from ._phase import Phase
from ._progress import Callback, reporting
from ._results import EmpiricalNtk, Moments, Sample, Verdict
from ._train import Training, arguments, data
from ._weights import Weights, empirical_ntk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, DTypeLike


class Mlp(InfiniteNetwork):
    """A fully connected network: shape, activation, and the law of its parameters at initialisation.

    Depth counts weight layers. `weight_var` and `bias_var` are variances: the `W_std` and `b_std` of neural-tangents
    are their square roots.

    Args:
        widths: from input to output, as numbers or as `"784,512x19,10"`.
        depth: number of weight layers of an infinitely wide network, instead of `widths`.
        activation: a name (`fm.activations()` lists them), or an `fm.Activation`.
        weight_var: variance σ_w² of the weights times fan-in; one value, or one for each weight layer.
        bias_var: variance σ_b² of the biases; likewise.
        biases: `none`, `untrained`, `trained` or `zero-init`; trained by default.
        parameterization: `ntk`, `standard` (as in PyTorch) or `hanin-nica`.
        weight_law: `gaussian`, `uniform`, `laplace`, `orthogonal` or `fourth-moment:M`.

    Raises:
        ArgumentError: for values that describe no network.

    >>> import numpy as np
    >>> import fathom_ntk as fm
    >>> net = fm.Mlp(widths=[784, 512, 512, 10], activation="tanh", weight_var=1.76, bias_var=0.05)
    >>> net.depth
    3
    >>> x = np.array([[3.0, 0.0], [0.0, 1.0]])
    >>> fm.Mlp(depth=2).ntk(x)  # relu, critical: Θ(x, x) = 2 |x|², and |x||x′|/π of orthogonal inputs
    array([[18.        ,  0.95492966],
           [ 0.95492966,  2.        ]])
    """

    def __init__(
        self,
        widths: str | Sequence[int] | None = None,
        *,
        depth: int | None = None,
        activation: str | Activation = "relu",
        weight_var: float | Sequence[float] = 2.0,
        bias_var: float | Sequence[float] = 0.0,
        biases: str | None = None,
        parameterization: str = "ntk",
        weight_law: str = "gaussian",
    ) -> None:
        self._given: dict[str, Any] = {
            "widths": _whole("widths", widths),
            "depth": None if depth is None else whole("depth", depth),
            "activation": activation,
            "weight_var": _variance("weight_var", weight_var),
            "bias_var": _variance("bias_var", bias_var),
            "biases": _text("biases", biases),
            "parameterization": _text("parameterization", parameterization),
            "weight_law": _text("weight_law", weight_law),
        }
        self._core: _core.Architecture = _core.Architecture(**{**self._given, "activation": core(activation)})

    @classmethod
    def from_toml(cls, text: str) -> Mlp:
        """The network of a TOML document with the names of the arguments as keys.

        >>> import fathom_ntk as fm
        >>> fm.Mlp.from_toml('widths = "784,512x3,10"').depth
        4
        """
        fields = _core.Architecture.from_toml(text).to_dict()
        if "widths" in fields:
            del fields["depth"]
        return cls(**fields)

    def to_toml(self) -> str:
        """The TOML document that `from_toml` and the command read; not of an activation of one's own."""
        if isinstance(self.activation, Activation):
            raise ArgumentError("activation: an activation of one's own has no text form")
        return self._core.to_toml()

    def to_dict(self) -> dict[str, Any]:
        """The description with all defaults filled in."""
        return self._core.to_dict()

    def replace(self, **changes: Any) -> Mlp:
        """The same network with some arguments changed; `widths` and `depth` replace each other."""
        if unknown := set(changes) - set(self._given):
            raise ArgumentTypeError(f"a network has no {', '.join(sorted(unknown))}")
        given = dict(self._given)
        if changes.get("widths") is not None or changes.get("depth") is not None:
            given["widths"] = given["depth"] = None
        return Mlp(**{**given, **changes})

    @property
    def depth(self) -> int:
        """Number of weight layers."""
        return self._core.depth

    @property
    def widths(self) -> tuple[int, ...] | None:
        """Widths from input to output; `None` for infinite width."""
        widths = self._core.widths
        return None if widths is None else tuple(widths)

    @property
    def activation(self) -> str | Activation:
        """The activation, as it was given."""
        activation: str | Activation = self._given["activation"]
        return activation

    @property
    def weight_var(self) -> float | list[float]:
        """The variance σ_w² of the weights, as it was given."""
        variance: float | list[float] = self._given["weight_var"]
        return variance

    @property
    def bias_var(self) -> float | list[float]:
        """The variance σ_b² of the biases, as it was given."""
        variance: float | list[float] = self._given["bias_var"]
        return variance

    def __repr__(self) -> str:
        defaults = {"weight_law": "gaussian", "parameterization": "ntk"}
        shown = {k: v for k, v in self._given.items() if v is not None and defaults.get(k) != v}
        return f"Mlp({', '.join(f'{key}={value!r}' for key, value in shown.items())})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mlp):
            return NotImplemented
        custom = [net.activation if isinstance(net.activation, Activation) else None for net in (self, other)]
        return self.to_dict() == other.to_dict() and custom[0] is custom[1]

    def __hash__(self) -> int:
        return hash(repr(sorted(self.to_dict().items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self._given,)

    # Theory

    def phase(self, *, input_mean_square: float | None = None) -> Phase:
        """Ordered, critical or chaotic: what depth does to signals and gradients.

        Args:
            input_mean_square: |x|² over the number of features; without it, large inputs are followed.

        >>> import fathom_ntk as fm
        >>> fm.Mlp(depth=2, activation="tanh", weight_var=3.0, bias_var=0.05).phase().phase
        'chaotic'
        """
        report = _core.phase(self._core, input_mean_square)
        variances = [np.ravel(self.weight_var)[0], np.ravel(self.bias_var)[0]]
        return Phase(report, self.activation, (float(variances[0]), float(variances[1])))

    def moments(
        self,
        x: ArrayLike | None = None,
        other: ArrayLike | None = None,
        *,
        sq_norm: float | None = None,
        cosine: float | None = None,
        target: float = 0.0,
        first_order: bool = False,
        per_layer: bool = False,
    ) -> Moments:
        """Mean, variance and first update of the NTK at finite width.

        Args:
            x: the input; without it, its squared norm decides.
            other: a second input, for the NTK between both.
            sq_norm: |x|² instead of `x`; by default the number of inputs.
            cosine: a second input of the same norm with this cosine.
            target: y of the first gradient step.
            first_order: also the expansion in 1/width where exact moments exist.
            per_layer: also what each hidden layer contributes.

        >>> import fathom_ntk as fm
        >>> round(fm.Mlp(widths=[10, 100, 100, 1]).moments().mean, 10)  # 2 · depth
        6.0
        """
        if x is not None and sq_norm is not None:
            raise ArgumentError("give x or sq_norm, not both")
        if other is not None and (x is None or cosine is not None):
            raise ArgumentError("other needs x, and excludes cosine")
        features = self.widths[0] if self.widths else 1
        first: float | Floats
        if x is None:
            first = float(features) if sq_norm is None else real("sq_norm", sq_norm)
            source = f"|x|² = {first:g}" if sq_norm is not None else "|x|² = number of inputs"
        else:
            first, source = vector("x", x), "x"
            if self.widths and first.size != features:
                raise ArgumentError(f"x must have {features} features as the network has inputs, got {first.size}")
        second = None if other is None else vector("other", other)
        if second is not None and second.shape != np.shape(first):
            raise ArgumentError(f"other must have the shape of x, {np.shape(first)}, got {second.shape}")
        return Moments(
            _core.moments(self._core, first, second, cosine, source, real("target", target), first_order, per_layer)
        )

    def verdict(
        self,
        data: ArrayLike | None = None,
        *,
        sq_norm: float | None = None,
        random: tuple[float, float] = (0.5, 1.0),
        moves: tuple[float, float] = (0.25, 1.0),
        steps: tuple[float, float] = (1e4, 1e6),
        learning_rate: float | None = None,
        target: float = 1.0,
        tolerance: float = 0.1,
        sample: int | None = None,
        seed: int = 0,
    ) -> Verdict:
        """Does NTK theory describe this network on these data, and can it be trained?

        Args:
            data: inputs, one a row; without them, orthogonal inputs of `sq_norm`.
            sq_norm: |x|² of a typical input; by default the number of inputs.
            random: std Θ / E Θ at initialisation that is fine, and that is bad.
            moves: relative change of Θ in one gradient step that is fine, and that is bad.
            steps: gradient steps to fit a typical direction that are fine, and that are bad.
            learning_rate: of the gradient step; 1/E Θ(x, x) by default.
            target: y of the gradient step.
            tolerance: advise on the width and depth for which std Θ / E Θ is at most this.
            sample: rows of the data the kernel is computed on; by cost, at most 256, by default.
            seed: selects the rows.

        >>> import fathom_ntk as fm
        >>> fm.Mlp(widths="784,1024x3,10").verdict().verdict
        'in_regime'
        """
        return judged(
            self._core, data, sq_norm, random=random, moves=moves, steps=steps, learning_rate=learning_rate,
            target=target, tolerance=tolerance, sample=sample, seed=seed,
        )  # fmt: skip

    # Networks of finite width

    def sample(
        self,
        x: ArrayLike | None = None,
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
        """Draw networks at random and estimate the moments of their NTK.

        Args:
            x: inputs, one a row, or one input; by default one with all features 1.
            draws: networks; 1000 by default, without limit with `target_error` or `max_time`.
            seed: of the random numbers; the same seed gives the same bits on any number of threads.
            observables: `ntk`, `ntk(0,1)`, `log_ntk(0,0)`, `layers`, `outputs`, `trace`, `eigenvalues`, `condition`,
                `update(0,0)`, `step(0,0)`, …; one text with commas, or a list.
            method: `chain`, `projected` or `direct`; by default the fastest.
            target: y of the first gradient step.
            step: learning rate of a real first step.
            covariances: also the covariances of all observables.
            target_error: draw until the mean of the first observable has this relative standard error.
            max_time: stop after this many seconds.
            threads: one for each processor by default.
            keep_draws: also return every draw.
            progress: called as `progress(done, total)`; `True` for a bar where tqdm is installed.

        >>> import fathom_ntk as fm
        >>> mean, error = fm.Mlp(widths=[10, 50, 50, 1]).sample(draws=2000, seed=1).mean()
        >>> abs(mean - 6.0) < 4 * error
        True
        """
        features = self.widths[0] if self.widths else 1
        inputs = np.ones((1, features)) if x is None else np.asarray(x)
        source = "all features 1" if x is None else "x"
        inputs = rows("x", inputs.reshape(1, -1) if inputs.ndim == 1 else inputs)
        return drawn(
            self._core, inputs, source, draws=draws, seed=seed, observables=observables, method=method, target=target,
            step=step, covariances=covariances, target_error=target_error, max_time=max_time, threads=threads,
            keep_draws=keep_draws, progress=progress,
        )  # fmt: skip

    def train(
        self,
        x: ArrayLike,
        y: ArrayLike,
        x_test: ArrayLike | None = None,
        y_test: ArrayLike | None = None,
        *,
        classify: bool = False,
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
        keep_ntk: bool = False,
        progress: bool | Callback | None = None,
    ) -> Training:
        """Train the network of a seed by gradient descent, and record how its NTK moves.

        What is minimised is the sum of the loss over inputs; losses that are recorded are means.

        Args:
            x: inputs, one a row.
            y: targets, one row each; with `classify`, labels.
            x_test: inputs that are not trained on.
            y_test: their targets.
            classify: targets are labels of classes.
            steps: most steps; 500 by default, 100,000 with `until_loss`.
            time: stop at this time t = η · steps.
            until_loss: stop when the mean loss over the training inputs is at most this.
            learning_rate: η of the loss summed over inputs; 0.001 by default with `adam`.
            relative_rate: η as a fraction of 2/λ_max of the initial NTK on the training data; 0.5 by default.
            batch: inputs of a mini-batch; all by default.
            optimizer: `gd`, `momentum` or `adam`.
            momentum: μ of `momentum`.
            betas: β₁ and β₂ of `adam`.
            epsilon: ε of `adam`.
            loss: `squared` or `cross-entropy`.
            seed: of the weights and the order of mini-batches; it decides every bit, on any number of threads.
            dtype: of the steps, float64 or float32; what is recorded is computed in float64.
            divergence: training has diverged when the loss is more than this many times the first.
            probe: the NTK is recorded on the first so many inputs, 100 at most by default; 0 for not at all.
            record_at: `log:N` for N steps a decade, `every:N`, or a list of steps; the first and the last always are.
            keep_ntk: also return every recorded kernel.
            progress: called as `progress(done, total)`; `True` for a bar where tqdm is installed.

        Returns:
            The records as arrays, the weights, and a report. Divergence is a result, not an error.

        >>> import numpy as np
        >>> import fathom_ntk as fm
        >>> net = fm.Mlp(widths=[2, 1], weight_var=2.0)  # linear; Θ = 1 on orthonormal inputs
        >>> trained = net.train(np.eye(2), [3.0, -1.0], steps=3, learning_rate=0.5, record_at="every:1")
        >>> loss = trained.records["train_loss"]
        >>> (loss[1:] / loss[:-1]).round(12).tolist()  # residuals halve
        [0.25, 0.25, 0.25]
        """
        given, test, classes = data(x, y, x_test, y_test, loss, classify=classify)
        how = arguments(
            len(given[0]), steps=steps, time=time, until_loss=until_loss, learning_rate=learning_rate,
            relative_rate=relative_rate, batch=batch, optimizer=optimizer, momentum=momentum, betas=betas,
            epsilon=epsilon, loss=loss, seed=seed, dtype=dtype, divergence=divergence, probe=probe, record_at=record_at,
        )  # fmt: skip
        with reporting(progress, "steps") as callback:
            parts = _core.train(self._core, given, test, "x", how, keep_ntk, callback)
        return Training(self, parts, classes)

    def empirical_ntk(self, weights: Weights, x: ArrayLike, **options: Any) -> EmpiricalNtk:
        """`fm.empirical_ntk` of given weights, with the activation, parameterization and variances of this network."""
        given = {
            "activation": self.activation,
            "parameterization": self._given["parameterization"],
            "weight_var": self.weight_var,
            "bias_var": self.bias_var,
            "train_biases": self._given["biases"] not in ("none", "untrained"),
        }
        return empirical_ntk(weights, x, **{**given, **options})


def _rebuilt(given: dict[str, Any]) -> Mlp:
    return Mlp(**given)


def _whole(name: str, values: Any) -> str | list[int] | None:
    if values is None or isinstance(values, str):
        return values
    try:
        return [whole(name, value) for value in values]
    except TypeError as error:
        if isinstance(error, ArgumentTypeError):
            raise
        raise ArgumentTypeError(f"{name} must be a list of whole numbers or a text, got {values!r}") from error


def _variance(name: str, values: Any) -> float | list[float]:
    if isinstance(values, str):
        raise ArgumentTypeError(f"{name} must be a number or a list of numbers, got {values!r}")
    if np.ndim(values) == 0:
        return real(name, values)
    return [real(name, value) for value in values]


def _text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ArgumentTypeError(f"{name} must be a text, got {value!r}")
    return value


def load_spec(path: str | Path) -> Mlp:
    """The network of a TOML file, as the command reads it with `--arch`."""
    return Mlp.from_toml(Path(path).read_text(encoding="utf-8"))
