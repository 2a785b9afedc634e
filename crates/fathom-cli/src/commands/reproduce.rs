//! `fathom reproduce`.

mod cache;
mod index;
mod text;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use fathom_ntk::studies::{Event, JudgedClaim, Labelled, Material, Piece, Results, Scale, Study, judge, run_pieces};

use crate::data::load_targets;
use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::data_named;
use crate::output::{OutputArgs, note, replace_file};
use crate::page::{Form, quoted, render, study_page};
use crate::runs::{Progress, fingerprint, stop_requested};
use cache::{Cache, Kept};
use serde::Serialize;

/// Flags of `fathom reproduce`.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("scale").multiple(false))]
pub(crate) struct Args {
    /// Which studies: hanin-nica, seleznova-kutyniok-2021, seleznova-kutyniok-2022, hayou, st-arnaud, or all
    #[arg(value_name = "STUDY", required = true, value_parser = studies)]
    studies: Vec<Studies>,
    /// Minutes for each study (the default)
    #[arg(long, group = "scale")]
    quick: bool,
    /// As much as the figures of the papers, or more: hours
    #[arg(long, group = "scale")]
    full: bool,
    /// Seconds: shows that everything runs, and is too little for the claims, which are not judged
    #[arg(long, group = "scale")]
    trial: bool,
    /// Seed of everything that is drawn
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Folder of the reports, with an index; and of what was computed for them, so that a run can be continued
    #[arg(long, value_name = "FOLDER", default_value = "fathom-reports")]
    folder: PathBuf,
    /// Images to use instead of the built-in 1,500 of Fashion-MNIST at half the size, with classes: .npz, .csv with labels, or
    /// any other kind of data with --image-classes; used by hayou only
    #[arg(long, value_name = "FILE")]
    images: Option<PathBuf>,
    /// Their classes, one a row
    #[arg(long, value_name = "FILE", requires = "images")]
    image_classes: Option<PathBuf>,
    /// Threads; default all cores
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    output: OutputArgs,
}

/// One study or all.
#[derive(Clone, Debug)]
struct Studies(Vec<Study>);

fn studies(name: &str) -> Result<Studies, String> {
    if name == "all" {
        return Ok(Studies(Study::ALL.to_vec()));
    }
    name.parse().map(|study| Studies(vec![study])).map_err(|e: fathom_ntk::studies::StudyError| format!("{e}, all"))
}

/// A study with everything that a report says of it.
#[derive(Debug, Serialize)]
pub(crate) struct Reproduced {
    pub(crate) version: &'static str,
    pub(crate) study: Study,
    pub(crate) scale: Scale,
    pub(crate) seed: u64,
    /// Empty for a trial.
    pub(crate) claims: Vec<JudgedClaim>,
    pub(crate) pieces: usize,
    /// Time of all pieces together.
    pub(crate) seconds: f64,
    /// Where its images come from, if it uses any.
    pub(crate) images: Option<String>,
    /// The command that makes it.
    pub(crate) command: String,
    #[serde(flatten)]
    pub(crate) results: Results,
}

impl Reproduced {
    /// Whether every claim came out as recorded.
    pub(crate) fn holds(&self) -> bool {
        self.claims.iter().all(|claim| claim.passed)
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    let mut chosen: Vec<Study> = Vec::new();
    for study in args.studies.iter().flat_map(|studies| &studies.0) {
        if !chosen.contains(study) {
            chosen.push(*study);
        }
    }
    if args.images.is_some() && !chosen.iter().any(|study| study.uses_images()) {
        return Err(CommandError::Usage("--images is for hayou: the other studies use no images".into()));
    }
    args.output.check()?;
    args.check_out(&chosen)?;
    let digits = named(Path::new("digits"), None)?;
    let images = named(args.images.as_deref().unwrap_or(Path::new("fashion")), args.image_classes.as_deref())?;
    let material = Material { digits: digits.labelled(), images: images.labelled() };
    let cache = Cache::open(&args.folder)?;
    let mut all = Vec::new();
    let mut passed = true;
    for study in chosen {
        let Some(done) = args.reproduce(study, &material, &cache)? else {
            passed = false;
            break;
        };
        passed &= done.holds();
        write(&args.folder, &done)?;
        all.push(done);
    }
    index::write(&args.folder)?;
    args.output.write(&all, || text::text(&all, &args.folder))?;
    Ok(if passed { ExitStatus::Answered } else { ExitStatus::CheckFailed })
}

/// Data with classes, and a name that tells other data apart.
struct Classified {
    name: String,
    features: usize,
    values: Vec<f64>,
    classes: Vec<f64>,
}

fn named(path: &Path, classes: Option<&Path>) -> Result<Classified, CommandError> {
    let (data, source) = data_named(path, None)?;
    let classes = classes.map(|path| load_targets(path).map(|targets| targets.values)).transpose()?.or(data.labels);
    let without = || CommandError::Usage(format!("{source} has no classes: give them with --image-classes"));
    let classes = classes.ok_or_else(without)?;
    let sums = [&data.inputs.values, &classes].map(|numbers| fingerprint(numbers));
    let name = format!("{source} ({:016x})", sums[0] ^ sums[1].rotate_left(1));
    Ok(Classified { name, features: data.inputs.cols, values: data.inputs.values, classes })
}

impl Classified {
    fn labelled(&self) -> Labelled<'_> {
        Labelled { name: &self.name, features: self.features, values: &self.values, classes: &self.classes }
    }
}

