//! Confidence intervals cover what they should, or a warning says that they may not.

use fathom_ntk::statistics::{Estimate, Moment, TailWarning};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Normal};

use super::of_numbers;

const RUNS: usize = 400;

/// How often 95 % intervals cover the truth without a warning, miss it without one, and how often there is one.
#[derive(Debug, Default)]
struct Count {
    covered: usize,
    missed: usize,
    warned: usize,
}

impl Count {
    fn add(&mut self, estimate: Estimate, truth: f64, warned: bool) {
        let error = estimate.standard_error.unwrap().to_f64();
        if warned {
            self.warned += 1;
        } else if (estimate.value.to_f64() - truth).abs() <= 1.96 * error {
            self.covered += 1;
        } else {
            self.missed += 1;
        }
    }
}

/// Mean and second moment of `e^{z}`, `z` normal of variance `s2`, estimated `RUNS` times from `draws`.
fn log_normal(s2: f64, draws: usize, known: bool, seed: u64) -> [Count; 2] {
    let mut rng = StdRng::seed_from_u64(seed);
    let log = Normal::new(0.0, s2.sqrt()).unwrap();
    let mut counts = [Count::default(), Count::default()];
    for _ in 0..RUNS {
        let values: Vec<f64> = (0..draws).map(|_| log.sample(&mut rng).exp()).collect();
        let total = of_numbers(&values);
        let tails = total.marginal(0).unwrap().tails(known.then_some(s2)).unwrap();
        let warnings = tails.warnings();
        let has = |moment| warnings.iter().any(|warning| warning.moment() == moment);
        counts[0].add(tails.mean().unwrap(), (0.5 * s2).exp(), has(Moment::Mean));
        counts[1].add(tails.second_moment().unwrap(), (2.0 * s2).exp(), has(Moment::SecondMoment));
    }
    counts
}

#[test]
fn intervals_of_log_normal_draws_cover_the_truth_or_warn() {
    // 90 % of the nominal 95 %, less four standard deviations of a count of at most 400 (0.018 each).
    let least = 0.9 * 0.95 - 4.0 * 0.018;
    for (s2, draws) in [(0.01, 500), (0.25, 500), (1.0, 1_000), (2.0, 1_000), (4.0, 1_000), (5.0, 1_000), (9.0, 1_000)]
    {
        for known in [false, true] {
            for (moment, count) in ["mean", "second moment"].iter().zip(log_normal(s2, draws, known, 11)) {
                let judged = count.covered + count.missed;
                let covers = count.covered as f64 >= least * judged as f64;
                assert!(covers, "{moment}, s² = {s2}, known: {known}: {count:?}");
            }
        }
    }
}

#[test]
fn warnings_come_where_moments_cannot_be_estimated_and_only_there() {
    // Narrow: none. s² = 1, 1000 draws: e^4/1000 = 0.05, the mean is fine. s² = 2: e^8/1000 = 3, the second moment never
    // is. s² = 9: nor is the mean, e^9/1000 = 8.
    let warned = |s2, draws, known| log_normal(s2, draws, known, 12).map(|count| count.warned);
    let [mean, second] = warned(0.01, 500, false);
    assert!(mean == 0 && second == 0, "{mean} and {second} false alarms");
    assert!(warned(1.0, 1_000, false)[0] < RUNS / 4);
    assert_eq!(warned(1.0, 1_000, true)[0], 0);
    assert_eq!(warned(2.0, 1_000, true), [0, RUNS]);
    assert_eq!(warned(9.0, 1_000, false), [RUNS, RUNS]);
}

#[test]
fn draws_needed_are_those_with_which_the_warning_ends() {
    let observed = [1.0; 300];
    let total = of_numbers(&observed);
    let warnings = total.marginal(0).unwrap().tails(Some(3.0)).unwrap().warnings();
    let [TailWarning::TooFewDraws { moment: Moment::SecondMoment, relative_variance, draws_needed }] = warnings[..]
    else {
        panic!("{warnings:?}");
    };
    // e^12 - 1 = 162753.79 for one draw.
    assert!((relative_variance.to_f64() - 162_753.791_419_003_9 / 300.0).abs() < 1e-9);
    assert!((draws_needed.to_f64() - 4.0 * 162_753.791_419_003_9).abs() < 1e-6);
    assert!(warnings[0].to_string().contains("about 10^5.8 are needed"), "{}", warnings[0]);
    // The mean: (e^3 - 1)/300 = 0.064.
    assert!(total.marginal(0).unwrap().tails(Some(3.0)).unwrap().mean_is_within(0.253));
    assert!(!total.marginal(0).unwrap().tails(Some(3.0)).unwrap().mean_is_within(0.251));
}

