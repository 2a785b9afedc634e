//! Numbers of heads.

/// The number of heads among $n$ fair coins, by the alias method (Walker 1977; table as in Vose 1991): one word a draw,
/// whatever $n$.
///
/// # Accuracy and cost
/// Counts whose probability is below $2^{-80}$ of the largest are left out; no stream of words could show them. The
/// others are right to $2^{-52}$. The table has about $11 \sqrt n$ entries.
#[derive(Clone, Debug)]
pub(crate) struct FairCoins {
    first: usize,
    /// Of each column of the table: the share of its own count in units of $2^{-53}$, and the other count.
    columns: Vec<(u64, u32)>,
}

impl FairCoins {
    /// A table for `n` coins.
    pub(crate) fn new(n: usize) -> Self {
        let mode = n / 2;
        let floor = 2.0_f64.powi(-80);
        // Ratios of neighbouring binomial coefficients.
        let mut below: Vec<f64> = Vec::new();
        let (mut m, mut p) = (mode, 1.0);
        while m > 0 {
            p *= m as f64 / (n - m + 1) as f64;
            m -= 1;
            if p < floor {
                break;
            }
            below.push(p);
        }
        let first = mode - below.len();
        let mut weights: Vec<f64> = below.into_iter().rev().collect();
        let (mut m, mut p) = (mode, 1.0);
        while p >= floor && m <= n {
            weights.push(p);
            p *= (n - m) as f64 / (m + 1) as f64;
            m += 1;
        }
        Self { first, columns: alias_table(&weights) }
    }

    /// The next count; uses one word.
    #[inline]
    pub(crate) fn count(&self, word: u64) -> usize {
        let place = u128::from(word) * self.columns.len() as u128;
        let column = (place >> 64) as usize;
        let (share, other) = self.columns[column];
        self.first + if (place as u64) >> 11 < share { column } else { other as usize }
    }
}

fn alias_table(weights: &[f64]) -> Vec<(u64, u32)> {
    let average = weights.iter().sum::<f64>() / weights.len() as f64;
    let mut shares: Vec<f64> = weights.iter().map(|w| w / average).collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..shares.len()).partition(|&i| shares[i] < 1.0);
    let mut columns: Vec<(u64, u32)> = (0..shares.len()).map(|i| (1 << 53, i as u32)).collect();
    while let (Some(low), Some(&high)) = (small.pop(), large.last()) {
        columns[low] = ((shares[low] * (1_u64 << 53) as f64) as u64, high as u32);
        shares[high] -= 1.0 - shares[low];
        if shares[high] < 1.0 {
            large.pop();
            small.push(high);
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::FairCoins;
    use crate::random::Stream;

    /// The probability with which the table gives each count from `first` on, words being uniform.
    fn probabilities(coins: &FairCoins) -> Vec<f64> {
        let mut p = vec![0.0; coins.columns.len()];
        for (column, (share, other)) in coins.columns.iter().enumerate() {
            let own = *share as f64 / (1_u64 << 53) as f64;
            p[column] += own;
            p[*other as usize] += 1.0 - own;
        }
        p.iter().map(|p| p / coins.columns.len() as f64).collect()
    }

    /// By adding one coin after the other; all terms are positive, so the error is $n \varepsilon$.
    fn binomial(n: usize) -> Vec<f64> {
        let mut p = vec![1.0];
        for _ in 0..n {
            let lower = p.iter().copied().chain([0.0]);
            let upper = [0.0].into_iter().chain(p.iter().copied());
            p = lower.zip(upper).map(|(a, b)| 0.5 * (a + b)).collect();
        }
        p
    }

    #[test]
    fn the_table_has_the_exact_probabilities() {
        for n in [1, 2, 3, 7, 100, 1000, 1001] {
            let (coins, exact) = (FairCoins::new(n), binomial(n));
            let table = probabilities(&coins);
            // Shares are rounded down to multiples of 2⁻⁵³ of a column, and a column may lend to many.
            let allowed = 1e-15 * n as f64 + 1e-15;
            for (m, exact) in exact.iter().enumerate() {
                let got = m.checked_sub(coins.first).and_then(|m| table.get(m)).copied().unwrap_or(0.0);
                assert!((got - exact).abs() < allowed, "{m} of {n}: {got}, exact {exact}");
            }
        }
    }

    /// Mean $n/2$, variance $n/4$, fourth central moment $3n^2/16 - n/8$.
    #[test]
    fn the_table_has_the_exact_moments_for_many_coins() {
        for n in [1_000_000_usize, 16_777_217] {
            let coins = FairCoins::new(n);
            let centre = 0.5 * n as f64;
            let moment = |k: i32| {
                let terms = probabilities(&coins).into_iter().enumerate();
                terms.map(|(m, p)| p * ((coins.first + m) as f64 - centre).powi(k)).sum::<f64>()
            };
            let n = n as f64;
            assert!((moment(0) - 1.0).abs() < 1e-12);
            assert!(moment(1).abs() < 1e-12 * n);
            assert!((moment(2) / (n / 4.0) - 1.0).abs() < 1e-10, "{}", moment(2));
            assert!((moment(4) / (3.0 * n * n / 16.0 - n / 8.0) - 1.0).abs() < 1e-10, "{}", moment(4));
        }
    }

    /// The words are used as the table means them: $\chi^2$ of the counts, which exceeds its mean by 6 standard deviations
    /// in less than 1 of 10⁵ samples (and the seed is fixed).
    #[test]
    fn counts_have_these_frequencies() {
        const DRAWS: usize = 400_000;
        for n in [1, 2, 7, 100] {
            let (coins, exact) = (FairCoins::new(n), binomial(n));
            let mut stream = Stream::new(11, n as u64);
            let mut counts = vec![0.0; n + 1];
            for _ in 0..DRAWS {
                counts[coins.count(stream.word())] += 1.0;
            }
            let expected = exact.iter().map(|p| p * DRAWS as f64);
            let common: Vec<(f64, f64)> = counts.into_iter().zip(expected).filter(|(_, e)| *e > 20.0).collect();
            let sum: f64 = common.iter().map(|(got, expected)| (got - expected).powi(2) / expected).sum();
            let degrees = common.len() as f64 - 1.0;
            assert!(sum < degrees + 6.0 * (2.0 * degrees).sqrt(), "{n} coins: χ² {sum} of {degrees}");
        }
    }

    #[test]
    fn extreme_words_give_counts_in_range() {
        for n in [1, 2, 1000] {
            let coins = FairCoins::new(n);
            assert!([0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX].iter().all(|word| coins.count(*word) <= n));
        }
    }
}
