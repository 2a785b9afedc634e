"""The package says what the command says."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fathom_ntk as fm

from .conftest import ROOT


def command() -> str | None:
    asked = os.environ.get("FATHOM_COMMAND")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = target / "debug" / "fathom"
    return asked or (str(built) if built.exists() else shutil.which("fathom"))


@pytest.fixture(scope="module")
def run() -> Any:
    program = command()
    if program is None:
        pytest.skip("the command is not built")

    def call(*arguments: str | Path) -> dict[str, Any]:
        line = [program, *map(str, arguments), "--format", "json"]
        answer = subprocess.run(line, capture_output=True, text=True, check=True)
        document: dict[str, Any] = json.loads(answer.stdout)
        return document

    return call


@pytest.fixture
def file(tmp_path: Path, data: Any) -> Path:
    path = tmp_path / "x.npy"
    np.save(path, data)
    return path


NET = ["--widths", "5,64,64,2", "--activation", "tanh", "--weight-var", "1.76", "--bias-var", "0.05"]


@pytest.fixture
def net() -> fm.Mlp:
    return fm.Mlp("5,64,64,2", activation="tanh", weight_var=1.76, bias_var=0.05)


def without_source(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "source"}


def test_phase(run: Any, net: fm.Mlp) -> None:
    assert run("phase", *NET) == net.phase().to_dict()
    theirs = run("phase", *NET, "--input-mean-square", "0.5")
    assert theirs == net.phase(input_mean_square=0.5).to_dict()


def test_verdict(run: Any, net: fm.Mlp, data: Any, file: Path) -> None:
    theirs = run("verdict", *NET, "--data", file)
    assert without_source(theirs) == without_source(net.verdict(data).to_dict())
    theirs = run("verdict", *NET, "--input-sq-norm", "3")
    assert without_source(theirs) == without_source(net.verdict(sq_norm=3.0).to_dict())


def test_moments(run: Any, net: fm.Mlp, data: Any, file: Path) -> None:
    theirs = run("moments", *NET, "--data", file, "--pair", "0,3", "--per-layer")
    ours = net.moments(data[0], data[3], per_layer=True)
    assert without_source(theirs) == without_source(ours.to_dict())


def test_sample(run: Any, data: Any, file: Path) -> None:
    theirs = run("sample", "--widths", "5,64,64,1", "--data", file, "--rows", "0,1", "--draws", "600", "--seed", "3")
    ours = fm.Mlp("5,64,64,1").sample(data[:2], draws=600, seed=3, keep_draws=True, threads=1)
    assert without_source(theirs) == without_source(ours.to_dict())
    assert ours.draws is not None
    assert ours.draws.shape == (600, 3)
    assert ours.draws[:, 0].mean() == pytest.approx(ours.mean()[0], rel=1e-12)


def test_kernel_file(run: Any, net: fm.Mlp, data: Any, file: Path, tmp_path: Path) -> None:
    run("kernel", file, *NET, "--kind", "both", "--out", tmp_path / "k.npy")
    ours = net.kernels(data)
    np.testing.assert_array_equal(np.load(tmp_path / "k.npy"), np.stack([ours.nngp, ours.ntk]))


def test_empirical_ntk(run: Any, data: Any, file: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    w1, b1, w2 = rng.normal(size=(7, 5)), rng.normal(size=7), rng.normal(size=(3, 7))
    state, archive, saved = {"a.weight": w1, "a.bias": b1, "b.weight": w2}, tmp_path / "net.npz", tmp_path / "k.npy"
    np.savez(archive, **state)  # type: ignore[arg-type]
    theirs = run("entk", "--weights", archive, "--data", file, "--activation", "gelu", "--save", saved)
    forms: list[Any] = [state, archive, [w1, b1, w2]]
    for weights in forms:
        ours = fm.empirical_ntk(weights, data, activation="gelu")
        np.testing.assert_array_equal(ours.kernel, np.load(saved))
        same = {"trace", "mean_diagonal", "widths", "outputs", "infinite", "spectra"}
        assert {key: theirs[key] for key in same} == {key: ours.to_dict()[key] for key in same}


def test_predictions(run: Any, data: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    y, x_test = rng.normal(size=(12, 2)), rng.normal(size=(4, 5))
    for name, array in {"x": data, "y": y, "t": x_test}.items():
        np.save(tmp_path / f"{name}.npy", array)
    files = ["--train", tmp_path / "x.npy", "--targets", tmp_path / "y.npy", "--test", tmp_path / "t.npy"]
    theirs = run("predict", "--depth", "3", *files, "--time", "0.5,inf", "--ridge", "0.1", "--covariance", "full")
    ours = fm.predict.gradient_descent(
        fm.Mlp(depth=3), data, y, x_test, time=[0.5, np.inf], ridge=0.1, covariance="full"
    )
    for i, at in enumerate(theirs["at"]):
        np.testing.assert_allclose(ours.mean[i].ravel(), at["mean"], rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(ours.covariance[i].ravel(), at["covariance"], rtol=1e-8, atol=1e-11)  # type: ignore[index]
    assert ours.to_dict().keys() >= theirs.keys() - {"labels"}


def test_selftest() -> None:
    assert fm.selftest().passed
