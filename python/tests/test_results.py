import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fathom_ntk as fm


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    net, x, y = fm.Mlp([3, 50, 50, 1]), rng.normal(size=(20, 3)), rng.normal(size=20)
    return {
        "kernels": net.kernels(x),
        "phase": net.phase(),
        "eoc": fm.eoc("tanh", 0.05),
        "curve": fm.eoc_curve("tanh", points=5),
        "diagram": fm.phase_diagram("tanh", [1.0, 2.0, 3.0], [0.0, 0.1]),
        "moments": net.moments(per_layer=True),
        "sample": net.sample(draws=300),
        "verdict": net.verdict(x),
        "entk": fm.empirical_ntk([rng.normal(size=(4, 3)), rng.normal(size=(2, 4))], x, form="per_output"),
        "prediction": fm.predict.gp(net, x, y, x, noise_var=0.1),
        "training": net.train(x, y, steps=20),
        "sweep": fm.sweep("train", {"depth": [2, 3], "seed": [0, 1]}, {"width": 9}, x, y, steps=5, probe=4),
        "selection": fm.select([net, fm.Mlp(depth=2)], x, y),
        "selftest": fm.selftest(),
    }


def test_results_are_readable_and_complete(results: dict[str, Any]) -> None:
    for name, result in results.items():
        assert len(repr(result)) > 20, name
        assert "object at 0x" not in repr(result)
        assert result._repr_html_().startswith("<pre")
        assert json.loads(json.dumps(result.to_dict(), allow_nan=False)), name


def test_results_draw_themselves(results: dict[str, Any]) -> None:
    import matplotlib.pyplot as plt

    for name, result in results.items():
        if name in ("eoc", "selftest"):
            continue
        axes = result.plot()
        assert axes.has_data(), name
        _, given = plt.subplots()
        assert result.plot(given) is given
        plt.close("all")


def test_to_dict_is_a_copy(results: dict[str, Any]) -> None:
    results["phase"].to_dict()["phase"]["phase"] = "changed"
    assert results["phase"].phase == "critical"


def test_exact_moments_of_relu() -> None:
    # One hidden layer of width n: Θ is a mean of n independent terms, E Θ = 4 |x|²/n0 with weight_var 2, and
    # Var Θ/(E Θ)² = (E of the squared half-normal sums)/n: 5/(2n) for NTK parameterization without bias.
    net, n = fm.Mlp([10, 100, 1]), 100
    moments = net.moments()
    assert moments.exact
    assert moments.mean == pytest.approx(4.0, rel=1e-14)
    draws = net.sample(draws=4000, seed=5)
    mean, error = draws.mean()
    assert abs(mean - 4.0) < 4 * error
    assert moments.variance is not None
    assert abs(draws.variance()[0] - moments.variance) < 4 * draws.variance()[1]
    assert moments.relative_std == pytest.approx(math.sqrt(moments.variance) / 4.0)
    assert moments.relative_std is not None
    assert 1.0 / n < moments.relative_std**2 < 10.0 / n


def test_first_order_moments_agree_with_draws() -> None:
    net = fm.Mlp([10, 200, 200, 1], activation="tanh", weight_var=1.5)
    moments, draws = net.moments(), net.sample(draws=4000, seed=1)
    assert not moments.exact
    assert moments.relative_std is not None
    sampled = math.sqrt(draws.dispersion()[0] - 1.0)
    # Errors of both: 1/width of the expansion, and 4 standard errors of √(dispersion − 1).
    assert sampled == pytest.approx(moments.relative_std, rel=0.02 + 4 * draws.dispersion()[1] / (2 * sampled**2))


def test_descriptions_survive_text_and_replacement(tmp_path: Path) -> None:
    variances = [1.0, 2.0, 3.0]
    net = fm.Mlp([3, 5, 5, 1], activation="leaky-relu:0.1", weight_var=variances, bias_var=0.1, biases="untrained")
    assert fm.Mlp.from_toml(net.to_toml()) == net
    assert hash(fm.Mlp.from_toml(net.to_toml())) == hash(net)
    (tmp_path / "net.toml").write_text(net.to_toml())
    assert fm.load_spec(tmp_path / "net.toml") == net
    assert net.replace(depth=3).widths is None
    assert net.replace(bias_var=0.2) != net
    assert fm.Mlp("3,5x2,1").widths == (3, 5, 5, 1)
    with pytest.raises(TypeError, match="colour"):
        net.replace(colour="red")
    assert eval(repr(net), {"Mlp": fm.Mlp}) == net


def test_classification() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 2))
    y = np.where(x[:, 0] > 0, "right", "left")
    found = fm.predict.gradient_descent(
        fm.Mlp(depth=3, bias_var=0.1), x[:40], y[:40], x[40:], classify=True, y_test=y[40:], ridge=1e-3
    )
    assert found.classes is not None
    assert found.classes.tolist() == ["left", "right"]
    accuracy = float((found.labels == y[40:]).mean())
    assert found.metrics is not None
    assert found.metrics[0]["accuracy"] == pytest.approx(accuracy)
    assert accuracy > 0.8
    chosen = fm.select([fm.Mlp(depth=2), fm.Mlp(depth=3)], x, y, classify=True)
    assert chosen.best in (fm.Mlp(depth=2), fm.Mlp(depth=3))


