//! Quantiles and histograms against sorted draws.

use fathom_ntk::Scaled;
use fathom_ntk::statistics::{HistogramScale, MAX_CELLS, Observables, StatisticsError};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Normal};

use super::{ledger, of_numbers};

fn signed_log_normal(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = StdRng::seed_from_u64(seed);
    let log = Normal::new(0.0, 2.0).unwrap();
    let mut one = |i: usize| match i % 7 {
        0 => 0.0,
        1 | 2 => -f64::exp(log.sample(&mut rng)),
        _ => f64::exp(log.sample(&mut rng)),
    };
    (0..n).map(&mut one).collect()
}

#[test]
fn the_sampled_quantile_lies_in_its_cell() {
    // 39 draws for each 128th, so that ranks are whole numbers without rounding.
    let mut values = signed_log_normal(39 * 128, 3);
    let total = of_numbers(&values);
    let x = total.marginal(0).unwrap();
    values.sort_by(f64::total_cmp);
    for part in 0..=128_usize {
        let p = part as f64 / 128.0;
        let quantile = x.quantile(p).unwrap().unwrap();
        let (low, high) = (quantile.low.to_f64(), quantile.high.to_f64());
        let sorted = values[(39 * part).max(1) - 1];
        assert!(low <= sorted && sorted <= high, "p = {p}: {sorted} is not in {low}..={high}");
        assert!(quantile.low <= quantile.value && quantile.value <= quantile.high);
        assert!(high - low <= low.abs().max(high.abs()) / 128.0);
    }
    assert_eq!(x.quantile(0.0).unwrap().unwrap().value.to_f64(), values[0]);
    assert_eq!(x.quantile(1.0).unwrap().unwrap().value.to_f64(), values[39 * 128 - 1]);
    assert_eq!(x.quantile(1.0).unwrap().unwrap().standard_error, None);
    for got in [-0.1, 1.1, f64::INFINITY] {
        assert_eq!(x.quantile(got), Err(StatisticsError::Probability { got }));
    }
    assert!(x.quantile(f64::NAN).is_err());
}

#[test]
fn standard_errors_of_quantiles_cover_the_truth() {
    // 300 runs of 500 uniform draws on 1..2: 95 % intervals cover 285 of 300 on average, with standard deviation 3.8; 4
    // of these below is 270. The error is known, sqrt(p (1 - p) / n); one is sampled from 13 draws or more, so to 30 %,
    // and their average to 2 %.
    let mut rng = StdRng::seed_from_u64(5);
    let probabilities = [0.1, 0.5, 0.9_f64];
    let (mut covered, mut errors) = ([0; 3], [0.0; 3]);
    for _ in 0..300 {
        let values: Vec<f64> = (0..500).map(|_| rng.random_range(1.0..2.0)).collect();
        let total = of_numbers(&values);
        for (place, p) in probabilities.into_iter().enumerate() {
            let quantile = total.marginal(0).unwrap().quantile(p).unwrap().unwrap();
            let error = quantile.standard_error.unwrap().to_f64();
            errors[place] += error / (p * (1.0 - p) / 500.0).sqrt() / 300.0;
            covered[place] += usize::from((quantile.value.to_f64() - 1.0 - p).abs() < 1.96 * error);
        }
    }
    assert!(covered.iter().all(|&count| (270..=300).contains(&count)), "{covered:?}");
    assert!(errors.iter().all(|&ratio| (ratio - 1.0).abs() < 0.08), "{errors:?}");
}

#[test]
fn a_sketch_of_huge_range_has_limited_cells_and_counts_everything() {
    // 20000 octaves: one cell for several octaves.
    let observables = Observables::new(["x"]).unwrap();
    let draw = |i: u64| vec![Some(Scaled::exp((i * 7_919 % 20_011) as f64 * 0.7 - 7_000.0))];
    let total = ledger(&observables, 20_011, draw).total().unwrap();
    let x = total.marginal(0).unwrap();
    let text = serde_json::to_value(x.sketch()).unwrap();
    let cells = text["positive"].as_array().unwrap().len();
    assert!(cells <= MAX_CELLS && 2 * cells >= MAX_CELLS, "{cells} cells");
    assert_eq!(x.sketch().count(), 20_011);
    // 14008 nats are 20209 octaves; 2^3 octaves to a cell give 2526 cells, 2^2 would give 5052.
    assert_eq!((x.sketch().coarsening(), cells), (10, 2_527));
    let median = x.quantile(0.5).unwrap().unwrap();
    let sorted = 10_005.0 * 0.7 - 7_000.0;
    assert!(median.low.ln() <= sorted && sorted <= median.high.ln());
}

#[test]
fn histograms_agree_with_counting() {
    let values = signed_log_normal(3_000, 8);
    let total = of_numbers(&values);
    let x = total.marginal(0).unwrap();
    for scale in [HistogramScale::Linear, HistogramScale::Logarithmic] {
        let histogram = x.histogram(12, scale).unwrap().unwrap();
        let shown = |v: f64| scale == HistogramScale::Linear || v > 0.0;
        let inside = values.iter().filter(|&&v| shown(v)).count();
        assert_eq!(histogram.outside as usize, 3_000 - inside);
        let sum: f64 = histogram.bins.iter().map(|bin| bin.count).sum();
        assert!((sum - inside as f64).abs() < 1e-9);
        assert_eq!(histogram.bins.len(), 12);
        for pair in histogram.bins.windows(2) {
            assert_eq!(pair[0].high, pair[1].low);
        }
        for bin in &histogram.bins {
            let (low, high) = (bin.low.to_f64(), bin.high.to_f64());
            // Only draws within a cell of an edge may be on its other side: 1/128 of the edge.
            let margin = |edge: f64| edge.abs() / 128.0;
            let count =
                |low: f64, high: f64| values.iter().filter(|&&v| shown(v) && low <= v && v < high).count() as f64;
            let most = count(low - margin(low), high + margin(high)) + 1.0;
            let least = count(low + margin(low), high - margin(high)) - 1.0;
            assert!(least <= bin.count && bin.count <= most, "{least} <= {} <= {most}", bin.count);
        }
    }
    assert!(matches!(x.histogram(0, HistogramScale::Linear), Err(StatisticsError::Bins { got: 0, .. })));
    assert!(matches!(x.histogram(10_001, HistogramScale::Linear), Err(StatisticsError::Bins { got: 10_001, .. })));
}
