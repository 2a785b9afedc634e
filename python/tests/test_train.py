"""Training and sweeps: the crossing, and that the command says the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fathom_ntk as fm

from .test_command import run  # noqa: F401

NET = fm.Mlp("3,20,20,2", activation="tanh", weight_var=1.5, bias_var=0.1)


@pytest.fixture
def task() -> tuple[Any, Any, Any, Any]:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(30, 3))
    y = np.column_stack([np.sin(x[:, 0]), x[:, 1] * x[:, 2]])
    return x[:20], y[:20], x[20:], y[20:]


def test_the_command_trains_the_same(run: Any, task: Any, tmp_path: Path) -> None:  # noqa: F811
    names = ("x", "y", "t", "u")
    for name, array in zip(names, task, strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    files = [tmp_path / f"{name}.npy" for name in names]
    theirs = run(
        "train", "--widths", "3,20x2,2", "--activation", "tanh", "--weight-var", "1.5", "--bias-var", "0.1",
        "--data", files[0], "--targets", files[1], "--test-data", files[2], "--test-targets", files[3],
        "--steps", "40", "--batch", "7", "--seed", "3", "--precision", "f64", "--probe", "6", "--optimizer", "momentum",
        "--relative-rate", "0.05",
    )  # fmt: skip
    ours = NET.train(*task, steps=40, batch=7, seed=3, probe=6, optimizer="momentum", relative_rate=0.05)
    # The comparison with theory is of the command alone.
    skipped = {"source", "labels", "seed", "comparison"}
    assert {key: theirs[key] for key in theirs.keys() - skipped} == {
        key: value for key, value in ours.to_dict().items() if key not in skipped
    }
    assert ours.records["test_loss"][-1] == theirs["records"][-1]["test"]["loss"]
    assert not ours.diverged
    assert ours.ending == "steps"


def test_weights_are_those_of_the_last_kernel(task: Any) -> None:
    x, y, _, _ = task
    trained = NET.train(x, y, steps=30, keep_ntk=True, probe=8)
    assert trained.kernels is not None
    assert trained.kernels.shape == (len(trained.records["step"]), 8, 8)
    kernel = trained.empirical_ntk(x[:8]).kernel
    # The record is the mean over both outputs.
    np.testing.assert_allclose(kernel, 2.0 * trained.kernels[-1], rtol=1e-12)
    first, last = trained.kernels[0], trained.kernels[-1]
    drift = np.linalg.norm(last - first) / np.linalg.norm(first)
    assert trained.records["ntk_drift"][-1] == pytest.approx(drift, rel=1e-12)
    assert [array.shape for array in trained.weights] == [(20, 3), (20,), (20, 20), (20,), (2, 20), (2,)]
    assert np.isnan(trained.records["test_loss"]).all()


def test_a_step_is_that_of_the_gradient(task: Any) -> None:
    # NTK parameterization: dW = −η σ_w²/n ∂L/∂W of the effective weights; checked by differences of the last layer.
    x, y, _, _ = task
    before = NET.train(x, y, steps=0, learning_rate=0.1, probe=0)
    after = NET.train(x, y, steps=1, learning_rate=0.1, probe=0)
    w1, b1, w2, b2, w3, b3 = before.weights
    hidden = np.tanh(np.tanh(x @ w1.T + b1) @ w2.T + b2)
    residual = hidden @ w3.T + b3 - y
    np.testing.assert_allclose(after.weights[4], w3 - 0.1 * 1.5 / 20 * residual.T @ hidden, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(after.weights[5], b3 - 0.1 * 0.1 * residual.sum(axis=0), rtol=1e-11, atol=1e-14)


def test_classes_and_divergence(task: Any) -> None:
    x = task[0]
    names = np.where(x[:, 0] > 0, "right", "left")
    trained = NET.train(x, names, x, names, classify=True, loss="cross-entropy", steps=300)
    assert trained.classes is not None
    assert trained.classes.tolist() == ["left", "right"]
    assert trained.records["test_accuracy"][-1] > 0.9
    wild = NET.train(x, task[1], learning_rate=1e5, steps=50)
    assert wild.diverged
    assert "diverged" in repr(wild)
    seen: list[tuple[int, int]] = []
    NET.train(x, task[1], steps=2000, probe=0, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2000, 2000)


def test_every_cell_is_a_training_of_its_own(task: Any) -> None:
    x, y, x_test, y_test = task
    grid = {"depth": [2, 3], "weight_var": np.array([1.0, 1.5]), "seed": range(2)}
    common = {"width": 20, "activation": "tanh", "bias_var": 0.1}
    table = fm.sweep(
        "train", grid, common, x, y, x_test=x_test, y_test=y_test, steps=25, probe=5, record_at=[0, 5], threads=3
    )
    assert (len(table), table.axes) == (8, ["depth", "weight_var", "seed"])
    single = NET.train(x, y, x_test, y_test, steps=25, probe=5, record_at=[0, 5], seed=1)
    assert (table["depth"][7], table["weight_var"][7], table["seed"][7]) == (3.0, 1.5, 1.0)
    for name in ("train_loss", "test_loss", "ntk_drift", "ntk_condition", "time"):
        assert table[name][7] == single.records[name][-1], name
    means = table.over_seeds
    assert means["seeds"].tolist() == [2.0] * 4
    np.testing.assert_allclose(means["train_loss"], table["train_loss"].reshape(4, 2).mean(axis=1), rtol=1e-14)
    errors = table["train_loss"].reshape(4, 2).std(axis=1, ddof=1) / np.sqrt(2.0)
    np.testing.assert_allclose(means["train_loss_se"], errors, rtol=1e-10)
    same = fm.sweep("train", grid, common, x, y, x_test=x_test, y_test=y_test, steps=25, probe=5, record_at=[0, 5])
    np.testing.assert_array_equal(table["train_loss"], same["train_loss"])


def test_samples_and_verdicts_of_a_grid() -> None:
    table = fm.sweep("sample", {"width": [10, 20]}, {"depth": 3, "inputs": 4}, draws=500)
    single = fm.Mlp("4,20,20,1").sample(draws=500)
    assert (table["mean"][1], table["mean_se"][1]) == single.mean()
    assert (table["dispersion"][1], table["dispersion_se"][1]) == single.dispersion()
    table = fm.sweep("verdict", {"activation": ["relu", "step"]}, fm.Mlp("9,30,30,1"), sq_norm=2.0)
    assert table["verdict"][0] == fm.Mlp("9,30,30,1").verdict(sq_norm=2.0).verdict
    assert table["status"].tolist() == ["done", "failed"]
    assert table["reason"][0] is None
    assert "step" in table["reason"][1]


@pytest.mark.parametrize(
    ("call", "exception", "words"),
    [
        (lambda x, y: NET.train(x, y[:3]), ValueError, "y must have one row for each of 20 inputs"),
        (lambda x, y: NET.train(x, y[:, :1]), ValueError, "2 outputs, but the training data have 1"),
        (lambda x, y: NET.train(x[:, :2], y), ValueError, "3 inputs, but the training data have 2"),
        (lambda x, y: NET.train(x, y, x), ValueError, "x_test and y_test"),
        (lambda x, y: NET.train(x, y, learning_rate=np.nan), ValueError, "the learning rate must be positive"),
        (lambda x, y: NET.train(x, y, learning_rate=1.0, relative_rate=1.0), ValueError, "not both"),
        (lambda x, y: NET.train(x, y, batch=0), ValueError, "batch must be at least 1"),
        (lambda x, y: NET.train(x, y, batch=21), ValueError, "a batch must have between 1 and 20"),
        (lambda x, y: NET.train(x, y, probe=21), ValueError, "the probe must have between 1 and 20"),
        (lambda x, y: NET.train(x, y, steps=2.5), TypeError, "steps must be a whole number"),  # type: ignore[arg-type]
        (lambda x, y: NET.train(x, y, optimizer="sgd"), ValueError, "optimizer must be one of gd"),
        (lambda x, y: NET.train(x, y, loss="cubic"), ValueError, "loss must be one of squared"),
        (lambda x, y: NET.train(x, y, loss="cross-entropy"), ValueError, "cross-entropy needs targets"),
        (lambda x, y: NET.train(x, y, record_at="often"), ValueError, "steps to record at"),
        (lambda x, y: NET.train(x, y, dtype=np.int32), ValueError, "dtype must be float64 or float32"),
        (lambda x, y: NET.train(x, y, betas=3), TypeError, "betas must be two numbers"),  # type: ignore[arg-type]
        (lambda x, y: fm.Mlp(depth=2).train(x, y), fm.NotAvailableError, "widths"),
        (lambda x, y: fm.sweep("train", {}, NET), ValueError, "train needs x and y"),
        (lambda x, y: fm.sweep("train", {}, NET, x, y, step=3), TypeError, "step"),
        (lambda x, y: fm.sweep("trian", {}, NET, x, y), ValueError, "command must be one of sample, train, verdict"),
        (lambda x, y: fm.sweep("train", {"depht": [2]}, NET, x, y), ValueError, "no key depht: allowed are widths"),
        (lambda x, y: fm.sweep("train", {"depth": []}, {}, x, y), ValueError, "depth needs at least one value"),
        (lambda x, y: fm.sweep("train", {"depth": [2]}, NET, x, y), ValueError, "widths describes the shape"),
        (lambda x, y: fm.sweep("verdict", {"depth": [0]}), ValueError, "depth: a whole number of at least 1"),
        (lambda x, y: fm.sweep("verdict", {"depth": [None]}), TypeError, "depth must be numbers or texts"),
        (lambda x, y: fm.sweep("verdict", {}, NET, x, y), ValueError, "belong to train, not to verdict"),
        (lambda x, y: fm.sweep("sample", {}, NET, steps=3), TypeError, "steps belong to train"),
        (lambda x, y: fm.sweep("sample", {}, NET, x[:, :2]), ValueError, "x has 2 features"),
        (lambda x, y: fm.sweep("train", {}, NET, x, y, threshold=0.0), ValueError, "threshold must be positive"),
        (lambda x, y: fm.sweep("verdict", {"depth": [2]}, threads=0), ValueError, "threads must be at least 1"),
        (lambda x, y: fm.sweep("verdict", {"depth": [2]})["loss"], ValueError, "name must be one of cell, depth"),
    ],
)
def test_wrong_arguments_are_named(task: Any, call: Any, exception: type[Exception], words: str) -> None:
    with pytest.raises(exception, match=words) as caught:
        call(task[0], task[1])
    assert isinstance(caught.value, fm.FathomError)
    assert "\n" not in str(caught.value)


def test_a_table_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    table = fm.sweep("verdict", {"depth": [2, 3]}).to_pandas()
    assert isinstance(table, pandas.DataFrame)
    assert table["depth"].tolist() == [2.0, 3.0]