impl Args {
    fn scale(&self) -> Scale {
        match (self.full, self.trial) {
            (true, _) => Scale::Full,
            (_, true) => Scale::Trial,
            _ => Scale::Quick,
        }
    }

    /// What makes the report of one study.
    fn command(&self, study: Study) -> String {
        let scale = match self.scale() {
            Scale::Trial => "trial",
            Scale::Quick => "quick",
            Scale::Full => "full",
        };
        let mut command = format!("fathom reproduce {study} --{scale} --seed {}", self.seed);
        for (flag, path) in [("images", &self.images), ("image-classes", &self.image_classes)] {
            if let Some(path) = path.as_ref().filter(|_| study.uses_images()) {
                command += &format!(" --{flag} {}", quoted(&path.to_string_lossy()));
            }
        }
        command
    }

    /// That the result does not go to one of the reports.
    fn check_out(&self, chosen: &[Study]) -> Result<(), CommandError> {
        let Some(out) = &self.output.out else { return Ok(()) };
        let folder_of = |path: &Path| std::fs::canonicalize(path).ok();
        let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = out.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let reports = chosen.iter().flat_map(|study| ["html", "md", "json"].map(|form| format!("{study}.{form}")));
        let taken = reports.chain([index::NAME.to_owned()]).any(|report| report == name);
        if taken && folder_of(parent).is_some() && folder_of(parent) == folder_of(&self.folder) {
            return Err(CommandError::Usage(format!("--out must be another file: {name} is one of the reports")));
        }
        Ok(())
    }

    /// Does what is not done yet; `None` if it was interrupted.
    fn reproduce(
        &self,
        study: Study,
        material: &Material<'_>,
        cache: &Cache,
    ) -> Result<Option<Reproduced>, CommandError> {
        let scale = self.scale();
        let pieces = study.pieces(scale, self.seed, material)?;
        let mut kept: BTreeMap<usize, Kept> = BTreeMap::new();
        let mut results = study.tables();
        for (place, piece) in pieces.iter().enumerate() {
            let columns = results.table(piece.table)?.columns.len();
            kept.extend(cache.read(study, piece, columns).map(|found| (place, found)));
        }
        if !self.drive(study, &pieces, cache, &mut kept)? {
            let (done, all) = (kept.len(), pieces.len());
            note(&format!("{study}: interrupted after {done} of {all} pieces; the same command goes on from there"));
            return Ok(None);
        }
        let mut seconds = 0.0;
        for (piece, Kept { rows, seconds: of_piece, .. }) in pieces.iter().zip(kept.into_values()) {
            results.add(piece.table, rows)?;
            seconds += of_piece;
        }
        let claims = if scale == Scale::Trial { Vec::new() } else { judge(study, &study.quantities(&results)?)? };
        let (version, seed, pieces) = (env!("CARGO_PKG_VERSION"), self.seed, pieces.len());
        let images = study.uses_images().then(|| material.images.name.to_owned());
        let command = self.command(study);
        Ok(Some(Reproduced { version, study, scale, seed, claims, pieces, seconds, images, command, results }))
    }

    /// Whether all pieces are done.
    fn drive(
        &self,
        study: Study,
        pieces: &[Piece<'_>],
        cache: &Cache,
        kept: &mut BTreeMap<usize, Kept>,
    ) -> Result<bool, CommandError> {
        let pending: Vec<usize> = (0..pieces.len()).filter(|place| !kept.contains_key(place)).collect();
        let work: Vec<&Piece<'_>> = pending.iter().map(|&place| &pieces[place]).collect();
        let stop = stop_requested()?;
        let threads =
            self.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
        let mut progress = Progress::by_cost(pieces.iter().map(|piece| piece.seconds).sum());
        progress.add_earlier_cost(kept.keys().map(|&place| pieces[place].seconds).sum());
        let mut begun = BTreeMap::new();
        let mut failure = None;
        run_pieces(&work, threads, stop, |event| match event {
            Event::Begun(place) => {
                begun.insert(place, Instant::now());
            }
            Event::Done(place, rows) => {
                let seconds = begun.remove(&place).map_or(0.0, |begin: Instant| begin.elapsed().as_secs_f64());
                let piece = work[place];
                progress.add_cost(piece.seconds);
                let done = rows.map_err(|source| CommandError::Piece { piece: piece.description.clone(), source });
                let done = done.map(|rows| Kept::new(study, piece, rows, seconds));
                match done.and_then(|done| cache.write(&done).map(|()| done)) {
                    Ok(done) => {
                        kept.insert(pending[place], done);
                    }
                    Err(error) => {
                        failure = failure.take().or(Some(error));
                        stop.store(true, std::sync::atomic::Ordering::Relaxed);
                    }
                }
            }
        });
        progress.hide();
        failure.map_or(Ok(kept.len() == pieces.len()), Err)
    }
}

/// Writes the report in its three forms.
fn write(folder: &Path, done: &Reproduced) -> Result<(), CommandError> {
    let page = study_page(done)?;
    for (form, extension) in [(Form::Html, "html"), (Form::Markdown, "md")] {
        let path = folder.join(format!("{}.{extension}", done.study));
        let content = render(&page, form).map_err(|reason| CommandError::Draw { path: path.clone(), reason })?;
        replace_file(&path, content.as_bytes())?;
    }
    let path = folder.join(format!("{}.json", done.study));
    replace_file(&path, (serde_json::to_string(done)? + "\n").as_bytes())
}
