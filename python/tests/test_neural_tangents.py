"""The examples of docs/neural-tangents.md, against results of neural-tangents: stored, or live if it is installed."""

import importlib.util
import json
import re
from typing import Any

import numpy as np
import pytest

from .conftest import GOLDEN, ROOT

Names = dict[str, Any]

HAS_PEER = importlib.util.find_spec("neural_tangents") is not None
SECTIONS = {
    "Kernels": ("ntk", "nngp"),
    "The standard parameterization": ("ntk",),
    "Trained networks": ("mean", "covariance", "early_mean", "early_covariance"),
    "Bayesian networks": ("mean", "covariance"),
    "Empirical kernels": ("kernel",),
}


def examples() -> dict[tuple[str, str], str]:
    """The code of every section, by section and library."""
    text = (ROOT / "docs" / "neural-tangents.md").read_text(encoding="utf-8")
    found = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        for library, code in re.findall(r"```python (\S+)\n(.*?)```", section, re.DOTALL):
            found[section.splitlines()[0], library] = code
    return found


def run(section: str, library: str, given: Names) -> Names:
    names = dict(given)
    exec(compile(examples()[section, library], f"docs/neural-tangents.md, {section}", "exec"), names)
    return {name: np.asarray(names[name], dtype=float) for name in SECTIONS[section]}


@pytest.fixture(scope="module")
def given(peer: Names) -> Names:
    """The variables that examples begin with."""
    file = json.loads((GOLDEN / "peer-predictions.json").read_text())
    data = {"x_train": "xtr", "y_train": "ytr", "x_test": "xte"}
    rng = np.random.default_rng(5)
    shapes = [(4, 16), (16, 1)]
    params: list[Any] = [(rng.normal(size=shape) / 2, rng.normal(size=shape[1]) / 10) for shape in shapes]
    x1 = np.array(peer["x1"])
    params[0] = (rng.normal(size=(x1.shape[1], 16)) / 2, params[0][1])
    return {
        "x1": x1,
        "x2": np.array(peer["x2"]),
        "params": [params[0], (), params[1]],
        **{name: np.array(file[key]) for name, key in data.items()},
    }


@pytest.fixture(scope="module")
def stored(peer: Names) -> dict[str, Names]:
    """What neural-tangents found."""
    networks = {one["name"]: one for one in peer["networks"]}
    file = json.loads((GOLDEN / "peer-predictions.json").read_text())["predictions"]
    block = next(one for one in file if (one["arch"], one["diag_reg"], one["absolute"]) == ("erf_L3", 1e-3, False))
    end, early = (next(one for one in block["ensemble"] if one["t"] == t)["test_ntk"] for t in (None, 10.0))
    posterior = block["gp_inference"]["nngp"]
    kernels: Any = {kind: np.array(networks["erf_L3"][kind], dtype=float) for kind in ("ntk", "nngp")}
    return {
        "Kernels": kernels,
        "The standard parameterization": {"ntk": np.array(networks["std_relu_64_128_32"]["ntk"], dtype=float)},
        "Trained networks": {
            "mean": end["mean"],
            "covariance": end["cov"],
            "early_mean": early["mean"],
            "early_covariance": early["cov"],
        },
        "Bayesian networks": {"mean": posterior["mean"], "covariance": posterior["cov"]},
    }


def assert_close(ours: Names, theirs: Names, tolerance: float) -> None:
    for name, value in ours.items():
        expected = np.asarray(theirs[name], dtype=float)
        known = ~np.isnan(expected)
        assert value.shape == expected.shape
        assert known.any()
        np.testing.assert_allclose(value[known], expected[known], rtol=0, atol=tolerance * np.abs(value).max())


def test_every_section_with_code_is_known() -> None:
    assert set(examples()) == {(section, library) for section in SECTIONS for library in ("neural-tangents", "fathom")}


@pytest.mark.parametrize("section", list(SECTIONS)[:4])
def test_examples_give_what_neural_tangents_gave(section: str, given: Names, stored: dict[str, Names]) -> None:
    # Its relu kernels of nearly parallel inputs have errors of 1e-8; else some hundred roundings, by the solvers.
    assert_close(run(section, "fathom", given), stored[section], 1e-7 if "standard" in section else 1e-11)


def test_the_empirical_kernel_is_the_product_of_gradients(given: Names) -> None:
    (w1, b1), _, (w2, _) = given["params"]
    x = given["x1"]
    hidden = x @ w1 + b1
    active, after = (hidden > 0).astype(float), np.maximum(hidden, 0)
    # Gradients by w2, b2, and by b1 and w1 through active neurons.
    expected = after @ after.T + 1 + ((active * w2[:, 0] ** 2) @ active.T) * (x @ x.T + 1)
    assert_close(run("Empirical kernels", "fathom", given), {"kernel": expected}, 1e-12)


@pytest.mark.skipif(not HAS_PEER, reason="neural-tangents is not installed")
@pytest.mark.parametrize("section", SECTIONS)
def test_both_libraries_give_the_same_numbers(section: str, given: Names) -> None:
    import jax

    jax.config.update("jax_enable_x64", True)
    theirs = run(section, "neural-tangents", given)
    assert_close(run(section, "fathom", given), theirs, 1e-7 if "standard" in section else 1e-11)
