import math
import pickle
from typing import Any

import numpy as np
import pytest

import fathom_ntk as fm
from fathom_ntk._arrays import Floats


def tanh_slope(z: Floats) -> Floats:
    return np.asarray(1 - np.tanh(z) ** 2)


TANH = fm.Activation(np.tanh, tanh_slope, name="my-tanh")
RELU = fm.Activation(lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0, name="my-relu", breakpoints=[0.0])
SIN = fm.Activation(np.sin, np.cos, name="my-sin")
SOFTSIGN = fm.Activation(lambda z: z / (1 + abs(z)), lambda z: (1 + abs(z)) ** -2, name="my-softsign", breakpoints=[0])


@pytest.mark.parametrize(
    ("own", "name", "weight_var", "bias_var"),
    [(TANH, "tanh", 1.76, 0.05), (RELU, "relu", 2.0, 0.1), (SIN, "sin", 1.5, 0.0), (SOFTSIGN, "softsign", 3.0, 0.1)],
)
def test_kernels_are_those_of_the_built_in_function(
    data: Any, own: fm.Activation, name: str, weight_var: float, bias_var: float
) -> None:
    few = data[:5]
    ours, built_in = (
        fm.Mlp(depth=4, activation=activation, weight_var=weight_var, bias_var=bias_var).kernels(few)
        for activation in (own, name)
    )
    # 1e-15 of φ and φ′, and what integrals of kinks at 0 have.
    np.testing.assert_allclose(ours.nngp, built_in.nngp, rtol=1e-11)
    np.testing.assert_allclose(ours.ntk, built_in.ntk, rtol=1e-11)


@pytest.mark.parametrize(("own", "name"), [(TANH, "tanh"), (SIN, "sin"), (SOFTSIGN, "softsign")])
def test_phases_and_the_edge_of_chaos_are_those_of_the_built_in_function(own: fm.Activation, name: str) -> None:
    assert fm.eoc(own, 0.05).weight_var == pytest.approx(fm.eoc(name, 0.05).weight_var, rel=1e-9)
    ours, built_in = (fm.Mlp(depth=2, activation=a, weight_var=2.0, bias_var=0.1).phase() for a in (own, name))
    assert ours.phase == built_in.phase
    assert ours.chi1 == pytest.approx(built_in.chi1, rel=1e-10)
    assert ours.c_star == pytest.approx(built_in.c_star, rel=1e-8)


def test_sampling_verdicts_and_moments_take_it() -> None:
    ours, built_in = (fm.Mlp([8, 64, 64, 1], activation=a, weight_var=1.5, bias_var=0.05) for a in (TANH, "tanh"))
    assert ours.sample(draws=300).mean()[0] == pytest.approx(built_in.sample(draws=300).mean()[0], rel=1e-9)
    assert ours.verdict().verdict == built_in.verdict().verdict
    # Up to six derivatives of polynomials of degree 23.
    assert ours.moments().relative_std == pytest.approx(built_in.moments().relative_std, rel=1e-5)
    weights = [np.ones((3, 2)) / 3, np.ones((1, 3))]
    kernels = [fm.empirical_ntk(weights, np.eye(2), activation=a, infinite_rows=0).kernel for a in (TANH, "tanh")]
    np.testing.assert_allclose(kernels[0], kernels[1], rtol=1e-13)


def test_without_a_derivative_twelve_digits_remain(data: Any) -> None:
    own = fm.Activation(lambda z: z * np.exp(-(z**2)), name="bump")
    given = fm.Activation(lambda z: z * np.exp(-(z**2)), lambda z: (1 - 2 * z**2) * np.exp(-(z**2)), name="bump")
    ours, better = (fm.Mlp(depth=3, activation=a, bias_var=0.1).ntk(data) for a in (own, given))
    np.testing.assert_allclose(ours, better, rtol=1e-12, atol=1e-12 * np.abs(better).max())


