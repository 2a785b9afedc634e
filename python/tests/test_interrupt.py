import os
import signal
import subprocess
import sys
import time

import pytest

CALLS = {
    "kernel": "fm.Mlp(depth=2000, activation='softsign', bias_var=0.1)"
    ".ntk(np.random.default_rng(0).normal(size=(2000, 5)))",
    "sample": "fm.Mlp(widths='100,200x10,1').sample(draws=10**9, method='projected')",
    "iterative": "fm.predict.iterative(fm.Mlp(depth=3), (x := np.random.default_rng(0).normal(size=(9000, 50))),"
    " x[:, 0], x[:2], relative_ridge=1e-12, tolerance=1e-14, rank=1)",
    "train": "fm.Mlp('5,100x5,1').train(np.random.default_rng(0).normal(size=(200, 5)), np.ones(200), steps=10**7)",
    "sweep": "fm.sweep('sample', {'seed': range(1000)}, fm.Mlp('5,50x5,1'), draws=10**6, method='projected')",
    "reproduce": "fm.reproduce('hanin-nica', scale='full')",
    "verdict": "fm.Mlp(widths='5,50x20,1', activation='softsign', bias_var=0.1)"
    ".verdict(np.random.default_rng(0).normal(size=(3000, 5)), sample=3000)",
}


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
@pytest.mark.parametrize("call", list(CALLS))
def test_ctrl_c_ends_a_long_call(call: str) -> None:
    program = (
        "import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import numpy as np\nimport fathom_ntk as fm\nprint('ready', flush=True)\n"
        f"try:\n    {CALLS[call]}\nexcept KeyboardInterrupt:\n    print('stopped', flush=True)\n    sys.exit(7)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(1.0)
        assert process.poll() is None, "the call was too short for this test"
        sent = time.perf_counter()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopped\n"
        # 50 ms between two looks, and at most one tile of the kernel; the rest is a busy machine.
        assert time.perf_counter() - sent < 10.0
        assert process.wait(timeout=30) == 7
