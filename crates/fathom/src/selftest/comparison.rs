//! Comparison of computed with expected numbers.

use serde_json::Value;

use super::decimal::Decimal;
use super::fields::{Fields, parse};
use crate::Scaled;

/// Digits that a reference value may lack, relative to the natural scale of its quantity: an exact zero is written as
/// the rounding noise of the arithmetic that made it.
const REFERENCE_NOISE: f64 = 1e-40;
/// Largest decimal exponent of an expected number.
const MAX_EXPONENT: u32 = 1_000_000;

impl Fields<'_> {
    /// Compares a computed number with the field `name`, if the vector has it.
    ///
    /// `scale` is the natural size of the quantity (0 if it has none): an expected value below 10⁻⁴⁰ of it is a zero.
    pub fn compare_scaled(&mut self, name: &str, computed: impl Into<Scaled>, scale: impl Into<Scaled>) {
        let Ok(expected) = self.get(name) else { return };
        self.compare_value(name, computed, expected, scale);
    }

    /// [`Self::compare_scaled`] without a natural size.
    pub fn compare(&mut self, name: &str, computed: impl Into<Scaled>) {
        self.compare_scaled(name, computed, 0.0);
    }

    /// Compares a number that the library may not give.
    pub fn compare_optional(&mut self, name: &str, computed: Option<f64>) {
        match (computed, self.get(name)) {
            (Some(computed), _) => self.compare(name, computed),
            (None, Ok(expected)) => self.not_evaluated(name, expected, "the library gives no value for this quantity"),
            (None, Err(_)) => {}
        }
    }

    /// Compares the entries of a list.
    pub fn compare_list(&mut self, name: &str, computed: &[Scaled], scale: impl Into<Scaled>) {
        let Ok(expected) = self.get(name) else { return };
        self.compare_list_with(name, computed, expected, scale.into());
    }

    fn compare_list_with(&mut self, name: &str, computed: &[Scaled], expected: &Value, scale: Scaled) {
        let Value::Array(list) = expected else {
            return self.not_evaluated(name, expected, "the expected value is not a list");
        };
        for (i, expected) in list.iter().enumerate() {
            let entry = format!("{name}[{i}]");
            match computed.get(i) {
                Some(&computed) => self.compare_value(&entry, computed, expected, scale),
                None => self.not_evaluated(&entry, expected, format!("{name} has {} entries", computed.len())),
            }
        }
    }

    /// [`Self::compare_list`] with numbers that hold errors of size `noise`: one that is smaller is an exact zero.
    pub fn compare_noisy_list(&mut self, name: &str, computed: &[Scaled], noise: Scaled) {
        let Ok(expected) = self.get(name) else { return };
        let denoised = match expected {
            Value::Array(list) => {
                list.iter().map(|x| if is_below(x, noise) { 0.0.into() } else { x.clone() }).collect()
            }
            other => other.clone(),
        };
        self.compare_list_with(name, computed, &denoised, Scaled::ZERO);
    }

    /// Compares every field of the object `group` with the number of the same name.
    pub fn compare_group(&mut self, group: &str, computed: &[(&str, Scaled)]) -> Result<(), String> {
        for (name, expected) in self.entries(Some(group))? {
            let path = format!("{group}.{name}");
            match computed.iter().find(|(known, _)| *known == name) {
                Some(&(_, computed)) => self.compare_value(&path, computed, expected, 0.0),
                None => self.not_evaluated(&path, expected, "vectors of this kind have no such field"),
            }
        }
        Ok(())
    }

    /// Compares logarithms: they are judged by their difference.
    pub fn compare_log(&mut self, name: &str, computed: f64) {
        let Ok(expected) = self.get(name) else { return };
        match parse(expected) {
            Some(number) => {
                let error = (Decimal::from(computed) - number).to_f64().abs();
                let size = number.to_f64().abs();
                let relative = if size == 0.0 { error } else { error / size };
                self.push(name, computed.into(), expected, relative, Some(error));
            }
            None => self.not_evaluated(name, expected, "the expected value is not a number"),
        }
    }

    /// Compares words or truth values.
    pub fn compare_word(&mut self, name: &str, computed: Value) {
        let Ok(expected) = self.get(name) else { return };
        let error = if &computed == expected { 0.0 } else { f64::INFINITY };
        self.push(name, computed, expected, error, None);
    }

    /// Compares a computed number with an expected one that stands anywhere in the vector; nothing is expected of null.
    pub fn compare_value(
        &mut self,
        name: &str,
        computed: impl Into<Scaled>,
        expected: &Value,
        scale: impl Into<Scaled>,
    ) {
        let computed = computed.into();
        let value = computed.to_f64();
        let error = match scaled(expected) {
            _ if expected.is_null() => return,
            Some(e) if e.is_zero() => value.abs(),
            Some(e) => {
                let size = e.abs().max(scale.into().abs() * REFERENCE_NOISE);
                ((computed - e).abs() / size).to_f64()
            }
            None if expected == "inf" && value == f64::INFINITY => 0.0,
            None if expected == "inf" => f64::INFINITY,
            None => return self.not_evaluated(name, expected, "the expected value is not a number"),
        };
        let shown = if computed.to_finite().is_some() { value.into() } else { beyond_f64(computed) };
        self.push(name, shown, expected, error, None);
    }
}

fn is_below(value: &Value, noise: Scaled) -> bool {
    scaled(value).is_some_and(|x| x.abs() < noise)
}

/// A number of any size: the mantissa is parsed, a large decimal exponent is applied in extended range.
fn scaled(value: &Value) -> Option<Scaled> {
    if let Value::String(text) = value
        && let Some((mantissa, exponent)) = text.split_once(['e', 'E'])
        && let Ok(exponent) = exponent.parse::<i32>()
        && exponent.unsigned_abs() > 300
    {
        let mantissa = Decimal::parse(mantissa)?.to_f64();
        let decades = exponent.unsigned_abs();
        if decades > MAX_EXPONENT {
            return None;
        }
        let step = if exponent > 0 { Scaled::from(1e10) } else { Scaled::ONE / Scaled::from(1e10) };
        let mut result = Scaled::from(mantissa);
        for _ in 0..decades / 10 {
            result *= step;
        }
        return Some(result * 10_f64.powi(exponent % 10));
    }
    Some(Scaled::from(parse(value)?.to_f64()))
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
