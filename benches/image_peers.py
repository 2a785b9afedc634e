"""Kernels of images beside neural-tangents: convolutions 3x3 with ReLU, then global average pooling or flatten.

Run as `python benches/image_peers.py target/release/fathom > table.md` with neural-tangents and jax installed. CPU time of all
threads: of neural-tangents without its compilation, in single precision; of Fathom the whole command, in double precision, with
the matrix written to a file. Images are 32x32x3, drawn from a normal distribution.
"""

import argparse
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

os.environ.update(JAX_PLATFORMS="cpu", TF_CPP_MIN_LOG_LEVEL="3")
import jax
import jax.numpy as jnp
import numpy as np
from neural_tangents import stax

SIDE, CHANNELS = 32, 3
CASES = [(3, "gap", 6), (10, "gap", 4), (3, "flatten", 60)]


def network_file(layers: int, head: str) -> str:
    """The network as Fathom reads it."""
    text = f"input = [{SIDE}, {SIDE}, {CHANNELS}]\n"
    for _ in range(layers):
        text += '[[block]]\ntype = "conv"\nfilter = [3, 3]\n[[block]]\ntype = "activation"\nfunction = "relu"\n'
    name = "global-average-pool" if head == "gap" else "flatten"
    return text + f'[[block]]\ntype = "{name}"\n[[block]]\ntype = "dense"\nweight_var = 1.0\n'


def ours(command: str, images: np.ndarray, text: str) -> tuple[np.ndarray, float]:
    """The matrix, and CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        x, network, out = (Path(folder) / name for name in ("x.npy", "network.toml", "K.npy"))
        np.save(x, images.reshape(len(images), -1).astype(np.float64))
        network.write_text(text)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        arguments = [command, "kernel", str(x), "--network", str(network), "--out", str(out), "--spectrum-rows", "0"]
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return np.load(out), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def theirs(images: np.ndarray, layers: int, head: str) -> tuple[np.ndarray, float]:
    """The matrix, and CPU seconds of a second call."""
    list_of_layers: list = []
    for _ in range(layers):
        list_of_layers += [stax.Conv(1, (3, 3), padding="SAME", W_std=2**0.5), stax.Relu()]
    list_of_layers += [stax.GlobalAvgPool() if head == "gap" else stax.Flatten(), stax.Dense(1)]
    kernel = jax.jit(stax.serial(*list_of_layers)[2], static_argnames="get")
    x = jnp.asarray(images, dtype=jnp.float32)
    jax.block_until_ready(kernel(x, None, "ntk"))
    start = time.process_time()
    result = jax.block_until_ready(kernel(x, None, "ntk"))
    return np.asarray(result), time.process_time() - start


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", help="the fathom command")
    command = parser.parse_args().command
    print("| network | images | neural-tangents, CPU s a pair | fathom, CPU s a pair | ratio | largest difference |")
    print("|---|---|---|---|---|---|")
    for layers, head, count in CASES:
        images = np.random.default_rng(0).standard_normal((count, SIDE, SIDE, CHANNELS))
        (peer, peer_seconds), (own, seconds) = theirs(images, layers, head), ours(command, images, network_file(layers, head))
        # Both are asked for the whole matrix; Fathom computes one half of it.
        ratio, pairs = peer_seconds / seconds, count**2
        difference = np.abs(own / peer - 1).max()
        cells = (f"{layers} layers, {head}", count, f"{peer_seconds / pairs:.2g}", f"{seconds / pairs:.2g}", f"{ratio:.1f}")
        print("| " + " | ".join(map(str, cells)) + f" | {difference:.1e} |")


if __name__ == "__main__":
    main()
