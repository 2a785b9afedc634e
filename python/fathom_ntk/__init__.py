"""What the neural tangent kernel (NTK) of a network is, how random it is, how it moves, and whether NTK theory holds.

>>> import fathom_ntk as fm
>>> net = fm.Mlp(widths=[784, 512, 512, 10], activation="tanh", weight_var=1.76, bias_var=0.05)
>>> net.verdict().verdict
'in_regime'

Depth counts weight layers. `weight_var` and `bias_var` are variances.
"""

from . import predict
from ._activation import Activation, activations
from ._blocks import Blocks
from ._core import VERSION as __version__
from ._depth import Depth, DepthOnData, depth, depth_on_data
from ._errors import (
    ArgumentError,
    ArgumentTypeError,
    FathomError,
    MemoryLimitError,
    NotAvailableError,
    RangeError,
    SingularError,
)
from ._network import Mlp, load_spec
from ._phase import EdgeOfChaos, EdgeOfChaosCurve, Phase, PhaseDiagram, eoc, eoc_curve, phase_diagram
from ._report import Report
from ._reproduce import Claim, Study, reproduce
from ._results import EmpiricalNtk, Kernels, Moments, Sample, Verdict
from ._selftest import Selftest, selftest
from ._sweep import Sweep, sweep
from ._train import Training
from ._weights import empirical_ntk
from .predict import Prediction, Selection, select

__all__ = [
    "Activation",
    "ArgumentError",
    "ArgumentTypeError",
    "Blocks",
    "Claim",
    "Depth",
    "DepthOnData",
    "EdgeOfChaos",
    "EdgeOfChaosCurve",
    "EmpiricalNtk",
    "FathomError",
    "Kernels",
    "MemoryLimitError",
    "Mlp",
    "Moments",
    "NotAvailableError",
    "Phase",
    "PhaseDiagram",
    "Prediction",
    "RangeError",
    "Report",
    "Sample",
    "Selection",
    "Selftest",
    "SingularError",
    "Study",
    "Sweep",
    "Training",
    "Verdict",
    "__version__",
    "activations",
    "depth",
    "depth_on_data",
    "empirical_ntk",
    "eoc",
    "eoc_curve",
    "load_spec",
    "phase_diagram",
    "predict",
    "reproduce",
    "select",
    "selftest",
    "sweep",
]
