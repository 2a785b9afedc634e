"""Results of the methods of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import ArgumentError
from ._plotting import axes
from ._report import Report, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ._arrays import Floats


class Kernels:
    """NNGP and NTK of all pairs of inputs: each is 2 to the power of its exponent times its array.

    The exponents are 0 unless a kernel leaves the range of its numbers, as those of deep chaotic networks do.
    """

    def __init__(self, arrays: list[NDArray[Any]], exponents: list[int], summary: dict[str, Any]) -> None:
        self.nngp, self.ntk = arrays
        self.nngp_exponent, self.ntk_exponent = exponents
        self._summary = summary

    def to_dict(self) -> dict[str, Any]:
        """Shape, method and mean diagonals, and the matrices as lists."""
        return {**self._summary, "nngp": self.nngp.tolist(), "ntk": self.ntk.tolist()}

    def __repr__(self) -> str:
        lines = [f"Kernels of {self.ntk.shape[0]} inputs with {self.ntk.shape[1]}, by method {self._summary['method']}"]
        for name, kernel, exponent in [
            ("NNGP", self.nngp, self.nngp_exponent),
            ("NTK ", self.ntk, self.ntk_exponent),
        ]:
            scale = f", times 2^{exponent}" if exponent else ""
            lines.append(f"  {name}  {kernel.dtype}, from {kernel.min():.6g} to {kernel.max():.6g}{scale}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{self!r}</pre>"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the NTK as an image."""
        return _image(ax, self.ntk, "Θ(x, x′)")


def _image(ax: Axes | None, matrix: NDArray[Any], label: str) -> Axes:
    ax = axes(ax)
    ax.figure.colorbar(ax.imshow(matrix, interpolation="nearest"), ax=ax, label=label)
    ax.set(xlabel="input", ylabel="input")
    return ax


class Moments(Report):
    """Mean, variance and first update of the NTK Θ(x, x) of a network of finite width, at initialisation."""

    @property
    def exact(self) -> bool:
        """Whether the moments are exact (ReLU), not to first order in 1/width."""
        return "not_available" not in self._data["exact"]

    def _first_order(self) -> dict[str, float]:
        found = self._data["first_order"]
        if found is None or "not_available" in found:
            return {}
        keys = ("ntk", "ntk_mean_shift", "ntk_variance", "relative_variance")
        return {key: value for key in keys if (value := number(found[key])) is not None}

    @property
    def mean(self) -> float | None:
        """E Θ; to first order in 1/width unless `exact`, and `None` where that is not known."""
        if self.exact:
            return number(self._data["exact"]["mean"])
        found = self._first_order()
        return found["ntk"] + found["ntk_mean_shift"] if found else None

    @property
    def variance(self) -> float | None:
        """Var Θ; likewise."""
        return number(self._data["exact"]["variance"]) if self.exact else self._first_order().get("ntk_variance")

    @property
    def dispersion(self) -> float | None:
        """E Θ² / (E Θ)², one for a kernel that does not fluctuate; likewise."""
        if self.exact:
            return number(self._data["exact"]["dispersion"])
        found = self._first_order()
        return 1.0 + found["relative_variance"] if found else None

    @property
    def relative_std(self) -> float | None:
        """The standard deviation of Θ over its mean; likewise."""
        if self.exact:
            return number(self._data["exact"]["relative_std"])
        found = self._first_order()
        return float(np.sqrt(max(found["relative_variance"], 0.0))) if found else None

    @property
    def log_range(self) -> tuple[float, float] | None:
        """Logarithms of the ends of a range that holds Θ with probability 0.9."""
        found = self._data["log_range"]
        if not isinstance(found, list):
            return None
        return float(found[0]), float(found[1])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what each layer adds to the variance; needs `per_layer=True`."""
        layers = self._data.get("per_layer")
        if not layers or "variance" not in layers:
            raise ArgumentError("the plot of moments needs per_layer=True")
        ax = axes(ax)
        shares = [number(value) or 0.0 for value in layers["variance"]]
        ax.bar(np.arange(1, len(shares) + 1), shares)
        ax.set(xlabel="hidden layer", ylabel="contribution to the relative variance, times width")
        return ax


class Sample(Report):
    """Networks drawn at random: estimates of the moments of their NTK, with error bars, beside the theory."""

    def __init__(self, report: tuple[dict[str, Any], str], draws: Floats | None) -> None:
        super().__init__(report)
        self.draws = draws
        """All draws, one row a network and one column an observable, with `keep_draws=True`; NaN: undefined."""

    @property
    def count(self) -> int:
        """Networks drawn."""
        return int(self._data["draws"])

    @property
    def names(self) -> list[str]:
        """The observables."""
        return [str(observable["name"]) for observable in self._data["observables"]]

    def observable(self, name: str | None = None) -> dict[str, Any]:
        """Everything that is known of an observable, the first one by default."""
        names = self.names
        if name is None:
            name = names[0]
        if name not in names:
            raise ArgumentError(f"name must be one of {', '.join(names)}, got {name!r}")
        found: dict[str, Any] = self.to_dict()["observables"][names.index(name)]
        return found

    def _estimate(self, quantity: str, name: str | None) -> tuple[float, float]:
        estimate = self.observable(name)[quantity]
        if estimate is None:
            return np.nan, np.nan
        value, error = number(estimate["value"]), number(estimate["standard_error"])
        return (np.nan if value is None else value), (np.nan if error is None else error)

    def mean(self, name: str | None = None) -> tuple[float, float]:
        """The mean of an observable and its standard error."""
        return self._estimate("mean", name)

    def variance(self, name: str | None = None) -> tuple[float, float]:
        """The variance of an observable and its standard error."""
        return self._estimate("variance", name)

    def dispersion(self, name: str | None = None) -> tuple[float, float]:
        """E X² / (E X)² of an observable and its standard error."""
        return self._estimate("dispersion", name)

    def relative_std(self, name: str | None = None) -> tuple[float, float]:
        """The standard deviation of an observable over its mean, and the standard error of that."""
        return self._estimate("relative_std", name)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the histogram of the first observable and its mean."""
        ax = axes(ax)
        observable = self.observable()
        histogram = observable["histogram"]
        if histogram is None:
            raise ArgumentError("this sample has no histogram: too few draws, or undefined ones")
        bins = histogram["bins"]
        edges = [number(one["low"]) or 0.0 for one in bins] + [number(bins[-1]["high"]) or 0.0]
        ax.stairs([float(one["count"]) for one in bins], edges, fill=True)
        if edges[0] > 0.0 and not np.isclose(edges[1] - edges[0], edges[-1] - edges[-2]):
            ax.set_xscale("log")
        ax.axvline(self.mean()[0], color="black", label="mean")
        ax.set(xlabel=observable["name"], ylabel="networks")
        ax.legend()
        return ax


