//! What the exit status of `fathom` means.

use std::process::ExitCode;

/// The exit status of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// 0: answered.
    Answered,
    /// 1: answered, and a check that was asked for failed; or it is not all that was asked for: a training that
    /// diverged, or a training, sweep or selection that was interrupted.
    CheckFailed,
    /// 2: no answer: bad input, or a file that cannot be read or written.
    NoAnswer,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Answered => Self::SUCCESS,
            ExitStatus::CheckFailed => Self::from(1),
            ExitStatus::NoAnswer => Self::from(2),
        }
    }
}
