from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[np.float64]
_Report: TypeAlias = tuple[dict[str, Any], str]
_Progress: TypeAlias = Callable[[int, int], object] | None

__all__ = [
    "VERSION",
    "Architecture",
    "Blocks",
    "CustomActivation",
    "activations",
    "depth",
    "depth_of_images",
    "depth_on_data",
    "drawn_ntk",
    "edge_of_chaos",
    "edge_of_chaos_curve",
    "empirical_ntk",
    "kernels",
    "log_depths",
    "moments",
    "one_hot",
    "phase",
    "phase_diagram",
    "predict",
    "predict_iteratively",
    "reproduce",
    "sample",
    "select",
    "selftest",
    "sweep",
    "train",
    "verdict",
]

VERSION: str

@final
class Blocks:
    def __new__(cls, text: str) -> Blocks: ...
    @staticmethod
    def from_toml(text: str) -> Blocks: ...
    @staticmethod
    def resnet(
        features: int, depth: int, activation: str, weight_var: float, bias_var: float, scaling: str
    ) -> Blocks: ...
    @staticmethod
    def cnn(
        shape: Sequence[int],
        depth: int,
        window: Sequence[int],
        padding: str,
        activation: str,
        weight_var: float,
        bias_var: float,
        scaling: str | None,
        ending: str,
    ) -> Blocks: ...
    def with_widths(self, width: int, outputs: int) -> Blocks: ...
    def to_dict(self) -> dict[str, Any]: ...
    @property
    def depth(self) -> int: ...
    @property
    def features(self) -> int: ...

@final
class CustomActivation:
    def __new__(
        cls, name: str, breakpoints: Sequence[float], sample: Callable[[_Floats], tuple[_Floats, _Floats | None]]
    ) -> CustomActivation: ...
    def value(self, z: _Floats) -> _Floats: ...
    def breakpoints(self) -> list[float]: ...

@final
class Architecture:
    def __new__(
        cls,
        widths: str | Sequence[int] | None,
        depth: int | None,
        activation: str | CustomActivation | None,
        weight_var: float | Sequence[float] | None,
        bias_var: float | Sequence[float] | None,
        biases: str | None,
        parameterization: str | None,
        weight_law: str | None,
    ) -> Architecture: ...
    @staticmethod
    def from_toml(text: str) -> Architecture: ...
    def to_toml(self) -> str: ...
    def to_dict(self) -> dict[str, Any]: ...
    @property
    def depth(self) -> int: ...
    @property
    def widths(self) -> list[int] | None: ...

