"""Networks of blocks of finite width."""

from __future__ import annotations

import numpy as np
import pytest

import fathom_ntk as fm

CNN = fm.Blocks.cnn([6, 2], 2, window=[3], padding="circular")
X = np.random.default_rng(0).normal(size=(2, 6, 2))


def test_the_mean_over_drawn_networks_is_that_of_infinite_width() -> None:
    found = CNN.sample(X, width=32, draws=2000, seed=3)
    infinite = CNN.ntk(X)
    for name, expected in zip(found.names, [infinite[0, 0], infinite[0, 1], infinite[1, 1]], strict=True):
        mean, error = found.mean(name)
        # Corrections of order 1/width to a kernel between different inputs, beside the standard error.
        assert abs(mean - expected) < 4.5 * error + 0.05 * abs(expected) * (name == "ntk(0,1)"), name


def test_a_drawn_kernel_is_the_one_that_is_sampled() -> None:
    draws = CNN.sample(X, width=16, draws=3, seed=5, keep_draws=True).draws
    assert draws is not None
    for index in range(3):
        kernel = CNN.drawn_ntk(X, width=16, seed=5, index=index).kernel
        np.testing.assert_allclose(draws[index], [kernel[0, 0], kernel[0, 1], kernel[1, 1]], rtol=1e-12)


def test_more_outputs_give_more_kernels() -> None:
    kernel = CNN.drawn_ntk(X, width=8, outputs=3, form="per_output").kernel
    assert kernel.shape == (3, 2, 2)
    np.testing.assert_allclose(kernel.sum(axis=0), CNN.drawn_ntk(X, width=8, outputs=3).kernel, rtol=1e-12)


def test_a_verdict_says_how_random_networks_are() -> None:
    narrow, wide = (CNN.verdict(X, width=width, draws=400, seed=1) for width in (8, 128))
    assert narrow.findings["random"]["value"] > 2.0 * wide.findings["random"]["value"]
    assert wide.in_regime


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(fm.ArgumentError, match="at least 1, got 0"):
        CNN.sample(X, width=0)
    with pytest.raises(fm.ArgumentError, match="shape"):
        CNN.drawn_ntk(np.ones((2, 5, 2)))
    with pytest.raises(TypeError):
        CNN.sample(X, drawz=3)
