//! What papers claim, as data, and whether it holds.

use serde::{Deserialize, Serialize};

use super::{Measured, Study, StudyError};

/// One file for each study.
const CLAIMS: [(Study, &str); 5] = [
    (Study::HaninNica, include_str!("claims/hanin-nica.toml")),
    (Study::SeleznovaKutyniok2021, include_str!("claims/seleznova-kutyniok-2021.toml")),
    (Study::SeleznovaKutyniok2022, include_str!("claims/seleznova-kutyniok-2022.toml")),
    (Study::Hayou, include_str!("claims/hayou.toml")),
    (Study::StArnaud, include_str!("claims/st-arnaud.toml")),
];

/// A statement of a paper with what is measured to test it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its name, unique in the study.
    pub id: String,
    /// Where it stands in the paper.
    pub place: String,
    /// What is claimed, in our words.
    pub statement: String,
    /// What becomes of it if all checks pass.
    pub conclusion: Conclusion,
    /// What was found, in words.
    pub finding: String,
    /// What is measured; at least one.
    #[serde(rename = "check")]
    pub checks: Vec<Check>,
}

/// What becomes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// It holds as stated.
    Confirmed,
    /// It holds with another constant.
    OtherConstant,
    /// Whether it holds depends on a convention, such as the parameterization or which biases are trained.
    Convention,
    /// It does not hold as stated.
    Contradicted,
}

impl Conclusion {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::OtherConstant => "confirmed with another constant",
            Self::Convention => "depends on convention",
            Self::Contradicted => "contradicted",
        }
    }
}

/// A number and the bound it is held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The name of the number among the quantities of the study.
    pub quantity: String,
    /// What it is and how it is measured, in words.
    pub what: String,
    /// Why the bound is where it is.
    pub why: String,
    /// Least value allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Largest value allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// The value expected; needs `within`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<f64>,
    /// Largest difference to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<f64>,
}

/// Between which values a number must lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// Least value allowed; −∞ for none.
    pub low: f64,
    /// Largest value allowed; ∞ for none.
    pub high: f64,
}

impl Check {
    /// The bound; `None` if it is none at all, or not in one of the three forms.
    pub fn bound(&self) -> Option<Bound> {
        let bound = match (self.at_least, self.at_most, self.equals, self.within) {
            (low, high, None, None) if low.is_some() || high.is_some() => {
                Bound { low: low.unwrap_or(f64::NEG_INFINITY), high: high.unwrap_or(f64::INFINITY) }
            }
            (None, None, Some(value), Some(within)) => Bound { low: value - within, high: value + within },
            _ => return None,
        };
        (bound.low < bound.high).then_some(bound)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    claim: Vec<Claim>,
}

/// The claims that a study tests.
///
/// # Errors
/// [`StudyError::Claims`] if the built-in file does not hold together.
///
/// # Example
/// ```
/// use fathom_ntk::studies::{Conclusion, Study, claims};
/// let all = claims(Study::HaninNica)?;
/// let mean = all.iter().find(|claim| claim.id == "mean-linear-in-depth").ok_or("no such claim")?;
/// assert_eq!(mean.conclusion, Conclusion::Convention);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn claims(study: Study) -> Result<Vec<Claim>, StudyError> {
    let text = CLAIMS.iter().find(|(of, _)| *of == study).map_or("", |(_, text)| text);
    parse(text)
}

fn parse(text: &str) -> Result<Vec<Claim>, StudyError> {
    let wrong = |message: String| StudyError::Claims { message };
    let File { claim: claims } = toml::from_str(text).map_err(|e| wrong(crate::spec::toml_message(text, &e)))?;
    for (place, claim) in claims.iter().enumerate() {
        let id = &claim.id;
        if claims[..place].iter().any(|other| other.id == *id) {
            return Err(wrong(format!("there are two named {id}")));
        }
        if claim.checks.is_empty() {
            return Err(wrong(format!("{id} has no check")));
        }
        if let Some(check) = claim.checks.iter().find(|check| check.bound().is_none()) {
            let allowed = "at_least and at_most, or equals and within, of which the first is less";
            return Err(wrong(format!("{id}: {} needs a bound: {allowed}", check.quantity)));
        }
    }
    Ok(claims)
}

