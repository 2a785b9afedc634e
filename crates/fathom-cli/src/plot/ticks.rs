//! Where an axis has ticks, and what they say.

use super::figure::Scale;
use super::text::superscript;

/// A tick with its label; minor ticks have none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// Ticks between two ends, in the coordinates of the axis.
pub(super) fn ticks(scale: Scale, [from, to]: [f64; 2], most: usize) -> Vec<Tick> {
    let most = most.max(2);
    match scale {
        Scale::Linear => linear(from, to, most, f64::MIN_POSITIVE),
        Scale::Whole => linear(from, to, most, 1.0),
        Scale::Log => logarithmic(from, to, most),
        Scale::Hidden => Vec::new(),
    }
}

fn linear(from: f64, to: f64, most: usize, least_step: f64) -> Vec<Tick> {
    let (step, places) = multiples(from, to, most, least_step);
    let largest = from.abs().max(to.abs());
    places.into_iter().map(|at| Tick { at, label: decimal(at, step, largest) }).collect()
}

/// A step of 1, 2 or 5 times a power of ten, and its multiples within the ends.
fn multiples(from: f64, to: f64, most: usize, least_step: f64) -> (f64, Vec<f64>) {
    let mut step = nice_step((to - from) / most as f64).max(least_step);
    // Rounding up may leave one tick too many.
    if (to / step).floor() - (from / step).ceil() >= most as f64 {
        step = nice_step(step * 1.01);
    }
    let (first, last) = ((from / step - 1e-9).ceil(), (to / step + 1e-9).floor());
    if !(first.is_finite() && last - first <= 100.0) {
        return (step, Vec::new());
    }
    (step, (0..=(last - first).max(-1.0) as i64).map(|i| (first + i as f64) * step).collect())
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `x`.
fn nice_step(x: f64) -> f64 {
    let power = 10_f64.powf(x.log10().floor());
    let share = x / power;
    [1.0, 2.0, 5.0].into_iter().find(|nice| share <= nice * (1.0 + 1e-9)).unwrap_or(10.0) * power
}

/// A number with the digits that a step needs.
fn decimal(x: f64, step: f64, largest: f64) -> String {
    let x = if x.abs() < 1e-9 * step { 0.0 } else { x };
    let digits = |unit: f64| (-(step / unit).log10() - 1e-9).ceil().clamp(0.0, 15.0);
    if !(1e-3..1e5).contains(&largest) {
        if x == 0.0 {
            return "0".into();
        }
        let exponent = largest.log10().floor();
        let unit = 10_f64.powf(exponent);
        let mantissa = format!("{:.*}", digits(unit) as usize, x / unit);
        return sign(&format!("{mantissa}×10{}", superscript(exponent as i64)));
    }
    sign(&format!("{x:.*}", digits(1.0) as usize))
}

fn sign(text: &str) -> String {
    text.replace('-', "−")
}

/// Powers of ten; within one or two decades, also other numbers.
fn logarithmic(from: f64, to: f64, most: usize) -> Vec<Tick> {
    let span = to - from;
    if span < 1.0 && to.abs() < 300.0 && from.abs() < 300.0 {
        let within = linear(10_f64.powf(from), 10_f64.powf(to), most, f64::MIN_POSITIVE);
        return within.into_iter().filter(|t| t.at > 0.0).map(|t| Tick { at: t.at.log10(), label: t.label }).collect();
    }
    let (step, decades) = multiples(from, to, most, 1.0);
    let mut all: Vec<Tick> = decades.iter().map(|&at| Tick { at, label: power_of_ten(at) }).collect();
    let labelled = decades.len() < 3 && most >= 5;
    if step < 1.5 && span < 8.0 {
        for decade in (from.floor() as i64)..=(to.floor() as i64) {
            for factor in 2..10_u32 {
                let at = decade as f64 + f64::from(factor).log10();
                if (from..=to).contains(&at) {
                    let label = match factor {
                        2 | 5 if labelled => multiple_of_power(factor, decade),
                        _ => String::new(),
                    };
                    all.push(Tick { at, label });
                }
            }
        }
    }
    all
}

fn power_of_ten(at: f64) -> String {
    multiple_of_power(1, at.round() as i64)
}

fn multiple_of_power(factor: u32, exponent: i64) -> String {
    match exponent {
        0..=4 => format!("{factor}{}", "0".repeat(exponent as usize)),
        -3..=-1 => format!("0.{}{factor}", "0".repeat(-exponent as usize - 1)),
        _ if factor == 1 => format!("10{}", superscript(exponent)),
        _ => format!("{factor}×10{}", superscript(exponent)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, from: f64, to: f64, most: usize) -> Vec<String> {
        ticks(scale, [from, to], most).into_iter().map(|t| t.label).filter(|l| !l.is_empty()).collect()
    }

    #[test]
    fn ticks_are_round_numbers_with_the_digits_they_need() {
        assert_eq!(labels(Scale::Linear, 0.0, 1.0, 6), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(Scale::Linear, -30.0, 130.0, 5), ["0", "50", "100"]);
        assert_eq!(labels(Scale::Linear, 0.99995, 1.00015, 4), ["1.0000", "1.0001"]);
        assert_eq!(labels(Scale::Linear, 0.0, 3e6, 4), ["0", "1×10⁶", "2×10⁶", "3×10⁶"]);
        assert_eq!(
            labels(Scale::Linear, 0.0, 2.5e-7, 6),
            ["0", "0.5×10⁻⁷", "1.0×10⁻⁷", "1.5×10⁻⁷", "2.0×10⁻⁷", "2.5×10⁻⁷"]
        );
        assert_eq!(labels(Scale::Linear, -2.0, 2.0, 5), ["−2", "−1", "0", "1", "2"]);
    }

    #[test]
    fn ticks_of_counts_are_whole() {
        assert_eq!(labels(Scale::Whole, 0.8, 3.2, 9), ["1", "2", "3"]);
        assert_eq!(labels(Scale::Whole, 0.5, 1.5, 7), ["1"]);
        assert_eq!(labels(Scale::Whole, 1.0, 10_000.0, 6), ["2000", "4000", "6000", "8000", "10000"]);
    }

    #[test]
    fn ticks_of_logarithms_are_powers_of_ten_or_round_numbers() {
        assert_eq!(labels(Scale::Log, 0.0, 6.0, 7), ["1", "10", "100", "1000", "10000", "10⁵", "10⁶"]);
        assert_eq!(labels(Scale::Log, -12_000.0, 0.0, 4), ["10⁻¹⁰⁰⁰⁰", "10⁻⁵⁰⁰⁰", "1"]);
        assert_eq!(labels(Scale::Log, 0.0, 0.5, 4), ["1", "2", "3"]);
        assert_eq!(labels(Scale::Log, -0.1, 1.1, 7), ["1", "10", "2", "5"]);
        assert_eq!(labels(Scale::Log, -7.2, -5.9, 7), ["10⁻⁷", "10⁻⁶", "2×10⁻⁷", "5×10⁻⁷"]);
    }

    #[test]
    fn there_are_never_more_labels_than_asked_for() {
        for most in 2..9 {
            for k in -40..40 {
                let (from, to) = (f64::from(k) * 0.37, f64::from(k) * 0.37 + 1.83_f64.powi(k / 2 + 2));
                for scale in [Scale::Linear, Scale::Whole] {
                    assert!(ticks(scale, [from, to], most).len() <= most, "{scale:?} {from} {to} {most}");
                }
            }
        }
    }
}
