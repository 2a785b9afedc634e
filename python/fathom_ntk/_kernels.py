"""Kernels of infinitely wide networks, whatever they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._arrays import Floats, choice, rows
from ._errors import RangeError
from ._progress import Callback, reporting
from ._results import Kernels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

_SCALES = ("none", "cosine", "depth")


class InfiniteNetwork:
    """A network whose kernels at infinite width are known."""

    _core: _core.Architecture | _core.Blocks

    def _inputs(self, name: str, values: ArrayLike) -> Floats:
        """Inputs, one a row."""
        return rows(name, values)

    def nngp(
        self,
        x1: ArrayLike,
        x2: ArrayLike | None = None,
        *,
        scale: str = "none",
        dtype: DTypeLike = np.float64,
        memory: int | None = None,
        progress: bool | Callback | None = None,
    ) -> NDArray[Any]:
        """The NNGP (the covariance of the outputs) of an infinitely wide network; arguments as of `ntk`."""
        return self._one_kernel("nngp", x1, x2, scale, dtype, memory, progress)

    def ntk(
        self,
        x1: ArrayLike,
        x2: ArrayLike | None = None,
        *,
        scale: str = "none",
        dtype: DTypeLike = np.float64,
        memory: int | None = None,
        progress: bool | Callback | None = None,
    ) -> NDArray[Any]:
        """The NTK of an infinitely wide network, of every row of `x1` with every row of `x2`.

        Args:
            x1: inputs, one a row; not copied if contiguous and of double precision.
            x2: the inputs of the columns; by default those of the rows.
            scale: divide by nothing (`none`), by √(K(x,x) K(x′,x′)) (`cosine`), or by K(x₀,x₀) of an input with
                |x₀|² = number of features (`depth`).
            dtype: float64, or float32 for half the memory and some six digits.
            memory: most bytes that may be used.
            progress: called as `progress(done, total)`; `True` for a bar where tqdm is installed.

        Returns:
            An array (rows of `x1`, rows of `x2`). Entries hold to 1e-12 relative, at any depth.

        Raises:
            RangeError: if the kernel leaves the range of its numbers: `kernels` gives it with an exponent.
            NotAvailableError: for a step, and for infinite width in the standard parameterization.
            MemoryLimitError: if `memory` does not suffice.
        """
        return self._one_kernel("ntk", x1, x2, scale, dtype, memory, progress)

    def kernels(
        self,
        x1: ArrayLike,
        x2: ArrayLike | None = None,
        *,
        scale: str = "none",
        dtype: DTypeLike = np.float64,
        memory: int | None = None,
        progress: bool | Callback | None = None,
    ) -> Kernels:
        """NNGP and NTK together, each with its binary exponent; arguments as of `ntk`."""
        return Kernels(*self._kernels("both", x1, x2, scale, dtype, memory, progress))

    def _one_kernel(
        self,
        kind: str,
        x1: ArrayLike,
        x2: ArrayLike | None,
        scale: str,
        dtype: DTypeLike,
        memory: int | None,
        progress: bool | Callback | None,
    ) -> NDArray[Any]:
        (kernel,), (exponent,), _ = self._kernels(kind, x1, x2, scale, dtype, memory, progress)
        if exponent:
            raise RangeError(
                f"the {kind} is 2^{exponent} times numbers that {np.dtype(dtype).name} can hold: kernels() gives it "
                "with this exponent, scale='cosine' or 'depth' without the growth"
            )
        return kernel

    def _kernels(
        self,
        kind: str,
        x1: ArrayLike,
        x2: ArrayLike | None,
        scale: str,
        dtype: DTypeLike,
        memory: int | None,
        progress: bool | Callback | None,
    ) -> tuple[list[NDArray[Any]], list[int], dict[str, Any]]:
        first, second = self._inputs("x1", x1), None if x2 is None else self._inputs("x2", x2)
        choice("scale", scale, _SCALES)
        with reporting(progress, "tiles") as callback:
            return _core.kernels(self._core, first, second, kind, scale, np.dtype(dtype).name, memory, callback)
