//! Programs that are run one after the other.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// One run of a program, at the root of the workspace.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// `None`: cargo.
    program: Option<PathBuf>,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
}

impl Step {
    /// A run of cargo.
    pub(crate) fn new(name: &'static str, arguments: &[&str]) -> Self {
        Self { name, program: None, arguments: arguments.iter().map(Into::into).collect(), environment: Vec::new() }
    }

    /// A run of another program.
    pub(crate) fn of(name: &'static str, program: PathBuf, arguments: &[&str]) -> Self {
        Self { program: Some(program), ..Self::new(name, arguments) }
    }

    /// The same with an environment variable set.
    pub(crate) fn with(mut self, variable: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((variable, value.into()));
        self
    }

    /// The command as one would type it.
    pub(crate) fn line(&self) -> String {
        let variables = self.environment.iter().map(|(name, value)| format!("{name}={value:?} "));
        let program = self.program.as_ref().map_or("cargo".into(), |program| program.display().to_string());
        let arguments = self.arguments.iter().map(|argument| format!(" {}", argument.display()));
        format!("{}{program}{}", variables.collect::<String>(), arguments.collect::<String>())
    }

    pub(crate) fn run(&self) -> std::io::Result<ExitStatus> {
        let mut command = self.program.as_ref().map_or_else(cargo, Command::new);
        command.current_dir(workspace()).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).status()
    }
}

/// The cargo that runs this program, at the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    command
}

pub(crate) fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
