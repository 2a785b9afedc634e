//! What papers claim, measured again.

use std::collections::BTreeMap;
use std::time::Instant;

use fathom_data::{DIGITS, FASHION, Images};
use fathom_ntk::studies::{
    Event, JudgedClaim, Labelled, Material, Results, Scale, Study, StudyError, judge, run_pieces,
};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use serde::Serialize;

use crate::convert::{Report, entries, json, report, rows};
use crate::errors::{raise, refused};
use crate::work::{Attended, Progress, attended};

/// Images and their classes.
type GivenImages<'py> = (PyReadonlyArray2<'py, f64>, PyReadonlyArray1<'py, f64>);

/// Inputs with classes, and where they come from.
struct Data {
    name: String,
    features: usize,
    values: Vec<f64>,
    classes: Vec<f64>,
}

/// A study with the keys of the command's JSON form.
#[derive(Serialize)]
struct Done {
    study: Study,
    scale: Scale,
    seed: u64,
    claims: Vec<JudgedClaim>,
    pieces: usize,
    seconds: f64,
    images: Option<String>,
    command: String,
    #[serde(flatten)]
    results: Results,
}

impl Data {
    fn built_in(images: &Images) -> Self {
        let (values, classes) = (images.pixels(), images.classes());
        Self { name: images.name.into(), features: images.features, values, classes }
    }

    fn labelled(&self) -> Labelled<'_> {
        Labelled { name: &self.name, features: self.features, values: &self.values, classes: &self.classes }
    }
}

/// Runs a study.
#[pyfunction]
#[pyo3(signature = (study, scale, seed, images, command, threads, progress))]
#[expect(clippy::too_many_arguments, reason = "checked and named in Python")]
pub(crate) fn reproduce(
    py: Python<'_>,
    study: &str,
    scale: &str,
    seed: u64,
    images: Option<GivenImages<'_>>,
    command: &str,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Report> {
    let study: Study = study.parse().map_err(raise)?;
    let known = [("trial", Scale::Trial), ("quick", Scale::Quick), ("full", Scale::Full)];
    let found = known.into_iter().find(|(name, _)| *name == scale);
    let (_, scale) = found.ok_or_else(|| refused(format!("scale must be trial, quick or full, got {scale:?}")))?;
    let images = match images {
        Some(_) if !study.uses_images() => return Err(refused("images are for hayou: the other studies use none")),
        Some((x, classes)) => {
            let (values, [_, features]) = rows("images", &x)?;
            let classes = entries("the classes of images", &classes)?.to_vec();
            Data { name: "images".into(), features, values: values.to_vec(), classes }
        }
        None => Data::built_in(&FASHION),
    };
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let work = move |watch: &Attended| run(study, scale, seed, &images, threads, watch);
    let mut done = attended(py, &Progress(progress), work)?.map_err(raise)?;
    command.clone_into(&mut done.command);
    report(py, None, json(&done)?, String::new())
}

fn run(
    study: Study,
    scale: Scale,
    seed: u64,
    images: &Data,
    threads: usize,
    watch: &Attended,
) -> Result<Done, StudyError> {
    let digits = Data::built_in(&DIGITS);
    let material = Material { digits: digits.labelled(), images: images.labelled() };
    let pieces = study.pieces(scale, seed, &material)?;
    let (mut done, mut begun, mut seconds) = (BTreeMap::new(), BTreeMap::new(), 0.0);
    let mut failure = None;
    run_pieces(&pieces.iter().collect::<Vec<_>>(), threads, watch.stop_flag(), |event| match event {
        Event::Begun(place) => {
            begun.insert(place, Instant::now());
        }
        Event::Done(place, rows) => {
            seconds += begun.remove(&place).map_or(0.0, |begin: Instant| begin.elapsed().as_secs_f64());
            match rows {
                Ok(rows) => {
                    done.insert(place, rows);
                    watch.advance_to(done.len() as u64, pieces.len() as u64);
                }
                Err(error) => {
                    failure = failure.take().or(Some(error));
                    watch.stop_flag().store(true, std::sync::atomic::Ordering::Relaxed);
                }
            }
        }
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    let mut results = study.tables();
    for (place, rows) in done {
        results.add(pieces[place].table, rows)?;
    }
    let judged = scale != Scale::Trial && !watch.is_stopped();
    let claims = if judged { judge(study, &study.quantities(&results)?)? } else { Vec::new() };
    let images = study.uses_images().then(|| images.name.clone());
    Ok(Done { study, scale, seed, claims, pieces: pieces.len(), seconds, images, command: String::new(), results })
}
