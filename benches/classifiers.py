"""Infinitely wide networks beside an SVM and a random forest on small data sets of scikit-learn, as a Markdown table.

Run as `python benches/classifiers.py > table.md` with the package and scikit-learn installed. Accuracies (R² for
diabetes) are means over the five outer folds of a nested cross-validation, ± the standard error over the folds; every
method chooses its hyper-parameters inside the training part of each fold. Features are standardised there, too.
"""

import time
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from fathom_ntk.sklearn import NTKClassifier, NTKClassifierCV, NTKRegressor, NTKRegressorCV

SEED = 0
INNER = 3
DIGITS = 500
WIDTHS_OF_RBF = ["scale", 0.001, 0.01, 0.1]
PENALTIES = [0.1, 1.0, 10.0, 100.0]
DEPTHS = [1, 2, 3, 5, 8]
RIDGES = [1e-4, 1e-3, 1e-2, 1e-1, 1.0]


def data_sets() -> dict[str, tuple[Any, Any]]:
    sets = {
        "iris": load_iris(return_X_y=True),
        "wine": load_wine(return_X_y=True),
        "breast cancer": load_breast_cancer(return_X_y=True),
    }
    x, y = load_digits(return_X_y=True)
    rows = np.random.default_rng(SEED).permutation(len(y))[:DIGITS]
    sets[f"digits ({DIGITS} rows)"] = (x[rows], y[rows])
    return sets


def classifiers() -> dict[str, Any]:
    inner = StratifiedKFold(INNER, shuffle=True, random_state=SEED)
    return {
        "NTKClassifierCV": NTKClassifierCV(depths=DEPTHS, ridges=RIDGES),
        "NTKClassifierCV, nngp": NTKClassifierCV(depths=DEPTHS, ridges=RIDGES, method="nngp"),
        "NTKClassifier, grid": GridSearchCV(NTKClassifier(), {"depth": DEPTHS, "ridge": RIDGES}, cv=inner),
        "SVC, RBF": GridSearchCV(SVC(), {"C": PENALTIES, "gamma": WIDTHS_OF_RBF}, cv=inner),
        "random forest": GridSearchCV(
            RandomForestClassifier(200, random_state=SEED), {"max_features": ["sqrt", 0.5]}, cv=inner
        ),
    }


def regressors() -> dict[str, Any]:
    inner = KFold(INNER, shuffle=True, random_state=SEED)
    shares = [*RIDGES, 10.0]
    return {
        "NTKRegressorCV": NTKRegressorCV(depths=DEPTHS, ridges=shares, normalize_y=True),
        "NTKRegressorCV, nngp": NTKRegressorCV(depths=DEPTHS, ridges=shares, normalize_y=True, method="nngp"),
        "NTKRegressor, grid": GridSearchCV(
            NTKRegressor(normalize_y=True), {"depth": DEPTHS, "ridge": shares}, cv=inner
        ),
        "SVR, RBF": GridSearchCV(SVR(), {"C": [*PENALTIES, 1000.0], "gamma": WIDTHS_OF_RBF}, cv=inner),
        "random forest": GridSearchCV(
            RandomForestRegressor(200, random_state=SEED), {"max_features": [0.3, 1.0]}, cv=inner
        ),
    }


def row(name: str, x: Any, y: Any, models: dict[str, Any], outer: Any) -> str:
    cells = []
    for model in models.values():
        began = time.process_time()
        scores = cross_val_score(make_pipeline(StandardScaler(), model), x, y, cv=outer)
        seconds = (time.process_time() - began) / len(scores)
        error = scores.std(ddof=1) / np.sqrt(len(scores))
        cells.append(f"{scores.mean():.3f} ± {error:.3f} ({seconds:.1f} s)")
    return f"| {name} | {len(y)} × {x.shape[1]} | " + " | ".join(cells) + " |"


def main() -> None:
    tables = [
        ("accuracy", data_sets(), classifiers(), StratifiedKFold(5, shuffle=True, random_state=SEED)),
        (
            "R²",
            {"diabetes": load_diabetes(return_X_y=True)},
            regressors(),
            KFold(5, shuffle=True, random_state=SEED),
        ),
    ]
    for score, sets, models, outer in tables:
        print(f"| {score} | inputs | " + " | ".join(models) + " |")
        print("|---" * (len(models) + 2) + "|")
        for name, (x, y) in sets.items():
            print(row(name, x, y, models, outer), flush=True)
        print()


if __name__ == "__main__":
    main()
