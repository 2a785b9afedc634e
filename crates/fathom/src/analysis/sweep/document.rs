//! The TOML document of a sweep.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::{Axis, Key, Range, Setting, Sweep, SweepCommand, SweepError, Template};
use crate::spec::toml_message;

/// The value of an option of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionValue {
    /// Of a switch.
    Flag(bool),
    /// The text form of any other.
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    command: SweepCommand,
    #[serde(default)]
    network: Table,
    #[serde(default)]
    grid: BTreeMap<Spanned<String>, Value>,
    sample: Option<Table>,
    train: Option<Table>,
    verdict: Option<Table>,
}

impl Sweep {
    /// Reads a TOML document: `command`, a table `[network]` of what all networks have in common, a table `[grid]` with a list
    /// or a range `{from, to, count, log}` for every key that varies, and a table of options with the name of the command.
    ///
    /// # Errors
    /// [`SweepError::Toml`] with the line for bad syntax, [`SweepError::UnknownKey`] with all that are allowed, and what is
    /// wrong with a value.
    pub fn from_toml(text: &str) -> Result<Self, SweepError> {
        let document: Document =
            toml::from_str(text).map_err(|error| SweepError::Toml { message: toml_message(text, &error) })?;
        let Document { command, network, grid, sample, train, verdict } = document;
        let mut template = Template::default();
        for (name, value) in &network {
            let key = key("[network]", name)?;
            template.set(&Setting::parse(key, &text_of(value).ok_or_else(|| not_a_value(key, value))?)?);
        }
        // In the order in which they are written.
        let mut grid: Vec<(Spanned<String>, Value)> = grid.into_iter().collect();
        grid.sort_by_key(|(name, _)| name.span().start);
        let axes = grid.iter().map(|(name, value)| axis(key("[grid]", name.get_ref())?, value));
        let axes = axes.collect::<Result<Vec<_>, _>>()?;
        let mut options = Vec::new();
        let tables = [(SweepCommand::Sample, sample), (SweepCommand::Train, train), (SweepCommand::Verdict, verdict)];
        for (of, table) in tables {
            let Some(table) = table else { continue };
            if of != command {
                let message = format!("the command is {}, so [{}] has no meaning", command.name(), of.name());
                return Err(SweepError::Toml { message });
            }
            for (name, value) in &table {
                options.push((name.clone(), option(name, value)?));
            }
        }
        Self::new(command, template, axes, options)
    }
}

fn key(place: &'static str, name: &str) -> Result<Key, SweepError> {
    name.parse().map_err(|error| match error {
        SweepError::UnknownKey { got, allowed, .. } => SweepError::UnknownKey { place, got, allowed },
        other => other,
    })
}

/// The text form of a value, or of a list of numbers.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.iter().map(text_of).collect();
            texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join(","))
        }
        Value::Boolean(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}

fn not_a_value(key: Key, value: &Value) -> SweepError {
    SweepError::Value { key, reason: format!("a value is a number, a text or a list, got {value}") }
}

/// The values of a key: a list, a range, or a single one.
fn axis(key: Key, value: &Value) -> Result<Axis, SweepError> {
    match value {
        Value::Array(values) => {
            let text = |value| text_of(value).ok_or_else(|| not_a_value(key, value));
            Axis::new(key, &values.iter().map(text).collect::<Result<Vec<_>, _>>()?)
        }
        Value::Table(table) => Axis::range(key, range(key, table)?),
        value => Axis::new(key, &[text_of(value).ok_or_else(|| not_a_value(key, value))?]),
    }
}

fn range(key: Key, table: &Table) -> Result<Range, SweepError> {
    const NAMES: [&str; 4] = ["from", "to", "count", "log"];
    if let Some(got) = table.keys().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(SweepError::UnknownKey { place: "a range", got: got.clone(), allowed: NAMES.join(", ") });
    }
    let wrong = |problem| SweepError::Range { key, problem };
    let number = |name: &str| match table.get(name) {
        Some(Value::Float(number)) => Some(*number),
        Some(Value::Integer(number)) => Some(*number as f64),
        _ => None,
    };
    let ends = "needs the numbers from and to";
    let count = table.get("count").and_then(Value::as_integer).and_then(|count| usize::try_from(count).ok());
    let log = match table.get("log") {
        None => false,
        Some(Value::Boolean(log)) => *log,
        Some(_) => return Err(wrong("has a log that is neither true nor false")),
    };
    Ok(Range {
        from: number("from").ok_or_else(|| wrong(ends))?,
        to: number("to").ok_or_else(|| wrong(ends))?,
        count: count.ok_or_else(|| wrong("needs a count from 1 to 100000"))?,
        log,
    })
}

fn option(name: &str, value: &Value) -> Result<OptionValue, SweepError> {
    match value {
        Value::Boolean(flag) => Ok(OptionValue::Flag(*flag)),
        value => text_of(value).map(OptionValue::Text).ok_or_else(|| SweepError::Toml {
            message: format!("{name} must be a number, a text, a list, true or false, got {value}"),
        }),
    }
}
