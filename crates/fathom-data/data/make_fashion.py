"""Writes fashion.bin from the four files of Fashion-MNIST in a folder given as the argument; needs numpy.

The file has 1500 x 196 bytes of pixels (0 to 255), row after row, then 1500 bytes of labels (0 to 9): the first 1000
training images, then the first 500 test images, each pixel the mean of 2 x 2 pixels, rounded half to even.
It also prints the numbers that the tests in src/lib.rs expect.
"""

import gzip
import sys
from pathlib import Path

import numpy as np


def read(name: str, header: int) -> np.ndarray:
    """Read the bytes behind the header of a gzipped file."""
    data = gzip.decompress((Path(sys.argv[1]) / name).read_bytes())
    return np.frombuffer(data, np.uint8, offset=header)


def part(prefix: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the first images at half the size, and their labels."""
    images = read(f"{prefix}-images-idx3-ubyte.gz", 16).reshape(-1, 14, 2, 14, 2)[:count]
    halved = np.rint(images.mean(axis=(2, 4))).astype(np.uint8).reshape(count, 196)
    return halved, read(f"{prefix}-labels-idx1-ubyte.gz", 8)[:count]


parts = [part("train", 1000), part("t10k", 500)]
pixels = np.concatenate([pixels for pixels, _ in parts])
labels = np.concatenate([labels for _, labels in parts])
Path(__file__).with_name("fashion.bin").write_bytes(pixels.tobytes() + labels.tobytes())

values = pixels.astype(np.int64).ravel()
place = np.arange(1, values.size + 1, dtype=np.int64)
print("label counts", np.bincount(labels).tolist())
print("sum", int(values.sum()), "sum of squares", int((values**2).sum()))
print("sum of value times place modulo 1000003", int((values * place).sum() % 1_000_003))
print("sum of label times place modulo 1000003", int((labels.astype(np.int64) * place[:1500]).sum() % 1_000_003))