#[test]
fn intervals_of_normal_draws_have_their_nominal_width_and_coverage() {
    let mut rng = StdRng::seed_from_u64(21);
    let law = Normal::new(-3.0, 2.0).unwrap();
    let (mut mean, mut variance, mut width) = (Count::default(), Count::default(), 0.0);
    for _ in 0..RUNS {
        let values: Vec<f64> = (0..600).map(|_| law.sample(&mut rng)).collect();
        let total = of_numbers(&values);
        let tails = total.marginal(0).unwrap().tails(None).unwrap();
        let estimate = tails.mean().unwrap();
        width += estimate.standard_error.unwrap().to_f64() / RUNS as f64;
        mean.add(estimate, -3.0, !tails.warnings().is_empty());
        variance.add(tails.variance().unwrap(), 4.0, false);
    }
    // 380 of 400 on average, standard deviation 4.4; the variance has skewed errors of order 1/sqrt(600) and covers less.
    assert!((362..=398).contains(&mean.covered) && mean.warned == 0, "{mean:?}");
    assert!((355..=398).contains(&variance.covered), "{variance:?}");
    // A sampled standard deviation is known to 1/sqrt(1200), their average to 0.15 %.
    assert!((width / (2.0 / 600.0_f64.sqrt()) - 1.0).abs() < 0.006, "{width}");
}

#[test]
fn an_infinite_second_moment_is_noticed() {
    // x = U^(-1/1.5): E x = 3, E x² = ∞. The logarithms look harmless: s² = 0.44.
    let mut rng = StdRng::seed_from_u64(31);
    let noticed = (0..RUNS).filter(|_| {
        let values: Vec<f64> = (0..1_000).map(|_| (1.0 - rng.random::<f64>()).powf(-1.0 / 1.5)).collect();
        let total = of_numbers(&values);
        let warnings = total.marginal(0).unwrap().tails(None).unwrap().warnings();
        warnings.iter().any(|warning| warning.moment() == Moment::SecondMoment)
    });
    // The largest of the fourth powers makes more than 1/4 of their sum nearly always: the sum has index 1.5/4.
    assert!(noticed.count() > RUNS * 95 / 100);
}

/// $E f(x)$ for $x = 0$ with probability `zero` and else $e^z$, by the trapezoidal rule.
fn expectation(s2: f64, zero: f64, f: impl Fn(f64) -> f64) -> f64 {
    // Fourth powers shift the normal density by 4 s²; 24 standard deviations to either side leave nothing.
    let (s, steps) = (s2.sqrt(), 4_000);
    let h = 48.0 / f64::from(steps);
    let points = (0..=steps).map(|k| f64::from(k) * h - 24.0);
    let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
    zero * f(0.0) + (1.0 - zero) * points.map(|t| f((s * t).exp()) * density(t) * h).sum::<f64>()
}

#[test]
fn corrected_errors_are_those_of_the_law_by_quadrature() {
    for (s2, zero) in [(0.02, 0.0), (0.5, 0.0), (1.5, 0.0), (0.02, 0.5), (0.5, 0.5), (1.5, 0.75)] {
        // Draws much narrower than the law, with the same zeros, so that sampled errors are smaller; the dispersion is told.
        let values: Vec<f64> = (0..512)
            .map(|i| if f64::from(i % 4) < 4.0 * zero { 0.0 } else { 1.0 + 1e-3 * f64::from((i / 4) % 2) })
            .collect();
        let total = of_numbers(&values);
        let tails = total.marginal(0).unwrap().tails(Some(s2 - (1.0 - zero).ln())).unwrap();

        let e = |f: &dyn Fn(f64) -> f64| expectation(s2, zero, f);
        let (m1, m2) = (e(&|x| x), e(&|x| x * x));
        let v = m2 - m1 * m1;
        let check = |name: &str, got: Option<Estimate>, influence: &dyn Fn(f64) -> f64| {
            let expected = (e(&|x| influence(x).powi(2)) / 512.0).sqrt();
            let got = got.unwrap().relative_error().unwrap();
            assert!((got / expected - 1.0).abs() < 1e-10, "{name}, s² = {s2}, zero {zero}: {got} for {expected}");
        };
        check("mean", tails.mean(), &|x| x / m1 - 1.0);
        check("second moment", tails.second_moment(), &|x| x * x / m2 - 1.0);
        check("dispersion", tails.dispersion(), &|x| x * x / m2 - 2.0 * x / m1 + 1.0);
        check("variance", tails.variance(), &|x| (x - m1).powi(2) / v - 1.0);
    }
}
