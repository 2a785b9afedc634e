//! Why a command has no answer.

use std::path::PathBuf;

use fathom_ntk::analysis::depth::DepthError;
use fathom_ntk::analysis::empirical::EmpiricalError;
use fathom_ntk::analysis::sweep::SweepError;
use fathom_ntk::analysis::training::{ComparisonError, InitialError};
use fathom_ntk::analysis::verdict::VerdictError;
use fathom_ntk::analysis::{EocError, PhaseError};
use fathom_ntk::infinite::matrix::MatrixError;
use fathom_ntk::moments::MomentsError;
use fathom_ntk::network::NetworkError;
use fathom_ntk::predict::PredictError;
use fathom_ntk::sample::{ObservableError, RunError, SampleError};
use fathom_ntk::selftest::SelftestError;
use fathom_ntk::spec::{ArchitectureError, CompositionError};
use fathom_ntk::statistics::StatisticsError;
use fathom_ntk::studies::StudyError;
use fathom_ntk::train::TrainError;

use crate::data::DataError;
use crate::weights::WeightsError;

/// Why a command has no answer; shown on one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    #[error("{}: {source}", .path.display())]
    ArchitectureFile { path: PathBuf, source: ArchitectureError },
    #[error("{}: {source}", .path.display())]
    BlocksFile { path: PathBuf, source: CompositionError },
    #[error("cannot read {}: {source}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}: {source}", .path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot draw {}: {reason}", .path.display())]
    Draw { path: PathBuf, reason: String },
    #[error("cannot write the result: {0}")]
    Stdout(std::io::Error),
    #[error("cannot write the result as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Verdict(#[from] VerdictError),
    #[error(transparent)]
    Phase(#[from] PhaseError),
    #[error(transparent)]
    Depth(#[from] DepthError),
    #[error(transparent)]
    EdgeOfChaos(#[from] EocError),
    #[error(transparent)]
    Moments(#[from] MomentsError),
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Empirical(#[from] EmpiricalError),
    #[error("{}: {reason}", .path.display())]
    RunFile { path: PathBuf, reason: String },
    #[error(transparent)]
    Sample(#[from] SampleError),
    #[error(transparent)]
    Observable(#[from] ObservableError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Predict(#[from] PredictError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Initial(#[from] InitialError),
    #[error("{}: {source}", .path.display())]
    SweepFile { path: PathBuf, source: SweepError },
    #[error(transparent)]
    Sweep(#[from] SweepError),
    #[error(transparent)]
    Study(#[from] StudyError),
    #[error("{piece}: {source}")]
    Piece { piece: String, source: StudyError },
    #[error(transparent)]
    Comparison(#[from] ComparisonError),
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    #[error("{name}: {source}")]
    Vectors { name: String, source: SelftestError },
    #[error("{0}")]
    Usage(String),
}
