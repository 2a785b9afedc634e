"""Writes digits.bin from scikit-learn's copy of the optical digits; needs numpy and scikit-learn.

The file has 1797 x 64 bytes of pixels (0 to 16), row after row, then 1797 bytes of labels (0 to 9).
It also prints the numbers that the tests in src/lib.rs expect.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
pixels = digits.data.astype(np.uint8)
labels = digits.target.astype(np.uint8)
assert pixels.shape == (1797, 64) and (pixels == digits.data).all() and pixels.max() == 16

Path(__file__).with_name("digits.bin").write_bytes(pixels.tobytes() + labels.tobytes())

place = np.arange(1, pixels.size + 1, dtype=np.int64)
print("label counts", np.bincount(digits.target).tolist())
print("sum", int(digits.data.sum()))
print("sum of squares", int((digits.data**2).sum()))
print("sum of value times place modulo 1000003", int((digits.data.ravel().astype(np.int64) * place).sum() % 1_000_003))
print("sum of label times place modulo 1000003", int((digits.target.astype(np.int64) * place[:1797]).sum() % 1_000_003))
print("first row", digits.data[0].astype(int).tolist())
print("first labels", digits.target[:12].tolist(), "last", digits.target[-5:].tolist())