/// A check with its outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgedCheck {
    /// The check.
    #[serde(flatten)]
    pub check: Check,
    /// What was measured; `None` if there is no such number.
    pub measured: Option<f64>,
    /// The table it was computed from.
    pub table: Option<&'static str>,
    /// Whether it lies within its bound.
    pub passed: bool,
}

/// A claim with its outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgedClaim {
    /// The claim.
    pub claim: Claim,
    /// All checks with what was measured.
    pub checks: Vec<JudgedCheck>,
    /// Whether all passed, so that the conclusion stands.
    pub passed: bool,
}

/// Holds what was measured against the bounds of the claims of a study.
///
/// # Errors
/// [`StudyError::Claims`] if the built-in file does not hold together.
pub fn judge(study: Study, measured: &Measured) -> Result<Vec<JudgedClaim>, StudyError> {
    let judged = claims(study)?.into_iter().map(|claim| {
        let checks: Vec<JudgedCheck> = claim.checks.iter().map(|check| judged(check, measured)).collect();
        let passed = checks.iter().all(|check| check.passed);
        JudgedClaim { claim, checks, passed }
    });
    Ok(judged.collect())
}

fn judged(check: &Check, measured: &Measured) -> JudgedCheck {
    let (value, table) = measured.get(&check.quantity).unzip();
    // What is not a number lies in no bound.
    let inside = |bound: Bound, value: f64| bound.low <= value && value <= bound.high;
    let passed = check.bound().zip(value).is_some_and(|(bound, value)| inside(bound, value));
    JudgedCheck { check: check.clone(), measured: value.filter(|v| v.is_finite()), table, passed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bounds: &str) -> Result<Vec<Claim>, StudyError> {
        parse(&format!(
            "[[claim]]\nid = \"a\"\nplace = \"p\"\nstatement = \"s\"\nconclusion = \
             \"confirmed\"\nfinding = \"f\"\n[[claim.check]]\nquantity = \"q\"\nwhat = \"w\"\nwhy = \"y\"\n{bounds}\n"
        ))
    }

    fn passes(bounds: &str, value: f64) -> bool {
        let mut measured = Measured::default();
        measured.insert("q", value, "t");
        judged(&check(bounds).unwrap()[0].checks[0], &measured).passed
    }

    #[test]
    fn a_number_passes_between_its_bounds_only() {
        for (bounds, good, bad) in [
            ("at_most = 2", 2.0, 2.1),
            ("at_least = 2", 2.0, 1.9),
            ("at_least = 1\nat_most = 2", 1.5, 0.5),
            ("equals = 1\nwithin = 0.25", 0.75, 1.5),
        ] {
            assert!(passes(bounds, good) && !passes(bounds, bad) && !passes(bounds, f64::NAN), "{bounds}");
        }
        let claim = &check("at_most = 1").unwrap()[0];
        assert!(!judged(&claim.checks[0], &Measured::default()).passed);
    }

    #[test]
    fn claims_without_a_bound_are_refused() {
        for bounds in ["", "equals = 1", "within = 1", "equals = 1\nwithin = 0", "at_least = 2\nat_most = 1"] {
            let message = check(bounds).unwrap_err().to_string();
            assert!(message.contains("q needs a bound"), "{message}");
        }
        assert!(check("at_most = 1\nat_mots = 2").unwrap_err().to_string().contains("at_mots"));
    }

    #[test]
    fn every_study_has_claims() {
        for study in Study::ALL {
            assert!(!claims(study).unwrap().is_empty(), "{study}");
        }
    }
}