def activations() -> list[tuple[str, str, str]]: ...
def one_hot(classes: Sequence[int], count: int) -> _Floats: ...
def kernels(
    network: Architecture | Blocks,
    x1: _Floats,
    x2: _Floats | None,
    kind: str,
    scale: str,
    precision: str,
    memory: int | None,
    progress: _Progress,
) -> tuple[list[NDArray[Any]], list[int], dict[str, Any]]: ...
def phase(network: Architecture, input_mean_square: float | None) -> _Report: ...
def edge_of_chaos(activation: str | CustomActivation, bias_var: float) -> _Report: ...
def edge_of_chaos_curve(activation: str | CustomActivation, bias_vars: tuple[float, float], points: int) -> _Report: ...
def phase_diagram(
    activation: str | CustomActivation, weight_vars: _Floats, bias_vars: _Floats, first_variance: float | None
) -> _Report: ...
def moments(
    network: Architecture,
    x: float | _Floats,
    other: _Floats | None,
    cosine: float | None,
    source: str,
    target: float,
    first_order: bool,
    per_layer: bool,
) -> _Report: ...
def verdict(
    network: Architecture | Blocks,
    data: float | _Floats | None,
    source: str,
    random: tuple[float, float],
    moves: tuple[float, float],
    steps: tuple[float, float],
    learning_rate: float | None,
    target: float,
    tolerance: float,
    sample: int | None,
    seed: int,
    draws: int | None,
) -> _Report: ...
def sample(
    network: Architecture | Blocks,
    x: _Floats,
    source: str,
    observables: str,
    draws: int | None,
    seed: int,
    method: str | None,
    target: float,
    step: float,
    covariances: bool,
    target_error: float | None,
    max_time: float | None,
    threads: int | None,
    keep: bool,
    progress: _Progress,
) -> tuple[_Report, _Floats | None]: ...
def drawn_ntk(
    network: Blocks,
    x: _Floats,
    source: str,
    form: str,
    memory: int,
    infinite_rows: int,
    stream: tuple[int, int],
) -> tuple[list[_Floats], _Report]: ...
def empirical_ntk(
    arrays: Sequence[tuple[str, _Floats]],
    later: Sequence[tuple[str, _Floats]] | None,
    x: _Floats,
    source: str,
    activation: str | CustomActivation,
    layers: Sequence[str],
    orientation: str | None,
    parameterization: str,
    train_biases: bool,
    weight_var: float | Sequence[float] | None,
    bias_var: float | Sequence[float] | None,
    form: str,
    precision: str,
    memory: int,
    infinite_rows: int,
) -> tuple[list[_Floats], _Report]: ...
def predict(
    network: Architecture | Blocks,
    x_train: _Floats,
    targets: _Floats,
    x_test: _Floats,
    test_targets: _Floats | None,
    classes: int | None,
    test_classes: Sequence[int] | None,
    source: str,
    method: str,
    times: Sequence[float],
    learning_rate: float,
    steps: Sequence[int] | None,
    ridge: float,
    relative: bool,
    covariance: str,
    memory: int | None,
) -> tuple[_Floats, _Floats | None, _Floats, _Report]: ...
def predict_iteratively(
    network: Architecture | Blocks,
    x_train: _Floats,
    targets: _Floats,
    x_test: _Floats,
    test_targets: _Floats | None,
    classes: int | None,
    test_classes: Sequence[int] | None,
    source: str,
    method: str,
    ridge: float,
    relative: bool,
    tolerance: float,
    max_iterations: int,
    rank: int,
    seed: int,
    hold: str,
    progress: _Progress,
) -> tuple[_Floats, _Floats | None, _Floats, _Report]: ...
def depth(
    network: Architecture,
    scaling: str | None,
    mean_squares: tuple[float, float],
    cosine: float,
    epsilon: float,
    depths: Sequence[int],
    progress: _Progress,
) -> _Report: ...
def depth_of_images(
    network: Blocks, x: _Floats, y: _Floats, epsilon: float, depths: Sequence[int], progress: _Progress
) -> _Report: ...
def depth_on_data(
    network: Architecture | Blocks,
    scaling: str | None,
    x_train: _Floats,
    targets: _Floats,
    x_test: _Floats,
    test_targets: _Floats | None,
    depths: Sequence[int],
    progress: _Progress,
) -> _Report: ...
def log_depths(first: int, last: int, per_decade: int) -> list[int]: ...
def select(
    networks: Sequence[Architecture | Blocks],
    x: _Floats,
    targets: _Floats | None,
    classes: Sequence[int] | None,
    source: str,
    kernel: str,
    criterion: str,
    ridges: Sequence[float],
    relative: bool,
) -> _Report: ...
def selftest(text: str | None) -> _Report: ...
def train(
    network: Architecture,
    data: tuple[_Floats, _Floats, Sequence[int] | None],
    test: tuple[_Floats, _Floats, Sequence[int] | None] | None,
    source: str,
    arguments: dict[str, Any],
    keep: bool,
    progress: _Progress,
) -> tuple[dict[str, _Floats], list[tuple[_Floats, _Floats | None]], _Floats | None, _Report]: ...
def reproduce(
    study: str,
    scale: str,
    seed: int,
    images: tuple[_Floats, _Floats] | None,
    command: str,
    threads: int | None,
    progress: _Progress,
) -> _Report: ...
def sweep(
    base: Architecture | None,
    settings: Sequence[tuple[str, str]],
    grid: Sequence[tuple[str, Sequence[str]]],
    what: Any,
    source: str,
    threads: int | None,
    progress: _Progress,
) -> _Report: ...