class Verdict(Report):
    """Does NTK theory describe this network, and can it be trained?"""

    @property
    def verdict(self) -> str:
        """`in_regime`, `in_regime_untrainable`, `borderline` or `outside`."""
        return str(self._data["class"])

    @property
    def in_regime(self) -> bool:
        """Whether the network is in the NTK regime and trainable."""
        return self.verdict == "in_regime" and self.findings["trainable"]["level"] == "good"

    @property
    def findings(self) -> dict[str, dict[str, Any]]:
        """The three questions, `random`, `moves` and `trainable`: level, value and thresholds."""
        return {finding["question"]: finding for finding in self.to_dict()["findings"]}

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the findings over what is fine, and where it becomes bad."""
        ax = axes(ax)
        findings = self.findings
        colours = {"good": "tab:green", "borderline": "tab:orange", "bad": "tab:red", "unknown": "tab:gray"}
        for place, finding in enumerate(findings.values()):
            value, fine = number(finding["value"]), finding["threshold"]["within"]
            ax.plot([finding["threshold"]["outside"] / fine], [place], "|", color="black", markersize=20, zorder=3)
            if value is not None and 0.0 < value < np.inf:
                ax.barh(place, value / fine, color=colours[finding["level"]])
        ax.axvline(1.0, color="black", linestyle=":")
        ax.set_xscale("log")
        ax.set_yticks(range(len(findings)), [f"{name}: {finding['level']}" for name, finding in findings.items()])
        ax.set(xlabel="over what is fine (short mark: from where it is bad)")
        ax.invert_yaxis()
        return ax


class EmpiricalNtk(Report):
    """The empirical NTK of a network with given weights."""

    def __init__(self, arrays: list[Floats], report: tuple[dict[str, Any], str]) -> None:
        super().__init__(report)
        self.kernel: Floats = np.stack(arrays) if self._data["form"] == "per_output" else arrays[0]
        """Θ: (n, n) summed over outputs, (outputs, n, n) for each, or (n·outputs, n·outputs) in full."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the kernel, summed over outputs."""
        matrix = self.kernel.sum(axis=0) if self.kernel.ndim == 3 else self.kernel
        return _image(ax, matrix, "Θ(x, x′)")
