"""Weights of given networks: as lists, mappings of names, or files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from . import _core
from ._activation import Activation, core
from ._arrays import Floats, choice, numbers, rows
from ._errors import ArgumentError, ArgumentTypeError
from ._results import EmpiricalNtk

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Weights: TypeAlias = "str | Path | Mapping[str, Any] | Sequence[Any]"


def named_arrays(name: str, weights: Weights) -> list[tuple[str, Floats]]:
    """Arrays with their names, in order."""
    if isinstance(weights, str | Path):
        arrays = _file(name, Path(weights))
    elif isinstance(weights, Mapping):
        arrays = dict(_flattened("", weights))
    elif isinstance(weights, Sequence):
        arrays = _numbered(name, weights)
    else:
        raise ArgumentTypeError(
            f"{name} must be a list of arrays, a mapping from names to arrays, or a file, got {type(weights).__name__}"
        )
    return [(key, numbers(f"{name}[{key!r}]", _array(value))) for key, value in arrays.items()]


def _array(value: Any) -> Any:
    # Tensors of PyTorch, on any device.
    for step in ("detach", "cpu"):
        value = getattr(value, step)() if hasattr(value, step) else value
    return value


def _flattened(prefix: str, tree: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in tree.items():
        path = f"{prefix}/{key}" if prefix else str(key)
        found.extend(_flattened(path, value) if isinstance(value, Mapping) else [(path, value)])
    return found


def _numbered(name: str, weights: Sequence[Any]) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    layer = 0
    for item in weights:
        for value in item if isinstance(item, tuple) else (item,):
            if value is None:
                continue
            if np.ndim(_array(value)) == 1:
                if not layer or f"b{layer}" in arrays:
                    raise ArgumentError(f"{name}: biases must follow the matrix of their layer")
                arrays[f"b{layer}"] = value
            else:
                layer += 1
                arrays[f"W{layer}"] = value
    return arrays


def _file(name: str, path: Path) -> dict[str, Any]:
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    if path.suffix == ".safetensors":
        try:
            from safetensors.numpy import load_file
        except ImportError as error:
            raise ImportError("files of weights (.safetensors) need safetensors: pip install safetensors") from error
        return dict(load_file(path))
    raise ArgumentError(f"{name}: files must be .npz or .safetensors, got {path}")


def empirical_ntk(
    weights: Weights,
    x: ArrayLike,
    *,
    activation: str | Activation = "relu",
    compare: Weights | None = None,
    layers: Sequence[str] = (),
    orientation: str | None = None,
    parameterization: str = "standard",
    train_biases: bool = True,
    weight_var: float | Sequence[float] | None = None,
    bias_var: float | Sequence[float] | None = None,
    form: str = "trace",
    dtype: str = "float64",
    memory: int = 1 << 30,
    infinite_rows: int = 100,
) -> EmpiricalNtk:
    """The empirical NTK of a fully connected network whose weights are given.

    Args:
        weights: `[W1, b1, W2, …]` or `[(W1, b1), …]`; a mapping from names to arrays or tensors, such as
            `model.state_dict()` or the parameters of Flax, Keras and Haiku; or a `.npz` or `.safetensors` file.
        x: inputs, one a row.
        activation: φ.
        compare: a later checkpoint: also how the kernel changed.
        layers: names of the layers in their order; by default all, 2 before 10.
        orientation: `out-in` (PyTorch) or `in-out` (Flax, Keras); by default from names and shapes.
        parameterization: `standard` for gradients with respect to the weights themselves, or `ntk`, `hanin-nica`.
        train_biases: whether biases are trained.
        weight_var: variance σ_w² of the weights times fan-in, else estimated.
        bias_var: variance σ_b² of the biases, else estimated.
        form: `trace` (the sum over outputs), `per_output` or `full`.
        dtype: of the products, `float64` or `float32`.
        memory: most bytes of working memory.
        infinite_rows: most inputs for which the infinitely wide network is compared.

    >>> import numpy as np
    >>> import fathom_ntk as fm
    >>> linear = {"fc.weight": np.array([[1.0, 2.0]]), "fc.bias": np.zeros(1)}
    >>> fm.empirical_ntk(linear, np.eye(2)).kernel  # x·x′ + 1
    array([[2., 1.],
           [1., 2.]])
    """
    arrays, report = _core.empirical_ntk(
        named_arrays("weights", weights),
        None if compare is None else named_arrays("compare", compare),
        rows("x", x),
        "x",
        core(activation),
        list(layers),
        orientation,
        parameterization,
        train_biases,
        weight_var,
        bias_var,
        choice("form", form, ("trace", "per_output", "full")),
        np.dtype(dtype).name,
        memory,
        infinite_rows,
    )
    return EmpiricalNtk(arrays, report)
