import math
import threading
import time
from typing import Any

import numpy as np
import pytest

import fathom_ntk as fm
from fathom_ntk import _arrays, _core


def network(peer: dict[str, Any], inputs: int) -> fm.Mlp:
    widths = None if None in peer["hidden"] else [inputs, *peer["hidden"], 1]
    return fm.Mlp(
        widths,
        depth=None if widths else len(peer["weight_var"]),
        activation=peer["activation"],
        weight_var=peer["weight_var"],
        bias_var=peer["bias_var"],
        biases="none" if peer["without_bias"] else None,
        parameterization=peer["parameterization"],
    )


def test_kernels_agree_with_neural_tangents(peer: dict[str, Any]) -> None:
    x1, x2 = np.array(peer["x1"]), np.array(peer["x2"])
    cosines = (x1 @ x2.T) / np.outer(np.linalg.norm(x1, axis=1), np.linalg.norm(x2, axis=1))
    near = np.minimum(1 - cosines, 1 + cosines) < 1e-3
    assert len(peer["networks"]) >= 29
    for one in peer["networks"]:
        net = network(one, x1.shape[1])
        ours = net.kernels(x1, x2)
        for kind, matrix in (("nngp", ours.nngp), ("ntk", ours.ntk)):
            expected = np.array([[np.nan if v is None else v for v in row] for row in one[kind]], dtype=float)
            own = [np.diag(getattr(net, kind)(x)) for x in (x1, x2)]
            error = np.abs(matrix - expected) / np.sqrt(np.outer(*own))
            # Its numerical activations have the error of Gauss-Hermite rules of degree 80; its relu kernels lose
            # digits where inputs are nearly parallel, its rectified monomials more.
            tolerance = np.where(near, 1e-3 if one["name"].startswith("rectmono") else 1e-6, 1e-12)
            if one["numerical"]:
                tolerance = np.full_like(tolerance, 1e-5)
            known = ~np.isnan(expected)
            assert known.sum() >= 12
            assert (error[known] <= tolerance[known]).all(), (one["name"], kind, error.max())


def test_arc_cosine_kernel_of_two_layers() -> None:
    # Cho & Saul (2009): E[relu relu] = |x||x'| (sin t + (π - t) cos t) / 2π, E[relu' relu'] = (π - t) / 2π.
    angle = 0.7
    x = np.array([[2.0, 0.0], [math.cos(angle), math.sin(angle)]])
    expected = 2 * (math.sin(angle) + 2 * (math.pi - angle) * math.cos(angle)) / (2 * math.pi) * 2 / 2 * 2
    assert fm.Mlp(depth=2).ntk(x)[0, 1] == pytest.approx(expected, rel=1e-14)
    assert fm.Mlp(depth=2).nngp(x)[0, 0] == pytest.approx(2 * 4 / 2, rel=1e-15)


def test_symmetric_rectangular_and_joint_kernels_are_the_same(data: Any) -> None:
    net = fm.Mlp(depth=4, activation="gelu", bias_var=0.1)
    whole, part = net.ntk(data), net.ntk(data[:3], data)
    np.testing.assert_array_equal(whole, whole.T)
    np.testing.assert_allclose(part, whole[:3], rtol=1e-12)
    both = net.kernels(data)
    np.testing.assert_allclose(both.ntk, whole, rtol=1e-13)
    np.testing.assert_allclose(both.nngp, net.nngp(data), rtol=1e-13)
    assert both.ntk_exponent == both.nngp_exponent == 0
    assert "NTK" in repr(both)


def test_cosine_scale_and_single_precision(data: Any) -> None:
    net = fm.Mlp(depth=3)
    cosine, plain = net.ntk(data, scale="cosine"), net.ntk(data)
    own = np.sqrt(np.diag(plain))
    np.testing.assert_allclose(cosine, plain / np.outer(own, own), rtol=1e-12)
    single = net.ntk(data, dtype=np.float32)
    assert single.dtype == np.float32
    # Cosines of products in single precision: a few eps relative to the size of the entries.
    np.testing.assert_allclose(single, plain, rtol=1e-5, atol=1e-5 * own.max() ** 2)


def test_kernels_beyond_the_range_come_with_an_exponent() -> None:
    x = np.eye(3)
    net = fm.Mlp(depth=3000, weight_var=3.0)
    with pytest.raises(fm.RangeError, match="exponent"):
        net.ntk(x)
    kernels = net.kernels(x)
    # Σ(x, x) = 3^L / (2^(L-1) n0) exactly.
    log2 = 3000 * math.log2(3) - 2999 - math.log2(3)
    assert math.log2(kernels.nngp[0, 0]) + kernels.nngp_exponent == pytest.approx(log2, rel=1e-12)
    assert np.isfinite(net.ntk(x, scale="cosine")).all()


def test_contiguous_double_precision_is_not_copied(data: Any) -> None:
    assert _arrays.rows("x1", data) is data
    assert not np.shares_memory(_arrays.rows("x1", data[:, ::2]), data)
    # The native module takes nothing but that, so it cannot copy.
    net = fm.Mlp(depth=2)
    with pytest.raises(fm.ArgumentError, match="x1 must be contiguous"):
        _core.kernels(net._core, data[:, ::2], None, "ntk", "none", "float64", None, None)
    with pytest.raises(TypeError):
        _core.kernels(net._core, data.astype(np.float32), None, "ntk", "none", "float64", None, None)
    np.testing.assert_allclose(net.ntk(data[:, ::2]), net.ntk(data[:, ::2].copy()), rtol=0)
    np.testing.assert_allclose(net.ntk(data.astype(np.float32)), net.ntk(data), rtol=1e-5)
    assert net.ntk(np.eye(3, dtype=int)).shape == (3, 3)


def test_other_threads_run_during_a_kernel() -> None:
    x = np.random.default_rng(0).normal(size=(600, 10))
    ticks: list[float] = []
    stop = threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.002)

    thread = threading.Thread(target=tick)
    thread.start()
    began = time.perf_counter()
    fm.Mlp(depth=200, activation="tanh", weight_var=1.5, bias_var=0.1).ntk(x)
    ended = time.perf_counter()
    stop.set()
    thread.join()
    inside = [t for t in ticks if began < t < ended]
    # With the lock held there would be none; half of what an idle machine gives leaves room for a busy one.
    assert len(inside) > 0.05 * (ended - began) / 0.002 or ended - began < 0.02


def test_progress_and_errors_of_the_callback() -> None:
    x = np.random.default_rng(0).normal(size=(600, 10))
    calls: list[tuple[int, int]] = []
    fm.Mlp(depth=2).ntk(x, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (6, 6)  # 3 × 3 tiles, of which one half
    fm.Mlp(depth=2).ntk(x, progress=True)

    def fail(done: int, total: int) -> None:
        raise KeyError((done, total))

    with pytest.raises(KeyError):
        fm.Mlp(depth=2).ntk(x, progress=fail)
    with pytest.raises(fm.ArgumentTypeError, match="progress"):
        fm.Mlp(depth=2).ntk(x, progress=3)  # type: ignore[arg-type]


def test_memory_limit(data: Any) -> None:
    with pytest.raises(fm.MemoryLimitError):
        fm.Mlp(depth=2).ntk(data, memory=100)
    with pytest.raises(MemoryError):
        fm.Mlp(depth=2).ntk(data, memory=100)
