"""Networks of blocks: convolutions, residual connections, pooling, normalisation."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._arrays import Floats, choice, numbers, real, rows, whole
from ._core import Blocks as CoreBlocks
from ._errors import ArgumentError, ArgumentTypeError
from ._finite import drawn, judged
from ._kernels import InfiniteNetwork
from ._results import EmpiricalNtk, Sample, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike


class Blocks(InfiniteNetwork):
    """A network put together from blocks: at infinite width, and drawn at random at finite width.

    Args:
        shape: of an input, `[features]`, `[length, channels]` or `[height, width, channels]`.
        blocks: dictionaries in the order of the data, each with its `type`: `dense`, `conv`, `activation`, `residual`,
            `average-pool`, `global-average-pool`, `flatten`, `layer-norm`; the other keys as in the TOML form.
        parameterization: `ntk` or `standard`.

    Raises:
        ArgumentError: for unknown keys, and for shapes that do not fit together: it names the block and both shapes.

    >>> import fathom_ntk as fm
    >>> net = fm.Blocks([8, 8, 3], [
    ...     {"type": "conv", "filter": [3, 3]},
    ...     {"type": "activation", "function": "relu"},
    ...     {"type": "global-average-pool"},
    ...     {"type": "dense"},
    ... ])
    >>> net.depth
    2
    """

    _core: CoreBlocks

    def __init__(
        self,
        shape: Sequence[int],
        blocks: Iterable[Mapping[str, Any]],
        *,
        parameterization: str = "ntk",
    ) -> None:
        choice("parameterization", parameterization, ("ntk", "standard"))
        listed = list(blocks)
        if wrong := [block for block in listed if not isinstance(block, Mapping)]:
            raise ArgumentTypeError(f"blocks must be dictionaries, got {wrong[0]!r}")
        description = {
            "input": _sizes("shape", shape),
            "block": [dict(block) for block in listed],
            "parameterization": parameterization,
        }
        try:
            text = json.dumps(description, allow_nan=False, default=_plain)
        except (TypeError, ValueError, RecursionError) as error:
            raise ArgumentTypeError(f"blocks must hold finite numbers, texts and lists only: {error}") from error
        self._core = CoreBlocks(text)

    @classmethod
    def _of(cls, core: CoreBlocks) -> Blocks:
        made = cls.__new__(cls)
        made._core = core
        return made

    @classmethod
    def from_toml(cls, text: str) -> Blocks:
        """The network of a TOML document with `input` and `[[block]]` tables: a file of the command's `--network`."""
        return cls._of(CoreBlocks.from_toml(text))

    @classmethod
    def resnet(
        cls,
        features: int,
        depth: int,
        *,
        activation: str = "relu",
        weight_var: float = 2.0,
        bias_var: float = 0.0,
        scaling: float | str = 1.0,
    ) -> Blocks:
        """Fully connected residual layers z + λ_l·(W φ(z) + b) after a dense one.

        Args:
            features: of an input.
            depth: number of weight layers.
            activation: φ by its name.
            weight_var: σ_w².
            bias_var: σ_b².
            scaling: λ_l²: a number, `"1/l"`, `"l^-p"` or `"1/L"`.

        >>> import fathom_ntk as fm
        >>> x = [[1.0, 1.0]]  # |x|²/2 = 1, and every layer doubles the variance
        >>> fm.Blocks.resnet(2, 3).nngp(x).item()
        8.0
        """
        sizes = whole("features", features), whole("depth", depth)
        variances = real("weight_var", weight_var), real("bias_var", bias_var)
        return cls._of(CoreBlocks.resnet(*sizes, activation, *variances, str(scaling)))

    @classmethod
    def cnn(
        cls,
        shape: Sequence[int],
        depth: int,
        *,
        window: Sequence[int] = (3, 3),
        padding: str = "same",
        activation: str = "relu",
        weight_var: float = 2.0,
        bias_var: float = 0.0,
        scaling: float | str | None = None,
        ending: str = "global-average-pool",
    ) -> Blocks:
        """Convolutions with φ between them, then `ending` and a dense layer.

        Args:
            shape: of an input, `[length, channels]` or `[height, width, channels]`.
            depth: number of convolutions.
            window: its sizes.
            padding: `same`, `circular` or `valid`.
            activation: φ by its name.
            weight_var: σ_w².
            bias_var: σ_b².
            scaling: λ_l² of a residual network; by default there are no residual connections.
            ending: `global-average-pool` or `flatten`.

        >>> import fathom_ntk as fm
        >>> fm.Blocks.cnn([8, 8, 3], 3).depth
        4
        """
        choice("padding", padding, ("same", "circular", "valid"))
        choice("ending", ending, ("global-average-pool", "flatten"))
        core = CoreBlocks.cnn(
            _sizes("shape", shape), whole("depth", depth), _sizes("window", window),
            padding, activation, real("weight_var", weight_var), real("bias_var", bias_var),
            None if scaling is None else str(scaling), ending,
        )  # fmt: skip
        return cls._of(core)

    @property
    def depth(self) -> int:
        """Number of weight layers on the longest way."""
        return self._core.depth

    @property
    def input(self) -> tuple[int, ...]:
        """The shape of an input, channels last."""
        return tuple(self.to_dict()["input"])

    def to_dict(self) -> dict[str, Any]:
        """The description with all defaults filled in."""
        return self._core.to_dict()

    def _finite(self, width: int, outputs: int) -> CoreBlocks:
        return self._core.with_widths(whole("width", width), whole("outputs", outputs))

    def sample(self, x: ArrayLike, *, width: int = 64, outputs: int = 1, **options: Any) -> Sample:
        """Draw networks of finite width at random and estimate the moments of their NTK.

        Args:
            x: inputs: images of the shape of an input, or their numbers in rows.
            width: of blocks that name none.
            outputs: of the last block with weights, if it names none.
            options: those of `Mlp.sample`.

        >>> import numpy as np
        >>> import fathom_ntk as fm
        >>> net = fm.Blocks.cnn([6, 2], 2, window=[3], padding="circular")
        >>> x = np.ones((1, 6, 2))
        >>> mean, error = net.sample(x, width=20, draws=500, seed=1).mean()
        >>> abs(mean - net.ntk(x).item()) < 4 * error  # exact in the mean for these
        True
        """
        return drawn(self._finite(width, outputs), self._inputs("x", x), "x", **options)

    def verdict(
        self,
        data: ArrayLike | None = None,
        *,
        sq_norm: float | None = None,
        width: int = 64,
        draws: int | None = None,
        **options: Any,
    ) -> Verdict:
        """Does NTK theory describe networks of these blocks at finite width, and can they be trained?

        Kernel and conditioning are those of infinite width; randomness and movement are measured on drawn networks.

        Args:
            data: inputs; without them, one of equal numbers and `sq_norm`.
            sq_norm: |x|² of a typical input; by default the number of its numbers.
            width: of blocks that name none.
            draws: networks; some hundreds by default.
            options: those of `Mlp.verdict`.
        """
        given = None if data is None else self._inputs("data", data)
        return judged(self._finite(width, 1), given, sq_norm, draws=draws, **options)

    def drawn_ntk(
        self,
        x: ArrayLike,
        *,
        width: int = 64,
        outputs: int = 1,
        seed: int = 0,
        index: int = 0,
        form: str = "trace",
        memory: int = 1 << 30,
        infinite_rows: int = 100,
    ) -> EmpiricalNtk:
        """The empirical NTK of one network of finite width, drawn at random.

        Args:
            x: inputs: images of the shape of an input, or their numbers in rows.
            width: of blocks that name none.
            outputs: of the last block with weights, if it names none.
            seed: of the random numbers.
            index: which network of the seed: that of `sample` with this number.
            form: `trace` (the sum over outputs), `per_output` or `full`.
            memory: most bytes of working memory.
            infinite_rows: most inputs for which the infinitely wide network is compared.

        >>> import numpy as np
        >>> import fathom_ntk as fm
        >>> net = fm.Blocks.resnet(2, 4)
        >>> net.drawn_ntk(np.eye(2), width=50, seed=1).kernel.shape
        (2, 2)
        """
        form = choice("form", form, ("trace", "per_output", "full"))
        arrays, report = _core.drawn_ntk(
            self._finite(width, outputs), self._inputs("x", x), "x", form, memory, infinite_rows, (seed, index)
        )
        return EmpiricalNtk(arrays, report)

    def _inputs(self, name: str, values: ArrayLike) -> Floats:
        array = numbers(name, values)
        shape = self.input
        if array.ndim == len(shape) + 1 and array.ndim > 2:
            if array.shape[1:] != shape:
                raise ArgumentError(f"{name} must be inputs of shape {shape}, got {array.shape[1:]}")
            array = array.reshape(len(array), math.prod(shape))
        array = rows(name, array)
        if array.shape[1] != self._core.features:
            raise ArgumentError(f"{name} must be inputs of shape {shape}, got rows of {array.shape[1]} numbers")
        return array

    def __repr__(self) -> str:
        return f"Blocks(input={list(self.input)}, {len(self.to_dict()['block'])} blocks, depth={self.depth})"

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Blocks) else NotImplemented

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_dict(), sort_keys=True))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (json.dumps(self.to_dict()),)


def _sizes(name: str, values: Any) -> list[int]:
    try:
        return [whole(name, value) for value in values]
    except TypeError as error:
        if isinstance(error, ArgumentTypeError):
            raise
        raise ArgumentTypeError(f"{name} must be a list of whole numbers, got {values!r}") from error


def _plain(value: Any) -> Any:
    """A number of NumPy as one of Python."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is none of these")


def _rebuilt(text: str) -> Blocks:
    return Blocks._of(CoreBlocks(text))
