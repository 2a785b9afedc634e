//! Access to the fields of a vector, and the comparison.

use serde_json::Value;

use super::Outcome;
use super::decimal::Decimal;
use crate::Scaled;
use crate::activation::Activation;

/// Digits that a reference value may lack, relative to the natural scale of its quantity: an exact zero is written as
/// the rounding noise of the arithmetic that made it.
const REFERENCE_NOISE: f64 = 1e-40;

/// One vector while it is being evaluated.
pub(super) struct Fields<'a> {
    kind: &'a str,
    index: usize,
    vector: &'a Value,
    outcomes: Vec<Outcome>,
}

/// What an evaluation gives: nothing, or the reason why the vector cannot be evaluated.
pub(super) type Evaluation = Result<(), String>;

impl<'a> Fields<'a> {
    pub fn new(kind: &'a str, index: usize, vector: &'a Value) -> Self {
        Self { kind, index, vector, outcomes: Vec::new() }
    }

    /// The outcomes; one more if the evaluation ended early.
    pub fn finish(mut self, done: Evaluation) -> Vec<Outcome> {
        if let Err(reason) = done {
            self.outcomes.push(Outcome {
                kind: self.kind.into(),
                index: self.index,
                field: None,
                computed: Value::Null,
                expected: Value::Null,
                relative_error: None,
                absolute: false,
                not_evaluated: Some(reason),
            });
        }
        self.outcomes
    }

    fn get(&self, name: &str) -> Result<&'a Value, String> {
        let mut value = self.vector;
        for part in name.split('.') {
            value = value.get(part).ok_or_else(|| format!("the field {name} is missing"))?;
        }
        Ok(value)
    }

    /// Whether the vector has this field, and it is not null.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_ok_and(|v| !v.is_null())
    }

    /// A number to 32 digits.
    pub fn decimal(&self, name: &str) -> Result<Decimal, String> {
        parse(self.get(name)?).ok_or_else(|| format!("the field {name} is not a number"))
    }

    /// A number.
    pub fn number(&self, name: &str) -> Result<f64, String> {
        Ok(self.decimal(name)?.to_f64())
    }

    /// A whole number.
    pub fn count(&self, name: &str) -> Result<usize, String> {
        let value = self.get(name)?;
        let text = value.as_str().and_then(|s| s.parse().ok());
        value.as_u64().and_then(|n| usize::try_from(n).ok()).or(text).ok_or_else(|| format!("{name} is not a count"))
    }

    /// A list of numbers.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, String> {
        let list = self.get(name)?.as_array().ok_or_else(|| format!("the field {name} is not a list"))?;
        list.iter()
            .map(|v| parse(v).map(Decimal::to_f64).ok_or_else(|| format!("an entry of {name} is not a number")))
            .collect()
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<&'a str, String> {
        self.get(name)?.as_str().ok_or_else(|| format!("the field {name} is not a text"))
    }

    /// An activation, under the names that vector files use.
    pub fn activation(&self, name: &str) -> Result<Activation, String> {
        let text = self.text(name)?;
        let known = match text {
            "poly" => "polynomial:0.25,1,-0.5,0.125".into(),
            _ => match (text.strip_prefix("leaky"), text.strip_prefix("relu")) {
                (Some(slope), _) if slope.parse::<f64>().is_ok() => format!("leaky-relu:{slope}"),
                (_, Some(power)) if power.parse::<u32>().is_ok() => format!("rectified-power:{power}"),
                _ => text.into(),
            },
        };
        known.parse().map_err(|e| format!("{e}"))
    }

    /// Compares a computed number with the field `name`, if the vector has it.
    ///
    /// `scale` is the natural size of the quantity (0 if it has none): an expected value below 10⁻⁴⁰ of it is a zero.
    pub fn compare_scaled(&mut self, name: &str, computed: impl Into<Scaled>, scale: f64) {
        let Ok(expected) = self.get(name) else { return };
        let computed = computed.into();
        self.compare_value(name, computed, expected, scale);
    }

    /// [`Self::compare_scaled`] without a natural size.
    pub fn compare(&mut self, name: &str, computed: impl Into<Scaled>) {
        self.compare_scaled(name, computed, 0.0);
    }

    /// Compares the entries of a list.
    pub fn compare_list(&mut self, name: &str, computed: &[Scaled], scale: f64) {
        let Ok(Value::Array(expected)) = self.get(name) else { return };
        for (i, (expected, &computed)) in expected.iter().zip(computed).enumerate() {
            self.compare_value(&format!("{name}[{i}]"), computed, expected, scale);
        }
    }

    /// Compares logarithms: the error is their difference.
    pub fn compare_log(&mut self, name: &str, computed: f64) {
        let Some(expected) = self.get(name).ok().and_then(parse) else { return };
        let error = (Decimal::from(computed) - expected).to_f64().abs();
        self.push(name, computed.into(), self.vector[name].clone(), error, true);
    }

    /// Compares words or truth values.
    pub fn compare_word(&mut self, name: &str, computed: Value) {
        let Ok(expected) = self.get(name) else { return };
        let error = if &computed == expected { 0.0 } else { f64::INFINITY };
        self.push(name, computed, expected.clone(), error, false);
    }

    fn compare_value(&mut self, name: &str, computed: Scaled, expected: &Value, scale: f64) {
        let value = computed.to_f64();
        let error = match scaled(expected) {
            Some(e) if e.is_zero() => value.abs(),
            Some(e) => {
                let size = e.abs().max(Scaled::from(scale * REFERENCE_NOISE));
                ((computed - e).abs() / size).to_f64()
            }
            None if expected.as_str() == Some("inf") => {
                if value == f64::INFINITY {
                    0.0
                } else {
                    f64::INFINITY
                }
            }
            None => f64::NAN,
        };
        let shown = if computed.to_finite().is_some() { value.into() } else { beyond_f64(computed) };
        self.push(name, shown, expected.clone(), error, false);
    }

    fn push(&mut self, name: &str, computed: Value, expected: Value, error: f64, absolute: bool) {
        self.outcomes.push(Outcome {
            kind: self.kind.into(),
            index: self.index,
            field: Some(name.into()),
            computed,
            expected,
            relative_error: Some(error),
            absolute,
            not_evaluated: None,
        });
    }
}

