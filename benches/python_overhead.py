"""Time of `net.ntk(x)` beside that of the native call, at n = 4000.

Run as `python benches/python_overhead.py` with the package installed in release mode (`pip install .`). The native call
is the kernel engine behind its binding, on an array that is ready; what Python adds is the check of the argument.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

import fathom_ntk as fm
from fathom_ntk import _core

ROUNDS = 15


def seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    x = np.random.default_rng(0).normal(size=(4000, 784))
    for net in (fm.Mlp(depth=5), fm.Mlp(depth=5, activation="erf", bias_var=0.1)):
        native = net._core

        def inner(native: _core.Architecture = native) -> object:
            return _core.kernels(native, x, None, "ntk", "none", "float64", None, None)

        def outer(net: fm.Mlp = net) -> object:
            return net.ntk(x)

        inner(), outer()
        pairs = [(seconds(inner), seconds(outer)) for _ in range(ROUNDS)]
        below, above = (statistics.median(times) for times in zip(*pairs, strict=True))
        print(f"{net!r}: native {below:.4f} s, Python {above:.4f} s, overhead {100 * (above / below - 1):+.1f} %")


if __name__ == "__main__":
    main()