def test_values_and_breakpoints() -> None:
    z = np.linspace(-8, 8, 101)
    np.testing.assert_allclose(TANH(z), np.tanh(z), rtol=0, atol=1e-14)  # what the polynomials hold to
    assert TANH(z.reshape(1, -1)).shape == (1, 101)
    assert RELU.breakpoints == (0.0,)
    assert fm.Activation(np.tanh, name="t", breakpoints=[1.5]).breakpoints == ()  # nothing jumps there
    assert fm.Activation(lambda z: np.maximum(z, 0), name="found").breakpoints == (0.0,)
    np.testing.assert_allclose(RELU([-1e6, -0.5, 3e5]), [0, 0, 3e5], rtol=1e-12, atol=1e-9)


def test_the_callable_sees_arrays_and_few_of_them(data: Any) -> None:
    sizes: list[int] = []

    def counted(z: Floats) -> Floats:
        sizes.append(z.size)
        return np.asarray(np.tanh(z))

    own = fm.Activation(counted, name="counted")
    calls = len(sizes)
    assert calls <= 20
    assert min(sizes) > 20
    fm.Mlp(depth=5, activation=own).ntk(data)
    assert len(sizes) == calls


@pytest.mark.parametrize(
    ("make", "exception", "words"),
    [
        (lambda: fm.Activation(3), TypeError, "fn must be callable"),  # type: ignore[arg-type]
        (lambda: fm.Activation(np.tanh, 3), TypeError, "derivative must be callable"),  # type: ignore[arg-type]
        (lambda: fm.Activation(math.tanh), TypeError, "only|scalar|array"),
        (lambda: fm.Activation(lambda z: z[:-1]), ValueError, "fn must return an array of the shape"),
        (lambda: fm.Activation(np.sin, lambda z: 1.0), ValueError, "derivative must return an array of the shape"),
        (lambda: fm.Activation(lambda z: z * 1j), TypeError, "fn must return real numbers"),
        (lambda: fm.Activation(lambda z: z * np.nan), ValueError, "finite near 0"),
        (lambda: fm.Activation(np.tanh, np.tanh), ValueError, "derivative is not that"),
        (lambda: fm.Activation(lambda z: np.maximum(z - 0.3, 0)), ValueError, r"not smooth near z = 0\.3"),
        (lambda: fm.Activation(lambda z: np.sin(1e6 * z)), ValueError, "varies too fast|not smooth"),
        (lambda: fm.Activation(np.tanh, name="relu"), ValueError, "name must differ"),
        (lambda: fm.Activation(np.tanh, name="leaky-relu:0.1"), ValueError, "name"),
        (lambda: fm.Activation(np.tanh, breakpoints=[np.nan]), ValueError, "breakpoints"),
    ],
)
def test_wrong_functions_are_refused(make: Any, exception: type[Exception], words: str) -> None:
    with pytest.raises(exception, match=words):
        make()


def test_errors_of_the_callable_come_through() -> None:
    def broken(z: Floats) -> Floats:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        fm.Activation(broken)


def test_functions_that_leave_their_range_are_an_error_and_not_nan() -> None:
    square = fm.Activation(lambda z: np.sqrt(1 + z**2) * np.cos(z / 10), name="wide")
    with pytest.raises(fm.FathomError):
        fm.Mlp(depth=3, activation=square).ntk(1e6 * np.eye(3))
    growing = fm.Activation(np.exp, np.exp, name="my-exp")
    ours, built_in = (fm.Mlp(depth=3, activation=a, weight_var=0.3).ntk(np.eye(3)) for a in (growing, "exp"))
    np.testing.assert_allclose(ours, built_in, rtol=1e-11)


def test_it_can_be_pickled() -> None:
    net = fm.Mlp(depth=2, activation=fm.Activation(np.tanh, tanh_slope, name="my-tanh"))
    again = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(again.ntk(np.eye(3)), net.ntk(np.eye(3)))
    assert pickle.loads(pickle.dumps(fm.Mlp(depth=2))) == fm.Mlp(depth=2)
