//! The same bits in any order, in any division, with any number of threads, after any restart.

use std::ops::Range;

use fathom_ntk::Scaled;
use fathom_ntk::statistics::{Ledger, Observables, StatisticsError, Summary, check_points};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{block, ledger, of_numbers};

fn observables() -> Observables {
    Observables::new(["theta", "log theta", "output"]).unwrap().with_joint(&[0, 2]).unwrap()
}

/// Draw $i$: heavy-tailed, sometimes zero, sometimes undefined, from an integer hash.
fn draw(i: u64) -> Vec<Option<Scaled>> {
    let hash = |salt: u64| {
        let x = (i + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let x = (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((x ^ (x >> 29)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let exponent = 900.0 * (hash(1) + hash(1 << 20) - 1.0);
    let theta = if i % 11 == 3 { Scaled::ZERO } else { Scaled::exp(exponent) };
    vec![
        Some(theta),
        (!theta.is_zero()).then_some(Scaled::from(exponent)),
        (i % 97 != 5).then_some(Scaled::from(hash(7) - 0.5) * theta),
    ]
}

fn summary_of(index: u64, n: u64) -> Summary {
    block(&observables(), (256 * index..(256 * (index + 1)).min(n)).map(draw))
}

fn bits(ledger: &Ledger) -> String {
    let total = serde_json::to_string(&ledger.total()).unwrap();
    serde_json::to_string(ledger).unwrap() + &total
}

fn reread(ledger: &Ledger) -> Ledger {
    serde_json::from_str(&serde_json::to_string(ledger).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]
    #[test]
    fn order_shards_and_restarts_change_no_bit(
        n in 1_u64..5_000,
        order in Just((0..20_u64).collect::<Vec<_>>()).prop_shuffle(),
        shard_of in proptest::collection::vec(0..3_usize, 20),
        restarts in proptest::collection::vec(any::<bool>(), 20),
    ) {
        let expected = bits(&ledger(&observables(), n, draw));
        let mut shards = vec![Ledger::new(&observables()); 3];
        for &index in order.iter().filter(|&&index| 256 * index < n) {
            let shard = &mut shards[shard_of[index as usize]];
            shard.insert(index, summary_of(index, n)).unwrap();
            if restarts[index as usize] {
                *shard = reread(shard);
            }
        }
        let mut merged = shards.pop().unwrap();
        for shard in shards {
            merged.merge(shard).unwrap();
        }
        prop_assert_eq!(merged.draws(), n);
        prop_assert_eq!(bits(&merged), expected);
    }
}

#[test]
fn threads_change_no_bit() {
    let n = 256 * 13 + 40;
    let expected = bits(&ledger(&observables(), n, draw));
    for threads in [2, 4] {
        let shared = std::sync::Mutex::new(Ledger::new(&observables()));
        let next = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        if 256 * index >= n {
                            break;
                        }
                        let summary = summary_of(index, n);
                        shared.lock().unwrap().insert(index, summary).unwrap();
                    }
                });
            }
        });
        assert_eq!(bits(&shared.into_inner().unwrap()), expected);
    }
}

#[test]
fn a_longer_run_continues_a_shorter_one_to_the_same_bits() {
    let mut resumed = ledger(&observables(), 1_000, draw);
    assert_eq!((resumed.draws_of(3), resumed.draws_of(2), resumed.draws_of(9)), (1_000 - 768, 256, 0));
    assert_eq!(resumed.missing(0..8), vec![Range { start: 3, end: 8 }]);
    // The new last block arrives before the old one is full.
    for index in [7, 5, 3, 4, 6] {
        resumed.insert(index, summary_of(index, 2_000)).unwrap();
    }
    assert_eq!(resumed.missing(0..8), vec![Range { start: 7, end: 8 }]);
    assert_eq!(bits(&resumed), bits(&ledger(&observables(), 2_000, draw)));
}

#[test]
fn draws_are_never_counted_twice() {
    let whole = ledger(&observables(), 1_000, draw);
    let mut same = whole.clone();
    for (block, draws) in [(0, 256), (2, 768), (3, 900), (3, 1_000)] {
        let refused = same.insert(block, summary_of(block, draws));
        assert_eq!(refused, Err(StatisticsError::Overlap { block }));
    }
    for block in [0, 1, 2, 3] {
        let mut part = Ledger::new(&observables());
        part.insert(block, summary_of(block, 1_000)).unwrap();
        assert_eq!(same.merge(part.clone()), Err(StatisticsError::Overlap { block }));
        assert_eq!(part.clone().merge(whole.clone()), Err(StatisticsError::Overlap { block }));
    }
    assert_eq!(bits(&same), bits(&whole));
}

#[test]
fn other_observables_are_refused() {
    let mut whole = ledger(&observables(), 300, draw);
    let renamed = Observables::new(["theta", "log theta", "f"]).unwrap().with_joint(&[0, 2]).unwrap();
    let refused = whole.merge(Ledger::new(&renamed)).unwrap_err();
    assert_eq!(refused, StatisticsError::DifferentObservables { what: "their names" });
    let apart = Observables::new(["theta", "log theta", "output"]).unwrap();
    let refused = whole.merge(Ledger::new(&apart)).unwrap_err();
    assert_eq!(refused, StatisticsError::DifferentObservables { what: "which of them are joint" });
    let refused = whole.insert(2, of_numbers(&[1.0])).unwrap_err();
    assert_eq!(refused, StatisticsError::DifferentObservables { what: "their number" });
    assert_eq!(
        whole.insert(1 << 45, summary_of(0, 256)),
        Err(StatisticsError::BlockIndex { allowed: 1 << 45, got: 1 << 45 })
    );
    let two_blocks = ledger(&observables(), 512, draw).total().unwrap();
    assert_eq!(whole.insert(2, two_blocks), Err(StatisticsError::NotABlock { allowed: 256, got: 512 }));
}

#[test]
fn a_long_run_is_held_in_few_summaries() {
    // 1000 = 512 + 256 + 128 + 64 + 32 + 8 blocks.
    let observables = Observables::new(["x"]).unwrap();
    let text = serde_json::to_value(ledger(&observables, 256_000, |i| vec![Some(Scaled::from(i as f64))])).unwrap();
    let levels: Vec<u64> = text["nodes"].as_array().unwrap().iter().map(|n| n["level"].as_u64().unwrap()).collect();
    assert_eq!(levels, [9, 8, 7, 6, 5, 3]);
}

#[test]
fn check_points_grow_by_an_eighth_of_an_octave_at_most() {
    let points: Vec<u64> = check_points().collect();
    assert_eq!(points[..17], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18]);
    assert!((0..=45).all(|k| points.contains(&(1 << k))));
    assert!(points[15..].windows(2).all(|pair| pair[0] < pair[1] && 8 * (pair[1] - pair[0]) <= pair[0]));
}
