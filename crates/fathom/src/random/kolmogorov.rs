//! Kolmogorov–Smirnov tests.

/// Asserts that the numbers follow a continuous distribution function.
///
/// The largest distance exceeds $2.7/\sqrt N$ with a probability of at most $2 e^{-2 \cdot 2.7^2}$ = 9e-7 (Massart 1990).
#[track_caller]
pub(super) fn follows(what: &str, mut drawn: Vec<f64>, distribution: impl Fn(f64) -> f64) {
    drawn.sort_by(f64::total_cmp);
    let count = drawn.len() as f64;
    let mut distance = 0.0_f64;
    for (i, x) in drawn.iter().enumerate() {
        let below = distribution(*x);
        distance = distance.max((below - i as f64 / count).abs()).max((below - (i + 1) as f64 / count).abs());
    }
    assert!(distance * count.sqrt() < 2.7, "{what}: distance {distance} of {count} draws");
}
