"""Draws the figures of the guide: `python docs/guide/figures.py`, with the package installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_digits

import fathom_ntk as fm

mpl.use("Agg")

from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

FOLDER = Path(__file__).parent / "figures"


def kernel(ax: Axes) -> None:
    """The NTK of forty digits."""
    fm.Mlp("64,256x4,10").kernels(load_digits().data[:40] / 16).plot(ax)


def sample(ax: Axes) -> None:
    """Θ(x, x) of 20,000 networks."""
    fm.Mlp("64,256x4,10").sample(load_digits().data[0] / 16, draws=20_000, seed=1).plot(ax)


def verdict(ax: Axes) -> None:
    """The findings of a deep, narrow network."""
    fm.Mlp("64,100x49,10").verdict(load_digits().data / 16).plot(ax)


def phase(ax: Axes) -> None:
    """The susceptibility of tanh over the variances."""
    fm.phase_diagram("tanh", np.linspace(0.5, 4, 30), np.linspace(0.01, 1, 15)).plot(ax)


def regression(ax: Axes) -> None:
    """A sine learnt from eight points."""
    points = np.array([-2.8, -2.2, -1.5, -0.4, 0.2, 1.0, 2.1, 2.6]).reshape(-1, 1)
    net = fm.Mlp(depth=4, activation="erf", weight_var=3.0, bias_var=0.3)
    grid = np.linspace(-3, 3, 121).reshape(-1, 1)
    fm.predict.gradient_descent(net, points, np.sin(points), grid, covariance="diagonal").plot(ax)


def draw(figure: Callable[[Axes], None]) -> None:
    """Draw one figure into a file of its name."""
    drawing, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    figure(ax)
    drawing.savefig(FOLDER / f"{figure.__name__}.png", dpi=110, metadata={"Software": None})
    plt.close(drawing)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one in (kernel, sample, verdict, phase, regression):
        draw(one)
