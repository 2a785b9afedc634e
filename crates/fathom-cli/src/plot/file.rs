//! The flag `--plot` and the file it names.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};

use super::figure::Figure;
use super::render::render;
use crate::error::CommandError;
use crate::output::replace_file;

/// The flag of every command that can draw.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct PlotArgs {
    /// Also draw a picture to this file, as SVG or PNG (replaced only when complete)
    #[arg(long, value_name = "FILE.svg|png", value_parser = PathBufValueParser::new().try_map(PlotFile::new))]
    plot: Option<PlotFile>,
}

/// A file whose name says what is in it.
#[derive(Clone, Debug)]
pub(crate) struct PlotFile {
    path: PathBuf,
    format: PlotFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlotFormat {
    Svg,
    Png,
}

impl PlotArgs {
    /// Whether a picture was asked for.
    pub(crate) fn is_wanted(&self) -> bool {
        self.plot.is_some()
    }

    /// Draws the picture if one was asked for; it is not composed otherwise.
    pub(crate) fn write(&self, figure: impl FnOnce() -> Result<Figure, CommandError>) -> Result<(), CommandError> {
        match &self.plot {
            Some(file) => file.write(&figure()?),
            None => Ok(()),
        }
    }
}

impl PlotFile {
    fn new(path: PathBuf) -> Result<Self, String> {
        let extension = Path::extension(&path).map(|e| e.to_string_lossy().to_lowercase());
        let format = match extension.as_deref() {
            Some("svg") => PlotFormat::Svg,
            Some("png") => PlotFormat::Png,
            _ => return Err("pictures are written as .svg or .png".into()),
        };
        Ok(Self { path, format })
    }

    fn write(&self, figure: &Figure) -> Result<(), CommandError> {
        let failed = |reason| CommandError::Draw { path: self.path.clone(), reason };
        replace_file(&self.path, &content(figure, self.format).map_err(failed)?)
    }
}

fn content(figure: &Figure, format: PlotFormat) -> Result<Vec<u8>, String> {
    let canvas = render(figure);
    match format {
        PlotFormat::Svg => Ok(canvas.to_svg().into_bytes()),
        PlotFormat::Png => canvas.to_png(),
    }
}