fn parse(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => Decimal::parse(text),
        Value::Number(n) => n.as_f64().map(Decimal::from),
        _ => None,
    }
}

/// A number of any size: the mantissa is parsed, a large decimal exponent is applied in extended range.
fn scaled(value: &Value) -> Option<Scaled> {
    if let Value::String(text) = value
        && let Some((mantissa, exponent)) = text.split_once(['e', 'E'])
        && let Ok(exponent) = exponent.parse::<i32>()
        && exponent.abs() > 300
    {
        let mantissa = Decimal::parse(mantissa)?.to_f64();
        let step = if exponent > 0 { Scaled::from(1e10) } else { Scaled::ONE / Scaled::from(1e10) };
        let mut result = Scaled::from(mantissa);
        for _ in 0..exponent.abs() / 10 {
            result *= step;
        }
        return Some(result * 10_f64.powi(exponent % 10));
    }
    let number = parse(value)?.to_f64();
    number.is_finite().then(|| Scaled::from(number))
}

/// Numbers beyond `f64` are shown as decimal text.
fn beyond_f64(value: Scaled) -> Value {
    if value.is_zero() || value.is_nan() || !value.is_finite() {
        return if value.is_zero() { 0.0.into() } else { Value::String(format!("{}", value.to_f64())) };
    }
    let decades = value.abs().ln() / std::f64::consts::LN_10;
    let exponent = decades.floor();
    let sign = if value < Scaled::ZERO { "-" } else { "" };
    Value::String(format!("{sign}{}e{exponent}", 10_f64.powf(decades - exponent)))
}
