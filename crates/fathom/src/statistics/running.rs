//! Mean and variance of draws that come one after the other, in `f64`.

use serde::{Deserialize, Serialize};

/// A mean with its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanWithError {
    /// The mean.
    pub mean: f64,
    /// Its standard error; `None` from a single draw.
    pub standard_error: Option<f64>,
}

/// Mean and variance of numbers that come one after the other (Welford 1962): with the deviation
/// $\delta = x_k - \bar x_{k-1}$,
///
/// $$\bar x_k = \bar x_{k-1} + \delta/k, \qquad M_k = M_{k-1} + \tfrac{k-1}{k}\,\delta^2, \qquad s^2 = M_k/(k-1).$$
///
/// The bits depend on the order of the numbers.
///
/// # Example
/// ```
/// use fathom_ntk::statistics::Running;
/// let mut running = Running::default();
/// [1.0, 2.0, 6.0].into_iter().for_each(|x| running.push(x));
/// assert_eq!((running.count(), running.mean(), running.variance()), (3, Some(3.0), Some(7.0)));
/// assert_eq!(running.with_error().and_then(|m| m.standard_error), Some((7.0_f64 / 3.0).sqrt()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Running {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Running {
    /// Takes one more number; one that is not finite makes all results so.
    pub fn push(&mut self, x: f64) {
        self.count += 1;
        let k = self.count as f64;
        let deviation = x - self.mean;
        self.mean += deviation / k;
        self.squares += deviation * deviation * ((k - 1.0) / k);
    }

    /// Numbers taken.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean; `None` without numbers.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// $s^2$; `None` for fewer than two numbers.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }

    /// The mean with $s/\sqrt k$; `None` without numbers.
    pub fn with_error(&self) -> Option<MeanWithError> {
        let standard_error = self.variance().map(|variance| (variance / self.count as f64).sqrt());
        self.mean().map(|mean| MeanWithError { mean, standard_error })
    }
}

/// Mean and variance, entry by entry, of lists that come one after the other, and how well their mean variance is known.
///
/// Each entry goes by the formulas of [`Running`]. The variance $\frac1m \sum_i s_i^2$, a mean over the entries, is the mean
/// of the numbers
///
/// $$v_k = \frac{k-1}{k}\,\frac1m \sum_i \big(x_{k,i} - \bar x_{k-1,i}\big)^2, \qquad k = 2, 3, \dots,$$
///
/// by which it grows (Helmert's transformation). They are independent and of one law if the lists are independent and normal,
/// however the entries of a list depend on each other, so their spread gives the standard error.
///
/// # Example
/// ```
/// use fathom_ntk::statistics::RunningList;
/// let mut running = RunningList::new(2);
/// running.push(&[1.0, 5.0]);
/// running.push(&[3.0, 5.0]);
/// assert_eq!((running.mean(), running.variances()), (&[2.0, 5.0][..], Some(vec![2.0, 0.0])));
/// assert_eq!(running.mean_variance().map(|v| v.mean), Some(1.0));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunningList {
    count: u64,
    mean: Vec<f64>,
    squares: Vec<f64>,
    growth: Running,
}

impl RunningList {
    /// Of lists of so many entries.
    pub fn new(entries: usize) -> Self {
        Self { count: 0, mean: vec![0.0; entries], squares: vec![0.0; entries], growth: Running::default() }
    }

    /// Takes one more list; entries beyond the length that was agreed are left out.
    pub fn push(&mut self, list: &[f64]) {
        self.count += 1;
        let k = self.count as f64;
        let share = (k - 1.0) / k;
        let mut sum = 0.0;
        for ((x, mean), squares) in list.iter().zip(&mut self.mean).zip(&mut self.squares) {
            let deviation = x - *mean;
            let growth = deviation * deviation * share;
            *mean += deviation / k;
            *squares += growth;
            sum += growth;
        }
        if self.count > 1 && !self.mean.is_empty() {
            self.growth.push(sum / self.mean.len() as f64);
        }
    }

    /// Lists taken.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Entries of a list.
    pub fn entries(&self) -> usize {
        self.mean.len()
    }

    /// The mean of every entry; zeros without lists.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// $s_i^2$ of every entry; `None` for fewer than two lists.
    pub fn variances(&self) -> Option<Vec<f64>> {
        let degrees = self.count.checked_sub(1).filter(|degrees| *degrees > 0)? as f64;
        Some(self.squares.iter().map(|squares| squares / degrees).collect())
    }

    /// The mean over entries of the variance, with its standard error; `None` for fewer than two lists.
    pub fn mean_variance(&self) -> Option<MeanWithError> {
        self.growth.with_error()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn entries_have_the_moments_of_two_passes() {
        let lists: Vec<[f64; 3]> =
            (0..7).map(|k| [f64::from(k), 1e8 + f64::from(k * k), -0.5 * f64::from(k % 3)]).collect();
        let mut running = RunningList::new(3);
        lists.iter().for_each(|list| running.push(list));
        let variances = running.variances().unwrap();
        for i in 0..3 {
            let mean = lists.iter().map(|list| list[i]).sum::<f64>() / 7.0;
            let variance = lists.iter().map(|list| (list[i] - mean).powi(2)).sum::<f64>() / 6.0;
            // Deviations of numbers of size 10⁸ are rounded to 10⁻⁸.
            assert!((running.mean()[i] - mean).abs() < 1e-7, "{i}");
            assert!((variances[i] / variance - 1.0).abs() < 1e-8, "{i}: {} {variance}", variances[i]);
        }
        let whole = running.mean_variance().unwrap();
        assert!((whole.mean - variances.iter().sum::<f64>() / 3.0).abs() < 1e-12 * whole.mean);
        assert_eq!(running.count(), 7);
    }

    /// Entries that are all equal: the variance of k normal numbers has the relative standard error √(2/(k − 1)), however
    /// many copies there are. Over 400 repetitions the mean of the estimated errors is known to some 5 %.
    #[test]
    fn the_error_of_a_variance_allows_for_entries_that_depend_on_each_other() {
        let (lists, repetitions) = (30, 400);
        let (mut values, mut squares) = (Running::default(), Running::default());
        for repetition in 0..repetitions {
            let mut normals = vec![0.0; lists];
            Stream::new(5, repetition).fill_normals(&mut normals);
            let mut running = RunningList::new(4);
            normals.iter().for_each(|x| running.push(&[*x; 4]));
            let variance = running.mean_variance().unwrap();
            values.push(variance.mean);
            squares.push(variance.standard_error.unwrap().powi(2));
        }
        let exact = 2.0 / (lists - 1) as f64;
        // Means of χ²: 1 ± √(exact/400); of squared errors, whose relative variance is about 56/29, ± 7 %.
        assert!((values.mean().unwrap() - 1.0).abs() < 4.0 * (exact / repetitions as f64).sqrt());
        assert!((squares.mean().unwrap() / exact - 1.0).abs() < 0.28, "{:?} {exact}", squares.mean());
        assert!((values.variance().unwrap() / exact - 1.0).abs() < 0.3);
    }
}
