//! The file that a training continues from: a `.safetensors` file of its lists, with everything else as JSON in its header.

use std::path::Path;

use fathom_ntk::Architecture;
use fathom_ntk::train::{Examples, Outputs, Record, Schedule, TrainOptions, TrainerState};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::data::Data;
use crate::data::{Content, NamedList, read_content, tensor_file};
use crate::error::CommandError;
use crate::output::replace_file;

/// The format of the file; the streams of random numbers are part of it.
const FORMAT: &str = "fathom train, format 2";
/// The lists, by name.
const LISTS: [&str; 3] = ["parameters", "moments.first", "moments.second"];
const KERNELS: &str = "kernels";
const OUTPUTS: [&str; 2] = ["outputs.train", "outputs.test"];

/// A training so far.
#[derive(Debug, Default)]
pub(super) struct Saved {
    /// `None` at the beginning.
    pub(super) state: Option<TrainerState>,
    pub(super) records: Vec<Record>,
    /// Of every record, if they are kept.
    pub(super) kernels: Vec<Vec<f64>>,
    /// Of every record, if they are kept.
    pub(super) outputs: Vec<Outputs>,
}

/// The JSON part.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    /// Of the program that wrote it.
    version: String,
    /// What the training was, except for when it stops.
    fingerprint: Value,
    steps: u64,
    first_loss: Option<f64>,
    records: Vec<Record>,
}

/// What must agree for a training to be continued: network, data, options and records, but not when to stop.
pub(super) fn fingerprint(
    arch: &Architecture,
    options: &TrainOptions,
    data: &Data,
    probe: usize,
    schedule: &Schedule,
) -> Result<Value, CommandError> {
    let mut options = serde_json::to_value(options)?;
    if let Some(options) = options.as_object_mut() {
        options.remove("stop");
    }
    Ok(json!({
        "architecture": arch,
        "options": options,
        "training_data": checksum(&data.train),
        "test_data": data.test.as_ref().map(checksum),
        "probe": probe,
        "record_at": schedule.to_string(),
    }))
}

/// FNV-1a over the bits of inputs and targets.
fn checksum(examples: &Examples) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for value in examples.inputs().iter().chain(examples.targets()) {
        hash = (hash ^ value.to_bits()).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 29;
    }
    format!("{} × {}, {hash:016x}", examples.rows(), examples.features())
}

impl Saved {
    /// What a file holds; the beginning if there is none.
    pub(super) fn read(path: &Path, fingerprint: &Value) -> Result<Self, CommandError> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let failed = |reason: String| CommandError::RunFile { path: path.into(), reason };
        let Content { text, lists } = read_content(path)?;
        let text = text.ok_or_else(|| failed("this is not the checkpoint of a training".into()))?;
        let header: Header = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        if header.format != FORMAT {
            return Err(failed(format!("this is {:?}, and needed is {FORMAT:?}", header.format)));
        }
        if let Some(differs) = difference(&header.fingerprint, fingerprint) {
            return Err(failed(format!("the saved training differs from this one in: {differs}")));
        }
        let list = |name: &str| lists.iter().find(|list| list.name == name).map(|list| list.values.clone());
        let [parameters, first, second] = LISTS.map(|name| list(name).unwrap_or_default());
        let count = header.records.len();
        let pieces = |name: &str| -> Vec<Vec<f64>> {
            let values = list(name).unwrap_or_default();
            let each = values.len().checked_div(count).unwrap_or(0).max(1);
            values.chunks(each).map(<[f64]>::to_vec).collect()
        };
        let [train, test] = OUTPUTS.map(pieces);
        let mut test = test.into_iter();
        let outputs = train.into_iter().map(|train| Outputs { train, test: test.next().unwrap_or_default() });
        let (steps, first_loss) = (header.steps, header.first_loss);
        let state = TrainerState { steps, first_loss, parameters, moments: [first, second] };
        let (kernels, outputs) = (pieces(KERNELS), outputs.collect());
        Ok(Self { state: Some(state), records: header.records, kernels, outputs })
    }

    /// Replaces the file by the training so far.
    pub(super) fn write(&self, state: &TrainerState, path: &Path, fingerprint: &Value) -> Result<(), CommandError> {
        let header = Header {
            format: FORMAT.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            fingerprint: fingerprint.clone(),
            steps: state.steps,
            first_loss: state.first_loss,
            records: self.records.clone(),
        };
        let flat: Vec<f64> = self.kernels.iter().flatten().copied().collect();
        let lists = LISTS.into_iter().zip([&state.parameters, &state.moments[0], &state.moments[1]]);
        let train: Vec<f64> = self.outputs.iter().flat_map(|outputs| &outputs.train).copied().collect();
        let test: Vec<f64> = self.outputs.iter().flat_map(|outputs| &outputs.test).copied().collect();
        let more = [(KERNELS, &flat), (OUTPUTS[0], &train), (OUTPUTS[1], &test)];
        let lists = lists.chain(more).filter(|(_, values)| !values.is_empty());
        let lists: Vec<NamedList> =
            lists.map(|(name, values)| NamedList { name: name.into(), values: values.clone() }).collect();
        let text = serde_json::to_string(&header)?;
        replace_file(
            path,
            &tensor_file(&lists, &text).map_err(|e| CommandError::RunFile { path: path.into(), reason: e })?,
        )
    }
}

/// The first member in which two objects differ.
pub(super) fn difference(saved: &Value, wanted: &Value) -> Option<String> {
    let wanted = wanted.as_object()?;
    wanted.iter().find(|(key, value)| saved.get(key) != Some(value)).map(|(key, _)| key.replace('_', " "))
}
