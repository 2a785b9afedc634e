#!/usr/bin/env python3
"""Kernel regression from end to end beside neural-tangents, in one run.

    python benches/regression_peers.py [path to fathom] [n ...]

needs numpy and neural-tangents (`pip install "neural-tangents==0.6.5" "jax==0.4.25" "jaxlib==0.4.25" "numpy<2"
"scipy<1.13"`), and `cargo build --release`. Both fit the NTK of a relu network with three weight layers to n inputs
of 784 features and ten outputs with a ridge of 10⁻³ of the mean diagonal, and predict 1,000 test inputs, in f64 on
two threads. The time is CPU time of all threads. The peer runs twice in its process, and the second run counts, so
that its compilation does not; Fathom's includes the start of the process and reading and writing files.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="2", RAYON_NUM_THREADS="2", JAX_PLATFORMS="cpu", JAX_ENABLE_X64="1")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
import jax
import neural_tangents as nt
import numpy as np
from neural_tangents import stax

FATHOM = sys.argv[1] if len(sys.argv) > 1 else "target/release/fathom"
SIZES = [int(n) for n in sys.argv[2:]] or [2000, 5000]
TESTS, FEATURES, OUTPUTS, RIDGE = 1000, 784, 10, 1e-3


def data(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs around ten centres, their targets, and test inputs."""
    rng = np.random.default_rng(n)
    centres = rng.standard_normal((OUTPUTS, FEATURES)) / 2
    classes = rng.integers(0, OUTPUTS, n + TESTS)
    x = centres[classes] + rng.standard_normal((n + TESTS, FEATURES))
    return x[:n], np.eye(OUTPUTS)[classes[:n]] - 1 / OUTPUTS, x[n:]


def peer_seconds(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> tuple[float, np.ndarray]:
    """CPU seconds of kernel, fit and prediction, and the prediction."""

    def layer():
        return stax.Dense(1, 2**0.5, None)

    _, _, kernel = stax.serial(layer(), stax.Relu(), layer(), stax.Relu(), layer())
    kernel = jax.jit(kernel, static_argnames="get")

    def run() -> np.ndarray:
        fit = nt.predict.gradient_descent_mse_ensemble(kernel, x, y, diag_reg=RIDGE)
        return np.asarray(jax.block_until_ready(fit(x_test=test, get="ntk")))

    run()
    start = time.process_time()
    mean = run()
    return time.process_time() - start, mean


def fathom_seconds(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> tuple[float, np.ndarray]:
    """CPU seconds of the process, and the prediction."""
    with tempfile.TemporaryDirectory() as folder:

        def path(name):
            return str(Path(folder) / name)

        for name, values in [("x.npy", x), ("y.npy", y), ("t.npy", test)]:
            np.save(path(name), values)
        args = [FATHOM, "predict", "--train", path("x.npy"), "--targets", path("y.npy"), "--test", path("t.npy")]
        args += ["--depth", "3", "--relative-ridge", str(RIDGE), "--covariance", "none", "--save", path("m.npy")]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*args, "--out", path("out.txt")], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return spent, np.load(path("m.npy"))


def main() -> None:
    print(f"{'n':>6} {'peer s':>9} {'Fathom s':>9} {'ratio':>7}  largest difference")
    for n in SIZES:
        x, y, test = data(n)
        theirs, want = peer_seconds(x, y, test)
        ours, mean = fathom_seconds(x, y, test)
        print(f"{n:6} {theirs:9.2f} {ours:9.2f} {theirs / ours:7.1f}  {np.abs(mean - want).max():.1e}", flush=True)


if __name__ == "__main__":
    main()
