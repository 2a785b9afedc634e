//! Access to the fields of a vector.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Outcome;
use super::decimal::Decimal;
use super::tolerance::tolerance;
use crate::activation::Activation;
use crate::spec::PerLayer;

/// Most weight layers of a vector, so that a file cannot ask for hours or for all memory.
pub(super) const MAX_LAYERS: usize = 1_000_000;
/// The same where a layer may cost a two-dimensional integral.
const MAX_INTEGRATED_LAYERS: usize = 100_000;

/// One vector while it is being evaluated.
pub(super) struct Fields<'a> {
    kind: &'a str,
    index: usize,
    vector: &'a Value,
    /// Weight layers, for tolerances that depend on them.
    depth: usize,
    /// Top-level fields that were read, compared, or are known not to matter.
    known: BTreeSet<String>,
    pub(super) outcomes: Vec<Outcome>,
}

/// What an evaluation gives: nothing, or the reason why the vector cannot be evaluated.
pub(super) type Evaluation = Result<(), String>;

/// Any error as the reason for which a vector is not evaluated.
pub(super) fn reason(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl<'a> Fields<'a> {
    pub fn new(kind: &'a str, index: usize, vector: &'a Value) -> Self {
        let known = ["kind", "id", "note"].map(String::from).into();
        Self { kind, index, vector, depth: 0, known, outcomes: Vec::new() }
    }

    /// The outcomes; more if the evaluation ended early or left numbers of the vector aside.
    pub fn finish(mut self, done: Evaluation) -> Vec<Outcome> {
        match done {
            Err(reason) => self.push_not_evaluated(None, Value::Null, reason),
            Ok(()) => {
                let Value::Object(fields) = self.vector else { return self.outcomes };
                for (name, value) in fields {
                    if !self.known.contains(name) && holds_number(value) {
                        self.not_evaluated(name, value, "vectors of this kind have no such field");
                    }
                }
            }
        }
        self.outcomes
    }

    /// The value of a field; `object.field` is a field of an object.
    pub(super) fn get(&mut self, name: &str) -> Result<&'a Value, String> {
        let mut value = self.vector;
        let mut parts = name.split('.');
        if let Some(first) = parts.next() {
            self.ignore(first);
            value = value.get(first).ok_or_else(|| format!("the field {name} is missing"))?;
        }
        for part in parts {
            value = value.get(part).ok_or_else(|| format!("the field {name} is missing"))?;
        }
        Ok(value)
    }

    /// A field that says nothing about the result.
    pub fn ignore(&mut self, name: &str) {
        self.known.insert(name.into());
    }

    /// Whether the vector has this field, and it is not null.
    pub fn has(&mut self, name: &str) -> bool {
        self.get(name).is_ok_and(|v| !v.is_null())
    }

    /// A number to 32 digits.
    pub fn decimal(&mut self, name: &str) -> Result<Decimal, String> {
        parse(self.get(name)?).ok_or_else(|| format!("the field {name} is not a number"))
    }

    /// A number.
    pub fn number(&mut self, name: &str) -> Result<f64, String> {
        Ok(self.decimal(name)?.to_f64())
    }

    /// A number, `default` where the field is missing or null.
    pub fn number_or(&mut self, name: &str, default: f64) -> Result<f64, String> {
        if self.has(name) { self.number(name) } else { Ok(default) }
    }

    /// A whole number.
    pub fn count(&mut self, name: &str) -> Result<usize, String> {
        count(self.get(name)?).ok_or_else(|| format!("the field {name} is not a count"))
    }

    /// The number of weight layers.
    pub fn depth(&mut self, name: &str) -> Result<usize, String> {
        self.depth = check_depth(name, self.count(name)?, MAX_LAYERS)?;
        Ok(self.depth)
    }

    /// The number of weight layers of a network of this activation.
    pub fn depth_for(&mut self, name: &str, activation: &Activation) -> Result<usize, String> {
        let limit = if activation.homogeneous().is_some() { MAX_LAYERS } else { MAX_INTEGRATED_LAYERS };
        check_depth(name, self.depth(name)?, limit)
    }

    fn list(&mut self, name: &str) -> Result<&'a [Value], String> {
        let list = self.get(name)?.as_array().ok_or_else(|| format!("the field {name} is not a list"))?;
        if list.len() > MAX_LAYERS {
            return Err(format!("the field {name} lists {} values, at most {MAX_LAYERS} are allowed", list.len()));
        }
        Ok(list)
    }

    /// A list of numbers.
    pub fn numbers(&mut self, name: &str) -> Result<Vec<f64>, String> {
        let entry = |v| parse(v).map(Decimal::to_f64).ok_or_else(|| format!("an entry of {name} is not a number"));
        self.list(name)?.iter().map(entry).collect()
    }

    /// A list of lists of numbers.
    pub fn rows(&mut self, name: &str) -> Result<Vec<Vec<f64>>, String> {
        let bad = || format!("an entry of {name} is not a list of numbers");
        let row =
            |v: &Value| -> Option<Vec<f64>> { v.as_array()?.iter().map(|x| parse(x).map(Decimal::to_f64)).collect() };
        self.list(name)?.iter().map(|v| row(v).ok_or_else(bad)).collect()
    }

    /// A list of whole numbers.
    pub fn counts(&mut self, name: &str) -> Result<Vec<usize>, String> {
        let entry = |v| count(v).ok_or_else(|| format!("an entry of {name} is not a count"));
        self.list(name)?.iter().map(entry).collect()
    }

    /// A number for every layer, or a list of them.
    pub fn per_layer(&mut self, name: &str) -> Result<PerLayer, String> {
        if self.get(name)?.is_array() {
            Ok(PerLayer::Layers(self.numbers(name)?))
        } else {
            Ok(PerLayer::Uniform(self.number(name)?))
        }
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Result<&'a str, String> {
        self.get(name)?.as_str().ok_or_else(|| format!("the field {name} is not a text"))
    }

    /// An activation, under the names that vector files use.
    pub fn activation(&mut self, name: &str) -> Result<Activation, String> {
        activation(self.text(name)?)
    }

    /// Names and values of all fields, or of those of the object `name`.
    pub fn entries(&mut self, name: Option<&str>) -> Result<Vec<(&'a str, &'a Value)>, String> {
        let object = match name {
            Some(name) => self.get(name)?,
            None => self.vector,
        };
        let object = object.as_object().ok_or("expected an object")?;
        let entries = object.iter().map(|(name, value)| (name.as_str(), value));
        if name.is_none() {
            self.known.extend(object.keys().cloned());
        }
        Ok(entries.collect())
    }

    /// Says that an expected number was left aside.
    pub fn not_evaluated(&mut self, name: &str, expected: &Value, reason: impl Into<String>) {
        self.push_not_evaluated(Some(name.into()), expected.clone(), reason.into());
    }

    fn push_not_evaluated(&mut self, field: Option<String>, expected: Value, reason: String) {
        self.outcomes.push(Outcome {
            kind: self.kind.into(),
            index: self.index,
            field,
            computed: Value::Null,
            expected,
            relative_error: None,
            absolute_error: None,
            tolerance: None,
            not_evaluated: Some(reason),
        });
    }

    /// Records a comparison; `absolute_error` for logarithms.
    pub(super) fn push(
        &mut self,
        name: &str,
        computed: Value,
        expected: &Value,
        relative_error: f64,
        absolute_error: Option<f64>,
    ) {
        self.outcomes.push(Outcome {
            kind: self.kind.into(),
            index: self.index,
            field: Some(name.into()),
            computed,
            expected: expected.clone(),
            relative_error: Some(relative_error),
            absolute_error,
            tolerance: tolerance(self.kind, self.depth, absolute_error.is_some()),
            not_evaluated: None,
        });
    }
}

