//! Which exception every error of the library becomes.

use std::fmt::Display;

use fathom_ntk::activation::{ActivationError, SampledError};
use fathom_ntk::analysis::depth::DepthError;
use fathom_ntk::analysis::empirical::EmpiricalError;
use fathom_ntk::analysis::sweep::SweepError;
use fathom_ntk::analysis::training::{ComparisonError, InitialError};
use fathom_ntk::analysis::verdict::VerdictError;
use fathom_ntk::analysis::{EocError, PhaseError};
use fathom_ntk::infinite::matrix::MatrixError;
use fathom_ntk::infinite::{GramError, InputError, KernelError};
use fathom_ntk::moments::MomentsError;
use fathom_ntk::moments::first_order::FirstOrderError;
use fathom_ntk::network::NetworkError;
use fathom_ntk::network::arrays::ArraysError;
use fathom_ntk::predict::PredictError;
use fathom_ntk::sample::{ObservableError, RunError, SampleError};
use fathom_ntk::selftest::SelftestError;
use fathom_ntk::spec::{ArchitectureError, CompositionError, OptionError, PerLayerError, WidthsError};
use fathom_ntk::statistics::StatisticsError;
use fathom_ntk::studies::StudyError;
use fathom_ntk::train::{ScheduleError, TrainError};
use pyo3::prelude::*;

/// The exceptions of `fathom_ntk`, by their names there.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::enum_variant_names, reason = "the names of the exceptions in Python")]
pub(crate) enum Kind {
    /// A value that is not allowed: a `ValueError`.
    ArgumentError,
    /// The theory does not say anything of this network: a `ValueError`.
    NotAvailableError,
    /// A number beyond the range of floating point: an `OverflowError`.
    RangeError,
    /// More memory than is allowed: a `MemoryError`.
    MemoryLimitError,
    /// Linear algebra that has no result: a `numpy.linalg.LinAlgError`.
    SingularError,
}

/// An error of the library.
pub(crate) trait Failure: Display {
    fn kind(&self) -> Kind;
}

/// The exception of an error.
#[expect(clippy::needless_pass_by_value, reason = "used in map_err")]
pub(crate) fn raise<E: Failure>(error: E) -> PyErr {
    exception(error.kind(), error.to_string())
}

/// An exception with this message.
pub(crate) fn exception(kind: Kind, message: String) -> PyErr {
    let made = Python::attach(|py| {
        let class = py.import("fathom_ntk._errors")?.getattr(format!("{kind:?}"))?;
        Ok::<_, PyErr>(PyErr::from_value(class.call1((message,))?))
    });
    made.unwrap_or_else(|error| error)
}

/// A value that is not allowed.
pub(crate) fn refused(message: impl Into<String>) -> PyErr {
    exception(Kind::ArgumentError, message.into())
}

/// Kinds by variant; errors that hold another one have its kind.
macro_rules! kinds {
    ($error:ident { $($kind:ident: $($variant:ident),+;)* } $(of [$($inner:ident),+])?) => {
        impl Failure for $error {
            fn kind(&self) -> Kind {
                match self {
                    $($(Self::$variant { .. })|+ => Kind::$kind,)*
                    $($(Self::$inner(source) => source.kind(),)+)?
                    #[allow(unreachable_patterns, reason = "most enums of the library may grow, and some may not")]
                    _ => Kind::ArgumentError,
                }
            }
        }
    };
}

impl Failure for OptionError {
    fn kind(&self) -> Kind {
        Kind::ArgumentError
    }
}

