"""Estimators and kernels of scikit-learn, against its own conventions and against `fm.predict`."""

import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import fathom_ntk as fm

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, WhiteKernel
from sklearn.model_selection import GridSearchCV, LeaveOneOut, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from fathom_ntk.sklearn import (
    NNGPKernel,
    NTKClassifier,
    NTKClassifierCV,
    NTKKernel,
    NTKRegressor,
    NTKRegressorCV,
)

Data = tuple[Any, Any]


@pytest.fixture(scope="module")
def regression() -> Data:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(25, 4))
    return x, np.sin(x[:, 0]) + x[:, 1] + 0.1 * rng.normal(size=25)


@pytest.fixture(scope="module")
def diabetes() -> Data:
    x, y = load_diabetes(return_X_y=True)
    return x, y


@pytest.fixture(scope="module")
def digits() -> Data:
    x, y = load_digits(return_X_y=True)
    return x[:400] / 16, y[:400]


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [
        NTKRegressor(),
        NTKRegressor(method="nngp", normalize_y=True),
        NTKClassifier(activation="erf", time=10.0),
        NTKRegressorCV(depths=(2, 3), ridges=(1e-3, 1e-1)),
        NTKClassifierCV(depths=(2, 3), ridges=(1e-3, 1e-1)),
    ]
)
@pytest.mark.filterwarnings("ignore")
def test_estimators_behave_like_those_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("method", ["ntk", "nngp"])
@pytest.mark.parametrize("normalize", [False, True])
def test_predictions_and_their_spread_are_those_of_the_library(regression: Data, method: str, normalize: bool) -> None:
    x, y = regression
    net, new = fm.Mlp(depth=4, activation="erf", weight_var=1.5, bias_var=0.2), x[:7] + 0.3
    model = NTKRegressor(network=net, method=method, ridge=0.02, normalize_y=normalize).fit(x, y)
    shift, scale = (y.mean(), y.std()) if normalize else (0.0, 1.0)
    given = (net, x, (y - shift) / scale, new)
    want = (
        fm.predict.gp(*given, relative_noise=0.02)
        if method == "nngp"
        else fm.predict.gradient_descent(*given, relative_ridge=0.02, covariance="diagonal")
    )
    mean, std = model.predict(new, return_std=True)
    assert want.std is not None
    # Two solvers of a system whose condition number is below 1/ridge times the number of inputs, some 1e3.
    np.testing.assert_allclose(mean, want.mean[:, 0] * scale + shift, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(std, want.std * scale, rtol=1e-11)


@pytest.mark.parametrize("ridge", [0.0, 0.05])
@pytest.mark.parametrize("time", [0.0, 0.1, 10.0])
def test_training_for_a_finite_time_is_that_of_the_library(regression: Data, time: float, ridge: float) -> None:
    x, y = regression
    net = fm.Mlp(depth=2, bias_var=0.1)
    want = fm.predict.gradient_descent(net, x[:20], y[:20], x[20:], time=time, relative_ridge=ridge)
    model = NTKRegressor(depth=2, time=time, ridge=ridge).fit(x[:20], y[:20])
    np.testing.assert_allclose(model.predict(x[20:]), want.mean[:, 0], rtol=1e-10, atol=1e-12)


def test_classes_are_those_of_the_library(digits: Data) -> None:
    x, y = digits
    names = np.array([f"digit {label}" for label in y])
    want = fm.predict.gradient_descent(
        fm.Mlp(depth=3, bias_var=0.1), x[:200], names[:200], x[200:], relative_ridge=1e-3, classify=True
    )
    model = NTKClassifier().fit(x[:200], names[:200])
    np.testing.assert_array_equal(model.predict(x[200:]), want.labels)
    # Condition numbers of some 1e4.
    np.testing.assert_allclose(model.decision_function(x[200:]), want.mean, atol=1e-10, rtol=0)
    assert not hasattr(model, "predict_proba")


def test_scores_of_two_classes_are_a_difference(digits: Data) -> None:
    x, y = digits
    odd = y % 2
    model = NTKClassifier().fit(x[:200], odd[:200])
    scores = model.decision_function(x[200:])
    as_regression = NTKRegressor().fit(x[:200], odd[:200] - 0.5).predict(x[200:])
    # Targets ±1/2 of both columns: the difference is twice the regression of one.
    np.testing.assert_allclose(scores, 2 * as_regression, atol=1e-10, rtol=0)
    np.testing.assert_array_equal(model.predict(x[200:]), (scores > 0).astype(int))


def test_the_chosen_ridge_has_the_smallest_error_when_inputs_are_left_out(regression: Data) -> None:
    x, y = regression
    ridges, depths = (1e-3, 1e-1, 10.0), (1, 2, 4)
    model = NTKRegressorCV(depths=depths, ridges=ridges).fit(x, y)
    errors = {}
    for depth in depths:
        # The ridge of the whole matrix, not a share of what remains when one input is left out.
        diagonal = np.diag(fm.Mlp(depth=depth, bias_var=0.1).ntk(x))
        for ridge in ridges:
            left = [
                NTKRegressor(depth=depth, ridge=ridge * diagonal.mean() / np.delete(diagonal, i).mean())
                .fit(np.delete(x, i, 0), np.delete(y, i))
                .predict(x[i : i + 1])[0]
                for i in range(len(y))
            ]
            errors[depth, ridge] = float(np.mean((left - y) ** 2))
    assert (model.best_depth_, model.best_ridge_) == min(errors, key=lambda key: errors[key])
    for candidate, expected in zip(model.selection_.candidates, errors.values(), strict=True):
        found = candidate["scores"]["loo_error"]
        assert float(found["value"] if isinstance(found, dict) else found) == pytest.approx(expected, rel=1e-9)


def test_estimators_clone_pickle_and_are_tuned_in_pipelines(diabetes: Data) -> None:
    x, y = (part[:150] for part in diabetes)
    net = fm.Mlp(depth=2, activation="erf", bias_var=0.3)
    model = NTKRegressor(network=net, ridge=0.5)
    assert clone(model).network == net
    fitted = model.fit(x, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(x), fitted.predict(x))
    pipeline = make_pipeline(StandardScaler(), NTKRegressor(normalize_y=True))
    grid = {"ntkregressor__depth": [1, 3], "ntkregressor__ridge": [0.1, 1.0], "ntkregressor__method": ["ntk", "nngp"]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(x, y)
    assert search.best_score_ > 0.3


def test_diabetes_and_digits_are_learned(diabetes: Data, digits: Data) -> None:
    # Ridge regression reaches R² = 0.48 here, and a nearest neighbour 0.93 on these digits.
    model = make_pipeline(StandardScaler(), NTKRegressorCV(normalize_y=True))
    assert cross_val_score(model, *diabetes, cv=5).mean() > 0.46
    assert cross_val_score(NTKClassifierCV(), *digits, cv=4).mean() > 0.92


def test_wrong_parameters_are_named(regression: Data) -> None:
    x, y = regression
    cases: list[tuple[dict[str, Any], str]] = [
        ({"method": "cnn"}, "method must be one of"),
        ({"ridge": -1.0}, "ridge must be at least 0"),
        ({"time": -1.0}, "time must be at least 0"),
        ({"method": "nngp", "time": 1.0}, "time must be infinite"),
        ({"activation": "rebu"}, "rebu"),
        ({"weight_var": -2.0}, "weight_var .* must be positive"),
    ]
    for parameters, text in cases:
        with pytest.raises(ValueError, match=text):
            NTKRegressor(**parameters).fit(x, y)
    with pytest.raises(TypeError, match="network must be an"):
        NTKRegressor().set_params(network="relu").fit(x, y)
    with pytest.raises(np.linalg.LinAlgError, match="singular to rounding"):
        NTKRegressor(depth=1, bias_var=0.0, ridge=0.0).fit(x, y)


@pytest.mark.parametrize("kernel", [NTKKernel, NNGPKernel])
def test_kernels_are_those_of_networks(kernel: Any, data: Any) -> None:
    net = fm.Mlp(depth=4, activation="tanh", weight_var=1.7, bias_var=0.3)
    matrix = net.ntk if kernel is NTKKernel else net.nngp
    ours = kernel(1.7, 0.3, depth=4, activation="tanh")
    np.testing.assert_array_equal(ours(data), matrix(data))
    np.testing.assert_array_equal(ours(data[:3], data), matrix(data[:3], data))
    np.testing.assert_allclose(ours.diag(data), np.diag(matrix(data)), rtol=1e-12)
    many = np.random.default_rng(0).normal(size=(300, 2))
    # The blocks of the diagonal, against single inputs.
    np.testing.assert_allclose(
        ours.diag(many)[[0, 127, 128, 299]], [matrix(many[[i]])[0, 0] for i in (0, 127, 128, 299)]
    )
    assert not ours.is_stationary()
    np.testing.assert_allclose(np.exp(ours.theta), [0.3, 1.7])
    assert clone(ours) == ours
    other = ours.clone_with_theta(np.log([0.2, 1.1]))
    assert (other.bias_var, other.weight_var) == (pytest.approx(0.2), pytest.approx(1.1))
    assert "activation='tanh'" in repr(ours)


def test_gradients_of_kernels_are_those_of_formulas() -> None:
    x = np.random.default_rng(1).normal(size=(6, 3))
    gram = x @ x.T / 3
    weight, bias = 1.3, 0.4
    # One layer: Θ = K = w x·x′/d + b.
    _, gradient = NNGPKernel(weight, bias, depth=1)(x, eval_gradient=True)
    np.testing.assert_allclose(gradient[:, :, 0], np.full((6, 6), bias), rtol=0, atol=1e-7)
    np.testing.assert_allclose(gradient[:, :, 1], weight * gram, rtol=0, atol=1e-7)
    # Two linear layers: Θ = 2 w (w x·x′/d) + w b + w b + b.
    _, gradient = NTKKernel(weight, bias, depth=2, activation="linear")(x, eval_gradient=True)
    np.testing.assert_allclose(gradient[:, :, 0], np.full((6, 6), 2 * weight * bias + bias), rtol=0, atol=1e-6)
    np.testing.assert_allclose(gradient[:, :, 1], 4 * weight**2 * gram + 2 * weight * bias, rtol=0, atol=1e-6)
    # ReLU is homogeneous: without bias the NTK of depth L is of degree L in the weight variance.
    fixed = NTKKernel(weight, 0.0, bias_var_bounds="fixed", depth=5)
    matrix, gradient = fixed(x, eval_gradient=True)
    assert gradient.shape == (6, 6, 1)
    # (5 · 1e-4)²/6 by curvature.
    np.testing.assert_allclose(gradient[:, :, 0], 5 * matrix, rtol=1e-7)


@pytest.mark.filterwarnings("ignore:.*close to the specified:sklearn.exceptions.ConvergenceWarning")
def test_gaussian_processes_optimise_the_variances(regression: Data) -> None:
    x, y = regression
    kernel = ConstantKernel(1.0) * NNGPKernel(depth=3, activation="erf") + WhiteKernel(0.1)
    start = GaussianProcessRegressor(kernel, optimizer=None).fit(x, y)
    best = GaussianProcessRegressor(kernel).fit(x, y)
    assert best.log_marginal_likelihood_value_ > start.log_marginal_likelihood_value_ + 1
    value, slope = start.log_marginal_likelihood(start.kernel_.theta, eval_gradient=True)
    for place in range(len(slope)):
        step = np.zeros(len(slope))
        step[place] = 1e-4
        ends = [start.log_marginal_likelihood(start.kernel_.theta + s * step) for s in (1, -1)]
        assert slope[place] == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-5, abs=1e-5)
    assert np.isfinite(value)


def test_a_gaussian_process_is_the_posterior_of_the_library(regression: Data) -> None:
    x, y = regression
    process = GaussianProcessRegressor(NNGPKernel(depth=3), alpha=0.1, optimizer=None).fit(x, y)
    mean, std = process.predict(x[:5] + 0.1, return_std=True)
    want = fm.predict.gp(fm.Mlp(depth=3, bias_var=0.1), x, y, x[:5] + 0.1, noise_var=0.1)
    assert want.std is not None
    np.testing.assert_allclose(mean, want.mean[:, 0], rtol=1e-9)
    np.testing.assert_allclose(std, want.std, rtol=1e-9)


def test_without_scikit_learn_the_import_says_what_to_install() -> None:
    code = "import sys; sys.modules['sklearn'] = None\nimport fathom_ntk.sklearn"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=False)
    assert found.returncode == 1
    assert "ImportError: fathom_ntk.sklearn needs scikit-learn: pip install 'fathom-ntk[sklearn]'" in found.stderr