pub(super) fn check_depth(name: &str, depth: usize, limit: usize) -> Result<usize, String> {
    if (1..=limit).contains(&depth) {
        Ok(depth)
    } else {
        Err(format!("{name} (number of weight layers) must be between 1 and {limit} here, got {depth}"))
    }
}

/// An activation, under the names that vector files use.
pub(super) fn activation(text: &str) -> Result<Activation, String> {
    let known = match text {
        "poly" => "polynomial:0.25,1,-0.5,0.125".into(),
        _ => match (text.strip_prefix("leaky"), text.strip_prefix("relu")) {
            (Some(slope), _) if slope.parse::<f64>().is_ok() => format!("leaky-relu:{slope}"),
            (_, Some(power)) if power.parse::<u32>().is_ok() => format!("rectified-power:{power}"),
            _ => text.into(),
        },
    };
    known.parse().map_err(reason)
}

fn count(value: &Value) -> Option<usize> {
    let text = value.as_str().and_then(|s| s.parse().ok());
    value.as_u64().and_then(|n| usize::try_from(n).ok()).or(text)
}

/// A number in the range of `f64`.
pub(super) fn parse(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => Decimal::parse(text),
        Value::Number(n) => n.as_f64().map(Decimal::from),
        _ => None,
    }
}

/// Whether something in `value` could be an expected number.
fn holds_number(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(holds_number),
        Value::Object(fields) => fields.values().any(holds_number),
        Value::String(text) => Decimal::parse(text).is_some() || text == "inf",
        Value::Number(_) | Value::Bool(_) => true,
        Value::Null => false,
    }
}
