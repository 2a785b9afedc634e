"""Writes the NumPy files of this folder; README.md says what they hold."""

import gzip
from pathlib import Path

import numpy as np

here = Path(__file__).parent
table = np.array([[0.5, -1.25, 2.0], [3.0, 4.0, -5.5]])

np.save(here / "c_order_f8.npy", table)
np.save(here / "fortran_order_f8.npy", np.asfortranarray(table))
np.save(here / "big_endian_f4.npy", table.astype(">f4"))
np.save(here / "half.npy", table.astype(np.float16))
np.save(here / "fortran_images_i2.npy", np.asfortranarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4)))
np.save(here / "booleans.npy", table > 0)
np.save(here / "vector.npy", np.arange(3.0))
np.save(here / "structured.npy", np.zeros(2, dtype=[("a", "<f8"), ("b", "<i4")]))
np.save(here / "complex.npy", table.astype(complex))
with open(here / "version_2_u8.npy", "wb") as file:
    np.lib.format.write_array(file, np.array([[1, 2], [3, 2**63]], dtype=np.uint64), version=(2, 0))
np.savez(here / "stored.npz", x=table, y=np.array([1, 0]))
np.savez_compressed(here / "compressed.npz", X=table.astype(np.float32), labels=np.array([3, 4], np.uint8), extra=table)
np.savez_compressed(here / "unnamed.npz", table, 2 * table)
np.savetxt(here / "table.csv", table, delimiter=",", header="a,b,c", comments="")
with gzip.GzipFile(here / "table.csv.gz", "wb", mtime=0) as file:
    file.write((here / "table.csv").read_bytes())
