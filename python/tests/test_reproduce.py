import json

import numpy as np
import pytest

import fathom_ntk as fm


def test_a_trial_has_the_tables_of_the_study_and_no_verdicts() -> None:
    told: list[tuple[int, int]] = []
    study = fm.reproduce("hayou", scale="trial", progress=lambda done, total: told.append((done, total)))
    assert (study.claims, study.passed) == ([], True)
    document = study.to_dict()
    assert (document["study"], document["scale"], document["seed"]) == ("hayou", "trial", 0)
    assert json.loads(study.to_json()) == document
    assert told[-1] == (document["pieces"], document["pieces"])
    assert set(study.tables) == {table["name"] for table in document["tables"]}
    for table in document["tables"]:
        columns = study.tables[table["name"]]
        assert list(columns) == [column["name"] for column in table["columns"]]
        assert all(len(column) == len(table["rows"]) > 0 for column in columns.values())
    assert "no claims are judged" in repr(study)


def test_threads_change_nothing_and_seeds_do() -> None:
    def tables(seed: int, threads: int) -> object:
        return fm.reproduce("hanin-nica", scale="trial", seed=seed, threads=threads).to_dict()["tables"]

    assert tables(0, 1) == tables(0, 3) != tables(1, 3)


def test_images_of_ones_own_are_learnt() -> None:
    x = np.random.default_rng(0).uniform(size=(200, 49))
    study = fm.reproduce("hayou", scale="trial", images=(x, np.arange(200) % 4))
    assert study.to_dict()["images"] == "images"
    assert "images=" in study.to_dict()["command"]
    with pytest.raises(ValueError, match="at least 100"):
        fm.reproduce("hayou", scale="trial", images=(x[:50], np.arange(50) % 4))


def test_claims_have_verdicts_and_numbers() -> None:
    check = {"quantity": "slope", "measured": 5.0}
    other = {"quantity": "offset", "measured": None}
    claim = {"id": "growth", "statement": "It grows.", "conclusion": "confirmed"}
    study = fm.Study(({"claims": [{"claim": claim, "checks": [check, other], "passed": True}]}, ""))
    (found,) = study.claims
    assert (found.name, found.statement, found.verdict) == ("growth", "It grows.", "confirmed")
    assert found.numbers["slope"] == 5.0
    assert np.isnan(found.numbers["offset"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"study": "hayuo"}, "study must be one of hanin-nica"),
        ({"study": "hayou", "scale": "large"}, "scale must be one of trial"),
        ({"study": "hayou", "seed": -1}, "seed"),
        ({"study": "hayou", "seed": 1 << 64}, "seed must be below"),
        ({"study": "st-arnaud", "scale": "trial", "images": (np.eye(9), np.zeros(9))}, "images are for hayou"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fm.reproduce(**arguments)  # type: ignore[arg-type]
