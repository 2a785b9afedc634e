"""What several tests need."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "crates" / "fathom" / "tests" / "golden"


@pytest.fixture(scope="session")
def peer() -> dict[str, Any]:
    """Kernels and predictions of neural-tangents in double precision."""
    document: dict[str, Any] = json.loads((GOLDEN / "peer.json").read_text())
    return document


@pytest.fixture
def data() -> np.ndarray[Any, np.dtype[np.float64]]:
    """Some inputs."""
    return np.random.default_rng(7).normal(size=(12, 5))
