"""Kernels of activations that have no name in Fathom, against neural-tangents (golden/peer-functions.json)."""

import json
from typing import Any

import numpy as np
import pytest

import fathom_ntk as fm

from .conftest import GOLDEN

erf = np.vectorize(__import__("math").erf)

ACTIVATIONS: dict[str, Any] = {
    "erf_abc_L2": fm.Activation(lambda z: 0.5 * erf(1.3 * z) + 0.2, name="erf-abc"),
    "abrelu_L3": fm.Activation(
        lambda z: -0.5 * np.minimum(z, 0.0) + 1.2 * np.maximum(z, 0.0),
        lambda z: np.where(z < 0.0, -0.5, 1.2),
        name="ab-relu",
        breakpoints=[0.0],
    ),
    "sin_abc_L2": fm.Activation(lambda z: 0.7 * np.sin(1.5 * z + 0.5), name="sin-abc"),
    "rbf1_L1": fm.Activation(lambda z: np.sqrt(2.0) * np.sin(np.sqrt(2.0) * z + np.pi / 4.0), name="rbf"),
    "gaussian_L2": "gaussian",
    "exp_L1": fm.Activation(lambda z: 0.5 * np.exp(0.3 * z), name="exp-ab"),
    "gabor_L1": fm.Activation(lambda z: np.exp(-(z**2)) * np.sin(z), name="gabor"),
    "sigmoidlike_L2": fm.Activation(lambda z: 0.5 * (erf(z / 2.4020563531719796) + 1.0), name="sigmoid-like"),
    # The peer takes the kernel of the exact function for its approximation by tanh.
    "gelu_approx_L2": "gelu",
}
NETWORKS = {one["name"]: one for one in json.loads((GOLDEN / "peer-functions.json").read_text())["networks"]}


def test_every_network_of_the_file_is_compared() -> None:
    assert set(NETWORKS) == set(ACTIVATIONS)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_kernels_of_functions_are_those_of_the_peer(name: str, peer: dict[str, Any]) -> None:
    one = NETWORKS[name]
    net = fm.Mlp(
        depth=one["depth"], activation=ACTIVATIONS[name], weight_var=one["weight_var"], bias_var=one["bias_var"]
    )
    x1, x2 = np.array(peer["x1"]), np.array(peer["x2"])
    # A hundred roundings; the peer loses half of its digits for the nearly parallel pair, where there is a kink.
    tolerance = 1e-6 if name == "abrelu_L3" else 1e-12
    for kind, kernel in (("nngp", net.nngp(x1, x2)), ("ntk", net.ntk(x1, x2))):
        np.testing.assert_allclose(kernel, np.array(one[kind], dtype=float), rtol=tolerance)
