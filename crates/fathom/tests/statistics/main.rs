//! Streaming statistics against exact sums, sorted draws and known laws, and the same bits in any order.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod behaviour;
mod coverage;
mod hostile;
mod moments;
mod quantiles;
mod sharding;

use fathom_ntk::Scaled;
use fathom_ntk::statistics::{BlockDraws, Ledger, Observables, Summary};

/// $2^k$.
fn power_of_two(k: i64) -> Scaled {
    let step = Scaled::from(if k < 0 { 0.5 } else { 2.0 });
    (0..k.unsigned_abs()).fold(Scaled::ONE, |power, _| power * step)
}

/// The summary of the given draws of one block.
fn block(observables: &Observables, draws: impl IntoIterator<Item = Vec<Option<Scaled>>>) -> Summary {
    let mut block = BlockDraws::new(observables);
    for draw in draws {
        block.push(&draw).unwrap();
    }
    block.summary().unwrap()
}

/// A ledger of draws `0..n`, inserted in their order.
fn ledger(observables: &Observables, n: u64, draw: impl Fn(u64) -> Vec<Option<Scaled>>) -> Ledger {
    let mut ledger = Ledger::new(observables);
    for index in 0..n.div_ceil(256) {
        let draws = 256 * index..(256 * (index + 1)).min(n);
        ledger.insert(index, block(observables, draws.map(&draw))).unwrap();
    }
    ledger
}

/// The summary of plain numbers, as the only observable.
fn of_numbers(values: &[f64]) -> Summary {
    let observables = Observables::new(["x"]).unwrap();
    ledger(&observables, values.len() as u64, |i| vec![Some(Scaled::from(values[i as usize]))]).total().unwrap()
}
