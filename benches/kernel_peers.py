#!/usr/bin/env python3
"""Fathom's kernel matrices beside those of neural-tangents, in one run.

    python benches/kernel_peers.py [path to fathom] [largest number of inputs]

needs `pip install "neural-tangents==0.6.5" "jax==0.4.25" "jaxlib==0.4.25" "numpy<2" "scipy<1.13"`, and
`cargo build --release`. Both compute the NTK of n inputs of 784 features, on two threads; depth counts weight layers. The time
is CPU time of the process: that of neural-tangents for one call that is compiled already, in the form that is faster at the depth
(layers written out, or `stax.repeat`, a scan), and of Fathom's command that of the whole command, reading the inputs and
writing the matrix to a file included, less that of the same command for ten inputs. Times are the faster of two.
"""
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings

os.environ.update(OMP_NUM_THREADS="2", JAX_PLATFORMS="cpu", TF_CPP_MIN_LOG_LEVEL="3")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
warnings.filterwarnings("ignore")
import jax
import jax.numpy as jnp
import numpy as np
from neural_tangents import stax

FATHOM = sys.argv[1] if len(sys.argv) > 1 else "target/release/fathom"
LARGEST = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
FEATURES = 784
NONLINEARITIES = {
    "relu": stax.Relu,
    "erf": stax.Erf,
    "tanh": lambda: stax.ElementwiseNumerical(jnp.tanh, deg=25, df=lambda x: 1 - jnp.tanh(x) ** 2),
}
# Activation, depth, variances, inputs, precision.
CASES = [
    ("relu", 3, 2.0, 0.0, LARGEST, "f64"),
    ("relu", 10, 2.0, 0.0, LARGEST, "f64"),
    ("relu", 50, 2.0, 0.0, LARGEST, "f64"),
    ("relu", 3, 2.0, 0.0, LARGEST, "f32"),
    ("relu", 50, 2.0, 0.0, LARGEST, "f32"),
    ("relu", 10, 1.5, 0.1, 2000, "f64"),
    ("relu", 10, 1.5, 0.1, 2000, "f32"),
    ("erf", 10, 1.5, 0.1, 2000, "f64"),
    ("erf", 10, 1.5, 0.1, 2000, "f32"),
    ("tanh", 5, 1.5, 0.1, 600, "f64"),
]


def inputs(n: int) -> np.ndarray:
    """Inputs of different norms, with a common part so that cosines differ from zero."""
    rng = np.random.default_rng(0)
    return (rng.standard_normal((n, FEATURES)) + 0.5) * rng.uniform(0.5, 1.5, (n, 1))


def peer_seconds(activation: str, depth: int, weight_var: float, bias_var: float, n: int, precision: str, repeat: bool):
    """CPU seconds of one call, and the matrix."""
    jax.config.update("jax_enable_x64", precision == "f64")  # otherwise part of its f32 kernels is computed in f64
    phi = NONLINEARITIES[activation]

    def dense():
        return stax.Dense(1, W_std=weight_var**0.5, b_std=bias_var**0.5 or None)

    def hidden():
        return stax.serial(dense(), phi())

    if repeat:
        layers = [hidden(), stax.repeat(hidden(), depth - 2)]
    else:
        layers = [hidden() for _ in range(depth - 1)]
    _, _, kernel = stax.serial(*layers, dense())
    kernel = jax.jit(kernel, static_argnames="get")
    x = jnp.asarray(inputs(n), jnp.float64 if precision == "f64" else jnp.float32)
    matrix = kernel(x, None, get="ntk").block_until_ready()
    times = []
    for _ in range(2):
        start = time.process_time()
        kernel(x, None, get="ntk").block_until_ready()
        times.append(time.process_time() - start)
    return min(times), np.asarray(matrix)


def fathom_seconds(activation: str, depth: int, weight_var: float, bias_var: float, n: int, precision: str):
    """CPU seconds of the command beyond those of ten inputs, and the matrix."""
    with tempfile.TemporaryDirectory() as folder:
        data, out = os.path.join(folder, "x.npy"), os.path.join(folder, "K.npy")
        np.save(data, inputs(n))
        args = [FATHOM, "kernel", data, "--activation", activation, "--depth", str(depth), "--weight-var", str(weight_var)]
        args += ["--bias-var", str(bias_var), "--precision", precision, "--spectrum-rows", "0", "--out", out]

        def run(rows: int) -> float:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([*args, "--rows", str(rows)], check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        short = min(run(10) for _ in range(2))
        long = min(run(n) for _ in range(2))
        return max(long - short, 1e-3), np.load(out)


def main() -> None:
    print(f"{'network':>10} {'L':>3} {'bias':>5} {'n':>6} {'type':>4} {'peer s':>9} {'form':>6} {'Fathom s':>9} {'ratio':>7}  difference")
    for activation, depth, weight_var, bias_var, n, precision in CASES:
        case = (activation, depth, weight_var, bias_var, n, precision)
        forms = [False, True] if depth <= 10 and activation != "tanh" else [True]
        timed = [(*peer_seconds(*case, repeat), "scan" if repeat else "layers") for repeat in forms]
        theirs, reference, form = min(timed, key=lambda entry: entry[0])
        ours, matrix = fathom_seconds(*case)
        difference = np.max(np.abs(matrix - reference)) / np.max(np.abs(reference))
        print(
            f"{activation:>10} {depth:3} {bias_var:5} {n:6} {precision:>4} {theirs:9.3f} {form:>6} {ours:9.3f}"
            f" {theirs / ours:7.1f}  {difference:.1e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
