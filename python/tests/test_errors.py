import re
from typing import Any

import numpy as np
import pytest

import fathom_ntk as fm

from .conftest import ROOT

NET = fm.Mlp(depth=3)
X = np.eye(4)


@pytest.mark.parametrize(
    ("call", "exception", "words"),
    [
        (lambda: NET.ntk(np.array([["a", "b"]])), TypeError, "x1 must hold real numbers"),
        (lambda: NET.ntk(X + 1j), TypeError, "x1 must hold real numbers, got dtype complex128"),
        (lambda: NET.ntk(np.array([[None]])), TypeError, "x1 must hold"),
        (lambda: NET.ntk([1.0, 2.0]), ValueError, r"x1 must be two-dimensional.*got shape \(2,\).*reshape"),
        (lambda: NET.ntk(np.zeros((0, 3))), ValueError, "x1 must have at least one row"),
        (lambda: NET.ntk(X, X[:, :2]), ValueError, "x1 has 4 features, but x2 has 2"),
        (lambda: NET.ntk([[1.0, np.nan]]), ValueError, r"x1 must be finite, got nan at index \(0, 1\)"),
        (lambda: NET.ntk(X, [[1.0, 2.0, 3.0, -np.inf]]), ValueError, "x2 must be finite, got -inf"),
        (lambda: NET.ntk(X, scale="sine"), ValueError, "scale must be one of none, cosine, depth"),
        (lambda: NET.ntk(X, dtype=np.int32), ValueError, "dtype must be float64 or float32"),
        (lambda: NET.ntk(0 * X, scale="cosine"), ValueError, "row 0"),
        (lambda: fm.Mlp(widths=[3, 5, 1]).ntk(X), ValueError, "3 inputs, but the data has 4 features"),
        (lambda: fm.Mlp(depth=2, parameterization="standard").ntk(X), fm.NotAvailableError, "widths"),
        (lambda: fm.Mlp(depth=2, activation="step").ntk(X), fm.NotAvailableError, "step"),
        (lambda: fm.Mlp(depth=9, activation="exp", weight_var=9.0).ntk(9 * X), OverflowError, "layer"),
        (lambda: fm.Mlp(), ValueError, "widths"),
        (lambda: fm.Mlp(depth=0), ValueError, "depth"),
        (lambda: fm.Mlp(depth=2.5), TypeError, "depth must be a whole number"),  # type: ignore[arg-type]
        (lambda: fm.Mlp(depth=True), TypeError, "depth"),
        (lambda: fm.Mlp(widths=[3, 0, 1]), ValueError, "width"),
        (lambda: fm.Mlp(widths=[3, -1, 1]), ValueError, "widths"),
        (lambda: fm.Mlp(widths=5), TypeError, "widths"),  # type: ignore[arg-type]
        (lambda: fm.Mlp(widths=[3, 1], depth=2), ValueError, "depth"),
        (lambda: fm.Mlp(depth=2, activation="rleu"), ValueError, "unknown activation"),
        (lambda: fm.Mlp(depth=2, activation=np.tanh), TypeError, "activation must be a name"),  # type: ignore[arg-type]
        (lambda: fm.Mlp(depth=2, weight_var=-1.0), ValueError, "weight_var"),
        (lambda: fm.Mlp(depth=2, weight_var="2"), TypeError, "weight_var"),  # type: ignore[arg-type]
        (lambda: fm.Mlp(depth=2, weight_var=[1.0]), ValueError, "weight_var lists 1 values"),
        (lambda: fm.Mlp(depth=2, bias_var=np.nan), ValueError, "bias_var"),
        (lambda: fm.Mlp(depth=2, biases=3), TypeError, "biases"),  # type: ignore[arg-type]
        (lambda: fm.Mlp(depth=2, parameterization="mup"), ValueError, "parameterization"),
        (lambda: fm.Mlp(depth=2).sample(np.ones(3)), fm.NotAvailableError, "widths"),
        (lambda: fm.Mlp(widths=[3, 5, 1]).sample(np.ones(3), draws=0), ValueError, "draws"),
        (lambda: fm.Mlp(widths=[3, 5, 1]).sample(np.ones(3), observables="colour"), ValueError, "colour"),
        (lambda: fm.Mlp(widths=[3, 5, 1]).sample(np.ones(3), method="direct", threads=0), ValueError, "threads"),
        (lambda: NET.moments(np.ones(3), sq_norm=1.0), ValueError, "sq_norm"),
        (lambda: NET.moments(cosine=2.0), ValueError, "cosine"),
        (lambda: fm.Mlp(widths=[3, 5, 1]).moments(np.ones(4)), ValueError, "x must have 3 features"),
        (lambda: NET.verdict(X, sample=1), ValueError, "sample"),
        (lambda: NET.verdict(X, random=(1.0, 0.5)), ValueError, "random"),
        (lambda: NET.phase(input_mean_square=-1.0), ValueError, "input_mean_square"),
        (lambda: fm.eoc("relu", bias_var=0.1), fm.NotAvailableError, "critical only without bias"),
        (lambda: fm.eoc("relu", bias_var="x"), TypeError, "bias_var"),  # type: ignore[arg-type]
        (lambda: fm.predict.gradient_descent(NET, X, [1.0], X), ValueError, "y_train must have one row"),
        (lambda: fm.predict.gradient_descent(NET, X, X, X[:, :2]), ValueError, "x_test has 2"),
        (lambda: fm.predict.gradient_descent(NET, X, X, X, steps=500, learning_rate=1e6), ValueError, "diverges"),
        (lambda: fm.predict.gradient_descent(NET, X, X, X, ridge=-1.0), ValueError, "ridge"),
        (lambda: fm.predict.gradient_descent("relu", X, X, X), TypeError, "net must be"),  # type: ignore[arg-type]
        (
            lambda: fm.predict.gradient_descent(fm.Mlp(depth=1), np.ones((2, 2)) * [[1], [2]], [1.0, 5.0], X[:, :2]),
            np.linalg.LinAlgError,
            "singular",
        ),
        (lambda: fm.predict.gp(NET, X, X, X, memory=10), MemoryError, "memory"),
        (lambda: fm.empirical_ntk({"fc.weight": X}, X[:, :2]), ValueError, "4 inputs where 2 are expected"),
        (lambda: fm.empirical_ntk({"fc.weight": X * np.nan}, X), ValueError, r"weights\['fc.weight'\] must be finite"),
        (lambda: fm.empirical_ntk(3, X), TypeError, "weights must be"),  # type: ignore[arg-type]
        (lambda: fm.select([], X, X), ValueError, "networks"),
    ],
)
def test_wrong_arguments_are_named(call: Any, exception: type[Exception], words: str) -> None:
    with pytest.raises(exception, match=words) as caught:
        call()
    assert isinstance(caught.value, fm.FathomError)
    assert "\n" not in str(caught.value)


