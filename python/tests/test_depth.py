"""What depth does to the kernel."""

from typing import Any

import numpy as np
import pytest

import fathom_ntk as fm


def test_ratios_are_those_of_the_kernels_and_tend_to_the_limit() -> None:
    found = fm.depth(fm.Mlp(depth=2), cosine=0.3, depths=[1, 4, 40, 100_000])
    x = np.array([[1.0, 0.0], [0.3, np.sqrt(1 - 0.09)]]) * np.sqrt(2.0)
    for depth, ratio in zip((1, 4, 40), found.ratios, strict=False):
        kernel = fm.Mlp(depth=depth).ntk(x)
        assert ratio == pytest.approx(kernel[0, 1] / kernel[0, 0], rel=1e-12)
    assert found.ratio_limit == 0.25
    assert abs(found.errors[-1] / found.predicted[-1] - 1.0) < 1e-3
    # 3/8 ln L / L at leading order; the next term is of order 1/L.
    assert found.errors[-1] == pytest.approx(0.375 * np.log(1e5) / 1e5, rel=0.3)
    assert found.needed["verified"] > 100
    # (2√2)/(3π) of the expansion of the correlation map.
    assert found.constants["s"] == pytest.approx(2 * np.sqrt(2) / (3 * np.pi), rel=1e-12)


def test_phases_and_residual_networks_have_their_limits() -> None:
    critical = fm.eoc("tanh", 0.05).weight_var
    assert fm.depth(
        fm.Mlp(depth=2, activation="tanh", weight_var=critical, bias_var=0.05)
    ).ratio_limit == pytest.approx(1 / 3)
    ordered = fm.depth(fm.Mlp(depth=2, activation="tanh", weight_var=0.5, bias_var=0.05), depths=[2, 50])
    assert ordered.ratio_limit == 1.0
    assert abs(ordered.errors[1]) < 1e-6
    assert fm.depth(fm.Mlp(depth=2, activation="tanh", weight_var=3.0, bias_var=0.05), depths=[2]).ratio_limit == 0.0
    assert fm.depth(fm.Mlp(depth=2), scaling=1.0, depths=[2, 100]).ratio_limit == 0.25
    with pytest.raises(fm.ArgumentError, match="branch scaling"):
        fm.depth(fm.Mlp(depth=2), scaling="l")


def test_deep_regression_tends_to_its_limit() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 5))
    x *= np.sqrt(5) / np.linalg.norm(x, axis=1, keepdims=True)
    y = rng.normal(size=8)
    found = fm.depth_on_data(fm.Mlp(depth=2), x[:6], y[:6], x[6:], y[6:], depths=[3, 3000])
    limit = found.predictor_limit
    assert limit is not None
    np.testing.assert_allclose(limit.ravel(), y[:6].sum() / 9, rtol=1e-12)
    deep = fm.predict.gradient_descent(fm.Mlp(depth=3000), x[:6], y[:6], x[6:]).mean
    last = found.rows[1]["trained"]
    assert np.abs(deep - limit).max() == pytest.approx(last["from_limit"]["max"], rel=1e-6)
    np.testing.assert_allclose(last["mean"], deep.ravel(), rtol=1e-9)
    condition = np.linalg.cond(fm.Mlp(depth=3).ntk(x[:6]))
    assert found.rows[0]["trained"]["condition"]["value"] == pytest.approx(condition, rel=1e-9)


def test_images_in_circular_networks_are_regressed_as_by_their_kernels() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(8, 10)), rng.normal(size=8)

    def net(depth: int, **more: Any) -> fm.Blocks:
        # The dense layer behind the places counts.
        return fm.Blocks.cnn([5, 2], depth=depth - 1, window=[3], padding="circular", ending="flatten", **more)

    found = fm.depth_on_data(net(2), x[:6], y[:6], x[6:], y[6:], depths=[3, 3000])
    images = x.reshape(8, 5, 2)
    again = fm.depth_on_data(net(2), images[:6], y[:6], images[6:], y[6:], depths=[3, 3000])
    assert again.to_dict() == found.to_dict()
    theta = net(3).ntk(x)
    trained = found.rows[0]["trained"]
    mean = theta[6:, :6] @ np.linalg.solve(theta[:6, :6], y[:6])
    np.testing.assert_allclose(trained["mean"], mean, rtol=1e-9)
    eigenvalues = np.linalg.eigvalsh(theta[:6, :6])
    assert trained["lambda_max"]["value"] == pytest.approx(eigenvalues[-1], rel=1e-11)
    assert trained["lambda_min"]["value"] == pytest.approx(eigenvalues[0], rel=1e-9)
    # Mean squares over all places take the place of norms.
    norms = np.sqrt((x**2).mean(axis=1))
    assert found.predictor_limit is not None
    np.testing.assert_allclose(found.predictor_limit.ravel(), norms[6:] * (y[:6] / norms[:6]).sum() / 9, rtol=1e-12)
    assert found.rows[1]["trained"]["from_limit"]["max"] < 0.02
    pair = fm.depth(net(2), x[0], x[1].reshape(5, 2), depths=[3, 1000])
    assert pair.ratios[0] == pytest.approx(theta[0, 1] / np.sqrt(theta[0, 0] * theta[1, 1]), rel=1e-11)
    assert pair.ratio_limit == 0.25
    with pytest.raises(fm.ArgumentError, match="two images"):
        fm.depth(net(2), x[0])
    with pytest.raises(fm.ArgumentError, match="x and y are images"):
        fm.depth(fm.Mlp(depth=2), x[0], x[1])
    with pytest.raises(fm.ArgumentError, match="residual blocks of its own"):
        fm.depth_on_data(net(2), x, y, x, scaling=1.0)
    with pytest.raises(fm.NotAvailableError, match="circular padding"):
        fm.depth_on_data(fm.Blocks.cnn([5, 2], depth=2, window=[3]), x, y, x)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: fm.depth("relu"), TypeError, "net must be"),  # type: ignore[arg-type]
        (lambda net: fm.depth(net, cosine=2.0), ValueError, "cosine must be between"),
        (lambda net: fm.depth(net, epsilon=0.0), ValueError, "epsilon"),
        (lambda net: fm.depth(net, depths=[5, 3]), ValueError, "depths must increase"),
        (lambda net: fm.depth_on_data(net, [[1.0]], [1.0], [[1.0, 2.0]]), ValueError, "x_test has 2"),
    ],
)
def test_wrong_arguments_say_what_is_wrong(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(fm.Mlp(depth=2))
