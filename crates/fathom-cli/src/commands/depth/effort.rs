//! How much of a data set of images is followed, and how deep, where nothing is said.

use fathom_ntk::analysis::depth::DepthNetwork;

use super::convolutional::{self, Convolutional};
use super::subject::Subject;
use super::{DEEP_DATA, DEFAULT_ROWS};
use crate::output::note;

/// Seconds of one core that defaults may take.
const SECONDS: f64 = 60.0;
/// Rows that are kept in any case, ten to learn from and ten to test on: depths are given up before.
const LEAST_ROWS: usize = 20;
/// Depths of tables of images, deepest first.
const DEPTHS: [usize; 6] = [DEEP_DATA, 200, 100, 50, 20, 10];
/// Factors e by which spatial patterns fade until places count as one.
const AGREED: f64 = 21.0;
/// Seconds of a layer of one place, of one pair: piecewise linear functions, others at a variance that rests, and before it does.
const QUICK: f64 = 0.4e-6;
const RESTED: f64 = 2e-6;
const INTEGRATED: f64 = 1.2e-4;
/// Layers in which variances come to rest, roughly.
const RESTING: f64 = 50.0;

/// What is affordable.
pub(super) struct Effort {
    pub(super) rows: usize,
    pub(super) deepest: usize,
    /// Deepest where nothing takes long.
    usual: usize,
}

impl Effort {
    /// For images; lists of features are quick. The same on every machine.
    ///
    /// # Arguments
    /// * `depths`: those that were asked for, if any.
    pub(super) fn new(subject: &Subject, depths: &[usize]) -> Option<Self> {
        if let Some(convolutional) = subject.convolutional() {
            return Some(Self::of_convolutional(convolutional, subject.own, depths));
        }
        let (places, fading) = subject.places()?;
        let networks = subject.networks.len() as f64;
        let rows = |deepest: usize| {
            let pair = |network: &DepthNetwork| seconds_of_pair(network, places, fading, deepest as f64);
            let cost = subject.networks.iter().map(|(_, network)| pair(network)).sum::<f64>() / networks;
            rows_in(cost * networks)
        };
        let deepest = match depths.last() {
            Some(&deepest) => deepest,
            None => DEPTHS.into_iter().find(|deepest| rows(*deepest) >= LEAST_ROWS).unwrap_or(DEPTHS[DEPTHS.len() - 1]),
        };
        Some(Self { rows: rows(deepest).max(LEAST_ROWS), deepest, usual: DEEP_DATA })
    }

    fn of_convolutional(network: &Convolutional, own: Option<usize>, depths: &[usize]) -> Self {
        let rows = |deepest: usize| {
            let table = if depths.is_empty() { network.depths(deepest, own).0 } else { depths.to_vec() };
            rows_in(network.seconds_of_pair(&table))
        };
        let [usual, .., least] = convolutional::DEEPEST;
        let affordable = convolutional::DEEPEST.into_iter().find(|deepest| rows(*deepest) >= LEAST_ROWS);
        let deepest = depths.last().copied().or(affordable).unwrap_or(least);
        Self { rows: rows(deepest).max(LEAST_ROWS), deepest, usual }
    }

    /// Says on stderr what was left out.
    pub(super) fn tell(&self, rows_given: bool, depths_given: bool) {
        let rows = (!rows_given && self.rows < DEFAULT_ROWS).then(|| format!("{} rows (--rows)", self.rows));
        let depths =
            (!depths_given && self.deepest < self.usual).then(|| format!("{} layers (--depths)", self.deepest));
        let limits: Vec<String> = rows.into_iter().chain(depths).collect();
        if !limits.is_empty() {
            note(&format!("images of this size take long: limited to {}", limits.join(" and ")));
        }
    }
}

/// Rows whose $N(N + 1)/2$ pairs, each of so many seconds, can be afforded.
fn rows_in(seconds_of_pair: f64) -> usize {
    ((2.0 * SECONDS / seconds_of_pair).sqrt() as usize).min(DEFAULT_ROWS)
}

fn seconds_of_pair(network: &DepthNetwork, places: f64, fading: Option<f64>, deepest: f64) -> f64 {
    let apart = fading.map_or(deepest, |layers| (AGREED * layers).min(deepest));
    // Places that have come to agree cost no more than one.
    let layers = places * apart + (deepest - apart);
    if network.activation().homogeneous().is_some() {
        return QUICK * layers;
    }
    let resting = if network.scaling().is_some() { deepest } else { RESTING.min(deepest) };
    RESTED * layers + INTEGRATED * places * resting
}
