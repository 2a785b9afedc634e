"""Networks of blocks."""

import json
import pickle
from typing import Any

import numpy as np
import pytest

import fathom_ntk as fm

from .conftest import GOLDEN

PEER = json.loads((GOLDEN / "peer-composed.json").read_text())


@pytest.mark.parametrize("one", PEER["networks"], ids=lambda one: one["name"])
def test_kernels_are_those_of_the_peer(one: dict[str, Any]) -> None:
    x1, x2 = (np.array(PEER["inputs"][one[key]]) for key in ("x1", "x2"))
    net = fm.Blocks(x1.shape[1:], one["blocks"], parameterization=one["parameterization"])
    for kind, kernel in (("nngp", net.nngp(x1, x2)), ("ntk", net.ntk(x1, x2))):
        # The peer loses half of its digits where inputs are nearly parallel.
        np.testing.assert_allclose(kernel, np.array(one[kind], dtype=float), rtol=1e-6)
    flat = x1.reshape(len(x1), -1)
    np.testing.assert_array_equal(net.ntk(flat), net.ntk(x1))


def test_a_resnet_of_one_layer_is_linear_and_deeper_ones_follow_their_recursion() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_allclose(fm.Blocks.resnet(4, 1).ntk(x), 2 * x @ x.T / 4, rtol=1e-13)
    # On the diagonal, a branch with λ² = 1/2 and σ_w² = 2 adds half of the variance.
    deep = fm.Blocks.resnet(4, 3, scaling=0.5)
    np.testing.assert_allclose(np.diag(deep.nngp(x)), 1.5**2 * 2 * (x**2).mean(axis=1), rtol=1e-13)
    assert fm.Blocks.resnet(4, 5, scaling="1/l").to_dict()["block"][2]["lambda_sq"] == pytest.approx(1 / 3)


def test_cnn_ends_as_it_is_told() -> None:
    x = np.random.default_rng(1).normal(size=(2, 5, 5, 2))
    pooled, flat = fm.Blocks.cnn([5, 5, 2], 2), fm.Blocks.cnn([5, 5, 2], 2, ending="flatten")
    assert pooled.depth == flat.depth == 3
    assert pooled.input == (5, 5, 2)
    # Means over places have less variance than single places.
    assert (np.diag(pooled.nngp(x)) < np.diag(flat.nngp(x))).all()


def test_regression_on_images() -> None:
    rng = np.random.default_rng(2)
    x, net = rng.normal(size=(12, 4, 4, 1)), fm.Blocks.cnn([4, 4, 1], 2, bias_var=0.1)
    y = x.mean(axis=(1, 2, 3))
    found = fm.predict.gradient_descent(net, x[:10], y[:10], x[10:], ridge=0.1)
    kernel = net.ntk(x[:10]) + 0.1 * np.eye(10)
    expected = net.ntk(x[10:], x[:10]) @ np.linalg.solve(kernel, y[:10])
    np.testing.assert_allclose(found.mean.ravel(), expected, rtol=1e-9)
    assert fm.select([net, fm.Blocks.cnn([4, 4, 1], 3)], x, y).best.depth in (3, 4)


def test_descriptions_survive_and_differ() -> None:
    net = fm.Blocks.cnn([6, 2], 2, window=[3], activation="erf", scaling=1.0)
    assert pickle.loads(pickle.dumps(net)) == net
    assert hash(net) == hash(fm.Blocks(net.input, net.to_dict()["block"]))
    assert net != fm.Blocks.cnn([6, 2], 2, window=[3])
    assert "depth=3" in repr(net)
    assert fm.Blocks([4], [{"type": "dense", "weight_var": np.float32(2.0)}]) == fm.Blocks([4], [{"type": "dense"}])
    with pytest.raises(TypeError, match="blocks must be dictionaries"):
        fm.Blocks([4], ["dense"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="shape must be a list"):
        fm.Blocks(None, [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fm.Blocks([4], []), "at least one block"),
        (lambda: fm.Blocks([4], [{"type": "dense", "weight": 1}]), "weight"),
        (lambda: fm.Blocks([3, 3, 1], [{"type": "conv", "filter": [5, 5], "padding": "valid"}]), "block 1"),
        (lambda: fm.Blocks([4], [{"type": "dense"}]).ntk([[1.0, 2.0]]), "x1 must be inputs of shape"),
        (lambda: fm.Blocks.cnn([4, 4, 1], 2, padding="mirror"), "padding must be one of"),
        (lambda: fm.Blocks.resnet(4, 0), "depth"),
        (lambda: fm.Blocks.resnet(4, 2, scaling="l"), "branch scaling"),
        (lambda: fm.Blocks.from_toml("input = [4"), "line"),
        (lambda: fm.Blocks([4], [{"type": "dense"}], parameterization="hanin-nica"), "parameterization must be one of"),
    ],
)
def test_wrong_descriptions_say_what_is_wrong(call: Any, message: str) -> None:
    with pytest.raises(fm.ArgumentError, match=message):
        call()
    with pytest.raises(TypeError, match="blocks must hold finite numbers"):
        fm.Blocks([4], [{"type": "dense", "weight_var": object()}])
