"""Exceptions: each is also the built-in one that a NumPy user expects."""

from __future__ import annotations

import numpy as np


class FathomError(Exception):
    """Everything that Fathom raises of its own."""


class ArgumentError(FathomError, ValueError):
    """A value that is not allowed; the message says which, what is allowed, and what was given."""


class ArgumentTypeError(FathomError, TypeError):
    """A value of the wrong kind."""


class NotAvailableError(FathomError, ValueError):
    """The theory does not say anything of this network; the message says why."""


class RangeError(FathomError, OverflowError):
    """A number beyond the range of floating point."""


class MemoryLimitError(FathomError, MemoryError):
    """More memory than is allowed."""


class SingularError(FathomError, np.linalg.LinAlgError):
    """A kernel matrix that cannot be inverted to rounding, or an iteration that does not end."""