def test_predictions_are_kernel_regression(data: Any) -> None:
    net, rng = fm.Mlp(depth=3, activation="erf", bias_var=0.1), np.random.default_rng(4)
    y, x_test = rng.normal(size=12), rng.normal(size=(5, 5))
    theta, cross = net.ntk(data), net.ntk(x_test, data)
    expected = cross @ np.linalg.solve(theta + 0.1 * np.eye(12), y)
    found = fm.predict.gradient_descent(net, data, y, x_test, ridge=0.1)
    np.testing.assert_allclose(found.mean.ravel(), expected, rtol=1e-9)
    k, kx, kt = net.nngp(data), net.nngp(x_test, data), net.nngp(x_test)
    posterior = fm.predict.gp(net, data, y, x_test, noise_var=0.1, covariance="full")
    inverse = np.linalg.inv(k + 0.1 * np.eye(12))
    np.testing.assert_allclose(posterior.mean.ravel(), kx @ inverse @ y, rtol=1e-9)
    assert posterior.covariance is not None
    assert posterior.variance is not None
    np.testing.assert_allclose(posterior.covariance, kt - kx @ inverse @ kx.T, rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(posterior.variance, np.diag(posterior.covariance), rtol=1e-12)
    steps = fm.predict.gradient_descent(net, data, y, x_test, steps=[0, 7], learning_rate=0.01).mean[..., 0]
    f = np.zeros(12)
    test = np.zeros(5)
    for _ in range(7):
        test -= 0.01 * cross @ (f - y)
        f -= 0.01 * theta @ (f - y)
    np.testing.assert_allclose(steps[0], 0.0, atol=1e-15)
    np.testing.assert_allclose(steps[1], test, rtol=1e-9)


def test_conjugate_gradients_agree_with_numpy_and_say_how_they_went() -> None:
    rng = np.random.default_rng(3)
    net, data, x_test = fm.Mlp(depth=3, bias_var=0.1), rng.normal(size=(150, 4)), rng.normal(size=(7, 4))
    y = np.stack([data[:, 0], np.sin(data[:, 1])], axis=1)
    kernel = net.ntk(data)
    ridge = 0.01 * np.trace(kernel) / 150
    expected = net.ntk(x_test, data) @ np.linalg.solve(kernel + ridge * np.eye(150), y)
    seen: list[tuple[int, int]] = []
    for hold in ("memory", "tiles"):
        found = fm.predict.iterative(
            net, data, y, x_test, relative_ridge=0.01, rank=20, tolerance=1e-10, hold=hold, y_test=expected,
            progress=lambda done, total: seen.append((done, total)),
        )  # fmt: skip
        # The residual is 1e-10 of the targets, and the condition number about 100.
        np.testing.assert_allclose(found.mean, expected, atol=1e-7)
        went = found.to_dict()["iterative"]
        assert went["iterations"] > 3
        assert max(went["residuals"]) <= 1e-10
        assert found.metrics is not None
        assert found.metrics[0]["error"] < 1e-14
    assert seen
    with pytest.raises(ValueError, match="hold must be one of"):
        fm.predict.iterative(net, data, y, x_test, hold="disk")
    with pytest.raises(fm.SingularError):
        fm.predict.iterative(net, data, y, x_test, relative_ridge=1e-9, rank=1, max_iterations=2)


def test_weights_in_all_their_forms(tmp_path: Path, data: Any) -> None:
    from safetensors.numpy import save_file

    rng = np.random.default_rng(1)
    w1, b1, w2 = rng.normal(size=(7, 5)), rng.normal(size=7), rng.normal(size=(3, 7))
    expected = fm.empirical_ntk([(w1, b1), (w2, None)], data).kernel

    class Tensor:
        def __init__(self, values: Any) -> None:
            self.values = values

        def detach(self) -> "Tensor":
            return self

        def cpu(self) -> "Tensor":
            return self

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.asarray(self.values, dtype)

    save_file({"a.weight": w1, "a.bias": b1, "b.weight": w2}, tmp_path / "net.safetensors")
    forms: list[Any] = [
        [w1, b1, w2],
        {"0.weight": Tensor(w1), "0.bias": Tensor(b1), "2.weight": Tensor(w2)},
        {"params": {"Dense_0": {"kernel": w1.T, "bias": b1}, "Dense_1": {"kernel": w2.T}}},
        tmp_path / "net.safetensors",
    ]
    for form in forms:
        np.testing.assert_allclose(fm.empirical_ntk(form, data).kernel, expected, rtol=1e-13)
    # ∂f_a/∂W2 gives |h|², ∂f_a/∂W1 and b1 give the rest: by hand for one input.
    x = data[:1]
    z = w1 @ x[0] + b1
    h, mask = np.maximum(z, 0), z > 0
    trace = 3 * (h @ h) + sum((w2[a] * mask) @ (w2[a] * mask) * (x[0] @ x[0] + 1) for a in range(3))
    assert fm.empirical_ntk([w1, b1, w2], x).kernel[0, 0] == pytest.approx(trace, rel=1e-13)
    assert fm.empirical_ntk([w1, b1, w2], data, form="full").kernel.shape == (36, 36)
    compared = fm.empirical_ntk([w1, b1, w2], data, compare=[w1, b1, 2 * w2])
    assert compared.to_dict()["compare"] is not None
    net = fm.Mlp([5, 7, 3], parameterization="standard")
    np.testing.assert_allclose(net.empirical_ntk([w1, b1, w2], data).kernel, expected, rtol=1e-13)