kinds!(ActivationError { ArgumentError: Unknown, Parameters; });
kinds!(SampledError { ArgumentError: Name, Breakpoint, Count, NotFinite, NotSmooth, TooManyCells, Slope, Stopped; });
kinds!(WidthsError { ArgumentError: Syntax, Zero, TooFew, TooMany; });
kinds!(PerLayerError { ArgumentError: Syntax; });
kinds!(ArchitectureError {
    ArgumentError: NoShape, DepthMismatch, Depth, Layers, WeightVar, BiasVar, BiasVarWithoutBiases, Toml;
});
kinds!(CompositionError {
    ArgumentError: Empty, Input, Shape, Branch, Order, Value, Scaling, ScalingSyntax, Depth, Toml;
});
kinds!(DepthError {
    ArgumentError: Input, Depths, Epsilon, MeanSquare, Image, TooManyPlaces, Stopped;
    NotAvailableError: LayersDiffer, NotCircular, OtherNtk;
} of [Architecture, Composition, Phase, Kernel, Matrix, Predict]);
kinds!(InputError { ArgumentError: Length, NotFinite, Inner; });
kinds!(KernelError {
    NotAvailableError: NeedsWidths, NoNtk, Images, NoImages, FlattenedSizes;
    RangeError: Diverges;
});
kinds!(GramError { ArgumentError: Input; } of [Kernel]);
kinds!(MatrixError {
    ArgumentError: Shape, Features, Input, ZeroDiagonal, NoBand, Stopped;
    RangeError: NotFinite;
    MemoryLimitError: Memory, PairsOfPlaces;
} of [Kernel]);
kinds!(PhaseError { ArgumentError: WeightVar, BiasVar, FirstVariance; NotAvailableError: Discontinuous; });
kinds!(EocError {
    ArgumentError: BiasVar, Range;
    NotAvailableError: Never, OnlyWithoutBias, UnboundedStart, Unreachable;
} of [Phase]);
kinds!(MomentsError {
    ArgumentError: NoLayers, Length, ZeroWidth, LayerValue, Value, Concentration, ZeroPreactivation;
    NotAvailableError: DependentWeights, SeveralOutputs, NotGaussian;
});
kinds!(VerdictError {
    ArgumentError: Threshold, NotPositive, Target, Sample, NoRows, Ragged, NotFinite, Features, SquaredNorm, AllZero;
} of [Phase, Kernel, Input, Gram, Matrix, Moments, Architecture]);
kinds!(NetworkError {
    ArgumentError: NoLayers, EmptyLayer, WeightCount, BiasCount, WeightNotFinite, BiasNotFinite, Scale, Chain, Widths,
        Inputs, InputNotFinite, Cotangents, MissingWidth, LayerCount, LayerShape, Blocks;
    NotAvailableError: NoNtk;
    RangeError: ForwardOverflow, BackwardOverflow, KernelOverflow, ZeroNorm;
    MemoryLimitError: Budget, TooLarge, TooManyWeights;
});
kinds!(ArraysError {
    ArgumentError: NoLayers, Unknown, NoSuchLayer, Twice, Values, NotAMatrix, NotAVector, NotFinite, Chain, BiasCount,
        Contradiction, Unclear;
});
kinds!(EmpiricalError { ArgumentError: Widths; } of [Network]);
kinds!(StatisticsError {
    ArgumentError: NoObservables, DuplicateName, UnknownObservable, TooManyJoint, DuplicateJoint, NotJoint, DrawLength,
        BlockFull, EmptyBlock, NotABlock, BlockIndex, Overlap, DifferentObservables, Probability, Bins, LogDispersion,
        Inconsistent;
});
kinds!(ObservableError { ArgumentError: Unknown, Range, TooManyRows, FirstStep; NotAvailableError: OfBlocks; } of [Statistics]);
kinds!(SampleError {
    ArgumentError: InputShape, Input, Method;
    NotAvailableError: InfiniteWidth, NoNtk;
    RangeError: Overflow;
    MemoryLimitError: Memory;
} of [Network]);
impl Failure for RunError {
    fn kind(&self) -> Kind {
        match self {
            Self::Draw { source, .. } => source.kind(),
            Self::Observable(source) => source.kind(),
            Self::Statistics(source) => source.kind(),
            _ => Kind::ArgumentError,
        }
    }
}
kinds!(PredictError {
    ArgumentError: NoInputs, Length, NotFinite, OutOfRange, ZeroKernel, Diverges, Missing, Unreadable;
    RangeError: BeyondRange;
    SingularError: Singular, Eigenvalues, NotConverged, Indefinite;
    MemoryLimitError: Memory;
} of [Matrix, Gram]);
kinds!(TrainError {
    ArgumentError: Length, Empty, NotFinite, Class, Shape, NotProbabilities, OneOutput, OutOfRange, Batch, Probe, NoEnd,
        TooManySteps, State;
    NotAvailableError: NoKernel;
    RangeError: Kernel;
} of [Network]);
kinds!(ScheduleError { ArgumentError: Syntax, Zero; });
kinds!(InitialError {} of [Train, Sample, Network]);
kinds!(SweepError {
    ArgumentError: UnknownKey, Value, NoValues, Twice, TwoAxes, Range, TooManyCells, Contradiction, Missing, Ratio, Cell,
        Toml;
} of [Architecture]);
kinds!(SelftestError { ArgumentError: Json; });
kinds!(FirstOrderError {
    NotAvailableError: InfiniteWidth, WeightLaw, NoNtk, SquaredNorm, ZeroKernel, ZeroNtk, NotFinite, NotAnalytic, Parallel,
        Tolerance, TooWide, NoCrossing, Variance, NotFixedPoint, UnstableFixedPoint, NoHalfStablePoint;
});
kinds!(ComparisonError {
    ArgumentError: NotAskedFor, Steps, Length, NoMembers, OwnSteps;
    NotAvailableError: NoCourse, NoInfiniteWidth, FirstStep;
    RangeError: Diverges;
    MemoryLimitError: Memory;
} of [Network, Train, Sample, Predict, Moments, FirstOrder]);
kinds!(StudyError {
    ArgumentError: Unknown, Data, Claims, Missing, Row;
    NotAvailableError: Unmeasured;
} of [
    Architecture, Activation, Input, Widths, Composition, Sweep, Sample, Observable, Run, Moments, Network, Matrix, Predict,
    Phase, EdgeOfChaos, Depth, Train, Initial, Comparison
]);
