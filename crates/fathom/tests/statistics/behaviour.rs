//! Few draws, constants, zeros, and what is no number.

use fathom_ntk::Scaled;
use fathom_ntk::statistics::{
    BlockDraws, HistogramScale, Ledger, Marginal, Moment, Observables, StatisticsError, TailWarning,
};

use super::{block, of_numbers, power_of_two};

#[test]
fn nothing_is_estimated_from_no_draws() {
    let observables = Observables::new(["x"]).unwrap().with_joint(&[0]).unwrap();
    assert_eq!(Ledger::new(&observables).total(), None);
    assert_eq!(BlockDraws::new(&observables).summary(), Err(StatisticsError::EmptyBlock));
    let total = block(&observables, vec![vec![None]; 3]);
    let x = total.marginal(0).unwrap();
    assert_eq!((x.count(), x.undefined(), x.range()), (0, 3, None));
    assert_eq!((x.mean(), x.variance(), x.dispersion(), x.kurtosis()), (None, None, None, None));
    assert_eq!((x.log_moments(), x.quantile(0.5).unwrap()), (None, None));
    assert_eq!(x.histogram(3, HistogramScale::Linear).unwrap(), None);
    assert_eq!((total.covariance(0, 0).unwrap(), total.correlation(0, 0).unwrap()), (None, None));
    for known in [None, Some(1.0)] {
        let tails = x.tails(known).unwrap();
        assert!(tails.mean().is_none() && tails.warnings().is_empty() && !tails.mean_is_within(f64::INFINITY));
    }
}

#[test]
fn a_single_draw_has_no_standard_error() {
    let total = of_numbers(&[3.0]);
    let x = total.marginal(0).unwrap();
    let mean = x.mean().unwrap();
    assert_eq!((mean.value.to_f64(), mean.standard_error), (3.0, None));
    assert_eq!((x.variance(), x.relative_variance(), x.skewness()), (None, None, None));
    assert!(!x.tails(None).unwrap().mean_is_within(10.0));
    assert_eq!(x.quantile(0.3).unwrap().unwrap().value.to_f64(), 3.0);
}

#[test]
fn two_draws_have_the_moments_one_computes_by_hand() {
    let total = of_numbers(&[1.0, 4.0]);
    let x = total.marginal(0).unwrap();
    assert_eq!(x.mean().unwrap().standard_error.unwrap().to_f64(), 1.5);
    assert_eq!((x.variance().unwrap().value.to_f64(), x.second_moment().unwrap().value.to_f64()), (4.5, 8.5));
    assert_eq!((x.skewness(), x.kurtosis()), (Some(0.0), Some(1.0)));
    let relative_std = x.relative_std().unwrap().value.to_f64();
    assert!((relative_std - 4.5_f64.sqrt() / 2.5).abs() < 4.0 * f64::EPSILON);
}

#[test]
fn constants_have_no_variance_at_all() {
    // Sums of 256 or 1000 of these round; relative to the first of them they do not.
    for value in [0.1, -1.0 / 3.0, 7e-300, 1e300] {
        let total = of_numbers(&vec![value; 1_000]);
        let x = total.marginal(0).unwrap();
        let mean = x.mean().unwrap();
        assert_eq!((mean.value.to_f64(), mean.relative_error()), (value, Some(0.0)));
        assert!(x.variance().unwrap().value.is_zero());
        assert_eq!((x.skewness(), x.kurtosis()), (None, None));
        assert_eq!(x.dispersion().unwrap().value, Scaled::ONE);
        assert!(x.tails(None).unwrap().warnings().is_empty());
        assert!(x.tails(None).unwrap().mean_is_within(1e-9));
        let histogram = x.histogram(5, HistogramScale::Linear).unwrap().unwrap();
        assert_eq!((histogram.bins.len(), histogram.bins[0].count), (1, 1_000.0));
    }
}

#[test]
fn zeros_are_draws_whose_mean_is_known_to_no_relative_error() {
    let total = of_numbers(&[0.0; 300]);
    let x = total.marginal(0).unwrap();
    assert_eq!((x.count(), x.sketch().zero(), x.log_moments()), (300, 300, None));
    assert!(x.mean().unwrap().value.is_zero());
    assert_eq!((x.relative_variance(), x.mean().unwrap().relative_error()), (None, None));
    assert!(!x.tails(None).unwrap().mean_is_within(f64::INFINITY));
    assert_eq!(x.quantile(0.5).unwrap().unwrap().value, Scaled::ZERO);
    assert_eq!(x.histogram(5, HistogramScale::Logarithmic).unwrap(), None);
    assert_eq!(x.histogram(5, HistogramScale::Linear).unwrap().unwrap().bins.len(), 1);
}