def variants() -> dict[str, set[str]]:
    """The error enums of the library, read from its sources, and their variants."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "crates" / "fathom" / "src").rglob("*.rs"):
        for name, body in re.findall(r"^pub enum (\w+Error) \{\n(.*?)^\}", path.read_text(), re.MULTILINE | re.DOTALL):
            found[name] = set(re.findall(r"^    ([A-Z]\w*)(?: \{|\(|,)", body, re.MULTILINE))
    return found


# Errors of functions that the package does not call.
UNUSED = {"CovarianceError"}


def test_every_error_of_the_library_has_a_chosen_exception() -> None:
    source = (ROOT / "python" / "src" / "errors.rs").read_text()
    enums = variants()
    assert len(enums) > 20
    assert sum(map(len, enums.values())) > 120
    for name, expected in enums.items():
        if name in UNUSED:
            assert name not in source
            continue
        if name == "RunError":
            assert all(f"Self::{variant}" in source for variant in expected)
            continue
        block = re.search(rf"kinds!\({name} \{{(.*?)\}}(?: of \[(.*?)\])?\);", source, re.DOTALL)
        assert block, f"{name} has no exceptions"
        chosen = re.findall(r"\b([A-Z]\w*)(?=[,;\s]|$)", re.sub(r"\w+:", "", block[1])) + re.findall(
            r"\w+", block[2] or ""
        )
        assert len(chosen) == len(set(chosen)), f"{name}: a variant is listed twice"
        assert set(chosen) == expected, f"{name}: {set(chosen) ^ expected}"


def test_exceptions_are_what_numpy_users_expect() -> None:
    bases = {
        fm.ArgumentError: ValueError,
        fm.ArgumentTypeError: TypeError,
        fm.NotAvailableError: ValueError,
        fm.RangeError: OverflowError,
        fm.MemoryLimitError: MemoryError,
        fm.SingularError: np.linalg.LinAlgError,
    }
    for exception, base in bases.items():
        assert issubclass(exception, fm.FathomError)
        assert issubclass(exception, base)
