"""Networks of infinite width as estimators and kernels of scikit-learn.

`NTKRegressor` and `NTKClassifier` are fitted networks, `NTKRegressorCV` and `NTKClassifierCV` also choose network and
ridge by the leave-one-out error in closed form, `NTKKernel` and `NNGPKernel` are covariances for
`sklearn.gaussian_process`. This module needs scikit-learn: `pip install 'fathom-ntk[sklearn]'`.

>>> from sklearn.datasets import load_diabetes
>>> from sklearn.model_selection import cross_val_score
>>> from fathom_ntk.sklearn import NTKRegressor
>>> x, y = load_diabetes(return_X_y=True)
>>> model = NTKRegressor(depth=2, ridge=1.0, normalize_y=True)
>>> bool(cross_val_score(model, x, y, cv=3).mean() > 0.4)
True
"""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError as error:
    raise ImportError("fathom_ntk.sklearn needs scikit-learn: pip install 'fathom-ntk[sklearn]'") from error

from ._classifier import NTKClassifier, NTKClassifierCV
from ._kernels import NNGPKernel, NTKKernel
from ._regressor import NTKRegressor, NTKRegressorCV

__all__ = ["NNGPKernel", "NTKClassifier", "NTKClassifierCV", "NTKKernel", "NTKRegressor", "NTKRegressorCV"]
