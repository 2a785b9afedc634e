"""Activations of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._arrays import Floats, vector
from ._errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import ArrayLike


class Activation:
    """An activation function given by a Python callable.

    The callable is evaluated on arrays some ten times, here and never again: φ is then a table of polynomials that
    holds it to rounding for |z| up to 4096, and far beyond if it does not oscillate. Whatever takes the name of an
    activation takes this object, at full speed.

    Args:
        fn: φ, from an array of numbers to an array of the same shape.
        derivative: φ′, likewise; without it, φ′ is known to some 12 digits.
        name: how results call it; it must differ from the built-in names.
        breakpoints: where φ, φ′ or φ″ jumps; at 0 and ±1 this is found.

    Raises:
        ArgumentError: if φ jumps elsewhere or is not finite, if φ′ is another function's, or for a wrong shape.
        ArgumentTypeError: if `fn` or `derivative` is not callable or does not return real numbers.

    Kernels and phases keep about 12 digits; corrections in 1/width use up to six derivatives and keep about six.

    >>> import numpy as np
    >>> import fathom_ntk as fm
    >>> square = fm.Activation(np.tanh, lambda z: 1 - np.tanh(z) ** 2, name="my-tanh")
    >>> own = fm.Mlp(depth=3, activation=square, weight_var=1.76, bias_var=0.05).ntk(np.eye(2))
    >>> builtin = fm.Mlp(depth=3, activation="tanh", weight_var=1.76, bias_var=0.05).ntk(np.eye(2))
    >>> bool(np.allclose(own, builtin, rtol=1e-12, atol=0))
    True
    """

    def __init__(
        self,
        fn: Callable[[Floats], Any],
        derivative: Callable[[Floats], Any] | None = None,
        *,
        name: str | None = None,
        breakpoints: Iterable[float] = (),
    ) -> None:
        if not callable(fn):
            raise ArgumentTypeError(f"fn must be callable, got {fn!r}")
        if derivative is not None and not callable(derivative):
            raise ArgumentTypeError(f"derivative must be callable, got {derivative!r}")
        self.fn = fn
        self.derivative = derivative
        self.name = str(name if name is not None else getattr(fn, "__name__", "custom"))
        if self.name in (known := {entry[0] for entry in _core.activations()}):
            if name is not None:
                raise ArgumentError(f"name must differ from the built-in activations {sorted(known)}, got {name!r}")
            self.name = f"custom-{self.name}"
        self._given = tuple(float(b) for b in breakpoints)
        self._core = _core.CustomActivation(self.name, list(self._given), self._sample)
        self.breakpoints = tuple(self._core.breakpoints())

    def _sample(self, z: Floats) -> tuple[Floats, Floats | None]:
        with np.errstate(all="ignore"):
            values = _evaluated("fn", self.fn, z)
            return values, None if self.derivative is None else _evaluated("derivative", self.derivative, z)

    def __call__(self, z: ArrayLike) -> Floats:
        """φ by the polynomials that all computations use."""
        flat = vector("z", np.ravel(z))
        return self._core.value(flat).reshape(np.shape(z))

    def __repr__(self) -> str:
        return f"Activation({self.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.fn, self.derivative, self.name, self._given)


def _rebuilt(fn: Any, derivative: Any, name: str, breakpoints: tuple[float, ...]) -> Activation:
    return Activation(fn, derivative, name=name, breakpoints=breakpoints)


def _evaluated(name: str, fn: Callable[[Floats], Any], z: Floats) -> Floats:
    answer = np.asarray(fn(z.copy()))
    if answer.dtype.kind not in "fiub":
        raise ArgumentTypeError(f"{name} must return real numbers, got dtype {answer.dtype}")
    if answer.shape != z.shape:
        raise ArgumentError(
            f"{name} must return an array of the shape of its argument, {z.shape}, got {answer.shape}; "
            "it is called with an array, not with single numbers"
        )
    return np.ascontiguousarray(answer, dtype=np.float64)


def core(activation: str | Activation) -> str | _core.CustomActivation:
    """What the native module takes."""
    if isinstance(activation, Activation):
        return activation._core
    if isinstance(activation, str):
        return activation
    raise ArgumentTypeError(f"activation must be a name or an fm.Activation, got {activation!r}")


def activations() -> dict[str, str]:
    """The built-in activations: how each is written, and its formula.

    >>> import fathom_ntk as fm
    >>> fm.activations()["relu"]
    'max(0, z)'
    """
    return {form: formula for _, form, formula in _core.activations()}
