//! The values a key takes.

use super::{Key, Setting, SweepError};

/// Numbers between two ends, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The first.
    pub from: f64,
    /// The last.
    pub to: f64,
    /// How many.
    pub count: usize,
    /// Evenly by their logarithms instead of by themselves.
    pub log: bool,
}

/// A key and the values it takes, all different.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    key: Key,
    values: Vec<Setting>,
}

/// Most values of a range.
const MOST_VALUES: usize = 100_000;

impl Axis {
    /// From the text forms of the values.
    ///
    /// # Errors
    /// [`SweepError::Value`], [`SweepError::NoValues`], [`SweepError::Twice`].
    pub fn new<S: AsRef<str>>(key: Key, values: &[S]) -> Result<Self, SweepError> {
        let values: Vec<Setting> =
            values.iter().map(|text| Setting::parse(key, text.as_ref())).collect::<Result<_, _>>()?;
        if values.is_empty() {
            return Err(SweepError::NoValues { key });
        }
        for (i, value) in values.iter().enumerate() {
            if values[..i].contains(value) {
                return Err(SweepError::Twice { key, value: value.to_string() });
            }
        }
        Ok(Self { key, values })
    }

    /// Numbers in a range, rounded where the key takes whole numbers; equal ones are one value.
    ///
    /// # Errors
    /// [`SweepError::Range`] for ends that are not finite, no values, more than 100,000, or a logarithm of no positive
    /// number; [`SweepError::Value`] for a key that takes no numbers.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::analysis::sweep::{Axis, Key, Range};
    /// let axis = Axis::range(Key::Depth, Range { from: 2.0, to: 32.0, count: 5, log: true })?;
    /// let depths: Vec<f64> = axis.values().iter().filter_map(|depth| depth.number()).collect();
    /// assert_eq!(depths, [2.0, 4.0, 8.0, 16.0, 32.0]);
    /// # Ok::<(), fathom_ntk::analysis::sweep::SweepError>(())
    /// ```
    pub fn range(key: Key, range: Range) -> Result<Self, SweepError> {
        let Range { from, to, count, log } = range;
        let wrong = |problem| Err(SweepError::Range { key, problem });
        if !key.is_number() {
            let reason = "its values are listed, a range is of numbers".into();
            return Err(SweepError::Value { key, reason });
        }
        if !(from.is_finite() && to.is_finite()) {
            return wrong("needs finite ends");
        }
        if !(1..=MOST_VALUES).contains(&count) {
            return wrong("needs a count from 1 to 100000");
        }
        if count == 1 && from != to {
            return wrong("of one value needs equal ends");
        }
        if log && (from <= 0.0 || to <= 0.0) {
            return wrong("is logarithmic, so both ends must be positive");
        }
        let value = |i: usize| match i {
            0 => from,
            i if i == count - 1 => to,
            i => {
                let (done, steps) = (i as f64, (count - 1) as f64);
                // In this order numbers of few digits stay such.
                if log { from * (to / from).powf(done / steps) } else { (from * (steps - done) + to * done) / steps }
            }
        };
        let rounded = |x: f64| if key.is_whole() { x.round() } else { x };
        let mut texts: Vec<String> = (0..count).map(|i| rounded(value(i)).to_string()).collect();
        texts.dedup();
        Self::new(key, &texts)
    }

    /// Which key.
    pub fn key(&self) -> Key {
        self.key
    }

    /// Its values.
    pub fn values(&self) -> &[Setting] {
        &self.values
    }
}

/// The text form of the command line: `depth=4,8,16`, `weight-var=0.5..3:6`, `width=64..1024:5:log`. Values that contain commas
/// are separated by semicolons.
impl std::str::FromStr for Axis {
    type Err = SweepError;

    fn from_str(text: &str) -> Result<Self, SweepError> {
        let message = || format!("an axis is KEY=VALUE,… or KEY=FROM..TO:COUNT, at its end :log or not; got {text:?}");
        let wrong = || SweepError::Toml { message: message() };
        let (key, values) = text.split_once('=').ok_or_else(wrong)?;
        let key: Key = key.parse()?;
        if key.is_number()
            && let Some((from, rest)) = values.split_once("..")
        {
            let mut rest = rest.split(':');
            let mut next = || rest.next().map(str::trim);
            let (to, count, log) = (next(), next(), next());
            let number = |text: Option<&str>| text.and_then(|text| text.parse::<f64>().ok()).ok_or_else(wrong);
            let count = count.and_then(|count| count.parse().ok()).ok_or_else(wrong)?;
            let log = match log {
                None => false,
                Some("log") if next().is_none() => true,
                Some(_) => return Err(wrong()),
            };
            return Self::range(key, Range { from: number(Some(from.trim()))?, to: number(to)?, count, log });
        }
        let separator = if values.contains(';') { ';' } else { ',' };
        // Widths are a list themselves.
        let one = key == Key::Widths && separator == ',';
        let values: Vec<&str> = if one { vec![values] } else { values.split(separator).collect() };
        Self::new(key, &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<String> {
        axis.values().iter().map(Setting::to_string).collect()
    }

    #[test]
    fn text_forms_of_axes_are_read() {
        let read = |text: &str| texts(&text.parse().unwrap());
        assert_eq!(read("depth=4, 8,16"), ["4", "8", "16"]);
        assert_eq!(read("weight-var=0.5..3:6"), ["0.5", "1", "1.5", "2", "2.5", "3"]);
        assert_eq!(read("width=64..1024:5:log"), ["64", "128", "256", "512", "1024"]);
        assert_eq!(read("activation=relu,leaky-relu:0.1"), ["relu", "leaky-relu:0.1"]);
        assert_eq!(read("widths=3,4x2,1"), ["3,4x2,1"]);
        assert_eq!(read("weight_var=1,2;2,1"), ["1,2", "2,1"]);
        // Ten values from 1 to 4, rounded.
        assert_eq!(read("seed=1..4:10"), ["1", "2", "3", "4"]);
    }

    #[test]
    fn axes_without_a_meaning_are_refused() {
        let refused = |text: &str| text.parse::<Axis>().unwrap_err().to_string();
        assert_eq!(refused("depth=0"), "depth: a whole number of at least 1 is needed, got \"0\"");
        assert_eq!(refused("weight_var=1,1.0"), "weight_var takes the value 1 twice");
        assert_eq!(
            refused("bias_var=-1..1:3:log"),
            "the range of bias_var is logarithmic, so both ends must be positive"
        );
        assert_eq!(refused("ratio=0.1..inf:3"), "the range of ratio needs finite ends");
        assert_eq!(refused("ratio=0.1..1:0"), "the range of ratio needs a count from 1 to 100000");
        assert!(refused("colour=red").starts_with("the network has no key colour: allowed are widths, inputs"));
        assert!(refused("depth=1..3").starts_with("an axis is KEY=VALUE"));
        assert!(refused("depth=1..3:3:lin").starts_with("an axis is KEY=VALUE"));
        assert!(refused("activation=swoosh").starts_with("activation: "));
        let named = Axis::range(Key::Biases, Range { from: 0.0, to: 1.0, count: 2, log: false }).unwrap_err();
        assert_eq!(named.to_string(), "biases: its values are listed, a range is of numbers");
        let none: [&str; 0] = [];
        assert_eq!(Axis::new(Key::Seed, &none), Err(SweepError::NoValues { key: Key::Seed }));
    }
}