#[test]
fn what_is_no_number_is_counted_as_undefined_and_spoils_nothing() {
    let observables = Observables::new(["x", "y"]).unwrap().with_joint(&[0, 1]).unwrap();
    // The largest power of two with an exponent that counts is 2^(256 · 2^40).
    let far = (0..40).fold(power_of_two(256), |far, _| far * far);
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|x| Some(Scaled::from(x)));
    let beyond = far * power_of_two(256);
    let odd = odd.into_iter().chain([None, Some(beyond), Some(Scaled::ONE / beyond)]);
    let good = [(1.0, 2.0), (2.0, 4.0), (3.0, 9.0)].map(|(x, y)| vec![Some(Scaled::from(x)), Some(Scaled::from(y))]);
    let clean = block(&observables, good.clone());
    let draws = odd.map(|x| vec![x, Some(Scaled::from(5.0))]).chain(good);
    let total = block(&observables, draws);
    let x = total.marginal(0).unwrap();
    assert_eq!((x.count(), x.undefined(), total.marginal(1).unwrap().count()), (3, 6, 9));
    assert_eq!(x.mean(), clean.marginal(0).unwrap().mean());
    assert_eq!(total.joint().count(), 3);
    // Means 2 and 5; (1·3 + 0·1 + 1·4) / 2.
    assert_eq!(total.covariance(0, 1).unwrap().unwrap().value.to_f64(), 3.5);
    let total = block(&observables, [vec![Some(far), Some(Scaled::ONE / far)]]);
    assert_eq!(total.marginals().iter().map(Marginal::count).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn wrong_draws_and_questions_are_typed_errors() {
    assert_eq!(Observables::new(Vec::<String>::new()), Err(StatisticsError::NoObservables));
    assert_eq!(Observables::new(["a", "b", "a"]), Err(StatisticsError::DuplicateName { name: "a".into() }));
    let observables = Observables::new(["a", "b"]).unwrap();
    let joint = |list: &[usize]| observables.clone().with_joint(list).unwrap_err();
    assert_eq!(joint(&[2]), StatisticsError::UnknownObservable { index: 2, observables: 2 });
    assert_eq!(joint(&[1, 1]), StatisticsError::DuplicateJoint { index: 1 });
    let many = Observables::new((0..300).map(|i| i.to_string())).unwrap();
    let all: Vec<usize> = (0..257).collect();
    assert_eq!(many.with_joint(&all), Err(StatisticsError::TooManyJoint { allowed: 256, got: 257 }));

    let mut draws = BlockDraws::new(&observables);
    assert_eq!(draws.push(&[None]), Err(StatisticsError::DrawLength { expected: 2, got: 1 }));
    for _ in 0..256 {
        draws.push(&[Some(Scaled::ONE), None]).unwrap();
    }
    assert_eq!(draws.push(&[None, None]), Err(StatisticsError::BlockFull { allowed: 256 }));
    let total = draws.summary().unwrap();
    assert_eq!(total.covariance(0, 1), Err(StatisticsError::NotJoint { index: 0 }));
    assert_eq!(total.covariance(0, 2), Err(StatisticsError::UnknownObservable { index: 2, observables: 2 }));
    for got in [-0.5, f64::INFINITY] {
        let refused = total.marginal(0).unwrap().tails(Some(got)).map(|_| ());
        assert_eq!(refused, Err(StatisticsError::LogDispersion { got }));
    }
    draws.clear();
    assert!(draws.is_empty());
}

#[test]
fn one_dominating_draw_is_reported_with_its_share() {
    // Signed, so that no law applies. Mean 10, deviations: 999 of -10 and one of 9990; shares 0.999 and 1 - 1e-13.
    let mut values = vec![0.0; 1_000];
    values[77] = 1e4;
    values[78] = -1e-9;
    let total = of_numbers(&values);
    let warnings = total.marginal(0).unwrap().tails(None).unwrap().warnings();
    let [TailWarning::OneDrawDominates { moment: Moment::Mean, share }, second] = warnings[..] else {
        panic!("{warnings:?}");
    };
    assert!((share - 0.999).abs() < 1e-9, "{share}");
    assert_eq!(second.moment(), Moment::SecondMoment);
    assert_eq!(
        second.to_string(),
        "one draw makes 100 % of the sampled variance of the second moment: the errors of variance and dispersion are uncertain; draw more"
    );
    assert!(!total.marginal(0).unwrap().tails(None).unwrap().mean_is_within(10.0));
}

#[test]
fn shares_of_a_draw_are_those_one_computes_by_hand() {
    // Nineteen times 10, once 20: 20^4 of 19·10^4 + 20^4 is 16/35; 9.5² of 9.5² + 19·0.5² is 0.95.
    let mut values = [10.0; 20];
    values[4] = 20.0;
    let total = of_numbers(&values);
    let warnings = total.marginal(0).unwrap().tails(None).unwrap().warnings();
    let shares: Vec<f64> = warnings
        .iter()
        .map(|warning| match warning {
            TailWarning::OneDrawDominates { share, .. } => *share,
            other => panic!("{other}"),
        })
        .collect();
    assert!(
        matches!(shares[..], [mean, second] if (mean - 0.95).abs() < 1e-14 && (second - 16.0 / 35.0).abs() < 1e-14)
    );
}