def test_leave_one_out_accuracy_is_that_of_scikit_learn(digits: Data) -> None:
    x, y = (part[:60] for part in digits)
    model = NTKClassifierCV(depths=(2,), ridges=(1e-2,), criterion="accuracy").fit(x, y)
    candidate = model.selection_.candidates[0]["scores"]["loo_accuracy"]
    left = cross_val_predict(NTKClassifier(depth=2, ridge=1e-2), x, y, cv=LeaveOneOut())
    # Shares of the mean diagonal differ by some 1/n of a hundredth, which may decide one label.
    assert abs(float(candidate) - np.mean(left == y)) <= 1.5 / len(y)


def test_inputs_that_repeat_are_one_input_with_the_mean_of_their_targets() -> None:
    x, y = np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 2.0]]), np.array([1.0, 5.0, 2.0])
    fitted = NTKRegressor(ridge=0.0).fit(x, y)
    assert fitted.predict(x) == pytest.approx([1.5, 5.0, 1.5], rel=1e-12)
    point = np.array([[0.3, -0.4]])
    expected = fm.predict.gradient_descent(fitted.network_, x, y, point).mean[0]
    assert fitted.predict(point) == pytest.approx(expected, rel=1e-10)


def test_a_kernel_that_is_singular_to_rounding_is_an_error() -> None:
    x = np.array([[1.0, 2.0], [1.0, 2.0 + 1e-15], [0.0, 1.0]])
    with pytest.raises(fm.SingularError, match="ridge above 0"):
        NTKRegressor(ridge=0.0, depth=1).fit(np.vstack([x, 2 * x]), np.arange(6.0))
