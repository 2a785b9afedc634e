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
