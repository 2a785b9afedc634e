import re

import pytest

from .conftest import ROOT

pytest.importorskip("sklearn")


def test_the_examples_for_scikit_learn_run(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "scikit-learn.md").read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "docs/scikit-learn.md", "exec"), {})
    assert "layers, ridge" in capsys.readouterr().out
