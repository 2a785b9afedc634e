#!/usr/bin/env python3
"""Fathom's samplers beside the fastest way known with JAX, in one run.

    python benches/sample_peers.py [path to fathom]

needs numpy and jax (`pip install "jax==0.4.25" "jaxlib==0.4.25" "numpy<2" "scipy<1.13"`), and `cargo build --release`.
Both draw relu networks with 50 hidden layers, 100 inputs and one output, at initialisation, and compute the NTK between
the first of k input vectors and all of them (Fathom: between all pairs), on two threads. The time is CPU time of the
process and its children per network, compilation and start-up excluded by differences: the time of a long run minus that
of a short one. JAX works in f32 on batches of ten networks, the form that was fastest; Fathom works in f64.
"""
import json, os, resource, subprocess, sys, tempfile, time

os.environ.update(OMP_NUM_THREADS="2", JAX_PLATFORMS="cpu")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
import jax
import jax.numpy as jnp
import numpy as np

FATHOM = sys.argv[1] if len(sys.argv) > 1 else "target/release/fathom"
HIDDEN, FEATURES, BATCH = 50, 100, 10


def rows(k: int) -> np.ndarray:
    """k unit vectors, the cosine with the first one falling from 1 to 0."""
    u, v = np.eye(FEATURES)[:2]
    cosines = np.linspace(1.0, 0.0, max(k, 2))[:k, None]
    return cosines * u + np.sqrt(1 - cosines**2) * v


def jax_seconds(width: int, k: int, batches: int) -> float:
    """CPU seconds per network: activations forward, gradients back, the NTK from their inner products layer by layer."""
    x = jnp.asarray(rows(k), jnp.float32)
    fans = [FEATURES] + [width] * HIDDEN + [1]

    def network(key):
        keys = jax.random.split(key, len(fans) - 1)
        weights = [jax.random.normal(q, (i, o)) * jnp.sqrt(2 / i) for q, i, o in zip(keys, fans, fans[1:])]
        signals, slopes = [x], []
        for w in weights[:-1]:
            z = signals[-1] @ w
            slopes.append((z > 0).astype(z.dtype))
            signals.append(z * slopes[-1])
        gradient, kernel = jnp.ones((k, 1)), 0.0
        for l in reversed(range(len(weights))):
            kernel += (signals[l] @ signals[l][0]) * (gradient @ gradient[0]) * 2 / fans[l]
            if l:
                gradient = (gradient @ weights[l].T) * slopes[l - 1]
        return kernel

    batch = jax.jit(jax.vmap(network))
    keys = jax.random.split(jax.random.PRNGKey(0), batches * BATCH).reshape(batches, BATCH, -1)
    batch(keys[0]).block_until_ready()
    start = time.process_time()
    for some in keys:
        batch(some).block_until_ready()
    return (time.process_time() - start) / (batches * BATCH)


def fathom_seconds(width: int, k: int, draws: int) -> tuple[float, str]:
    """CPU seconds per network, and the sampler."""

    def run(n: int) -> tuple[float, dict]:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with tempfile.NamedTemporaryFile(suffix=".npy") as data:
            np.save(data, rows(k))
            data.flush()
            args = [FATHOM, "sample", "--data", data.name, "--rows", f"0-{k - 1}", "--threads", "2", "--draws", str(n)]
            args += ["--widths", f"{FEATURES},{width}x{HIDDEN},1", "--format", "json"]
            report = json.loads(subprocess.run(args, check=True, capture_output=True).stdout)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, report

    short, _ = run(draws // 10)
    long, report = run(draws)
    return (long - short) / (draws - draws // 10), report["method"]


def main() -> None:
    print(f"{'width':>6} {'inputs':>7} {'JAX ms':>10} {'Fathom ms':>10} {'ratio':>8}  sampler")
    for width, k, batches, draws in [(100, 11, 40, 4000), (500, 11, 4, 800), (100, 1, 40, 400_000), (500, 1, 4, 400_000)]:
        theirs = jax_seconds(width, k, batches)
        ours, sampler = fathom_seconds(width, k, draws)
        print(f"{width:6} {k:7} {theirs * 1e3:10.4f} {ours * 1e3:10.4f} {theirs / ours:8.1f}  {sampler}", flush=True)


if __name__ == "__main__":
    main()
