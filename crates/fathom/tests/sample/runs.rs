//! Many draws: the same bits however they are divided.

use std::ops::{ControlFlow, Range};

use fathom_ntk::Scaled;
use fathom_ntk::sample::{Event, Method, Observable, Recorder, Sampler, run};
use fathom_ntk::statistics::{Ledger, Summary};

use crate::{network, sampler};

const DRAWS: u64 = 1100;

fn recorder(sampler: &Sampler) -> Recorder {
    let names = ["ntk(0,0)", "log_ntk(0,1)", "output(1)", "layer(2)", "trace", "eigenvalue(1)", "condition"];
    let observables: Vec<Observable> = names.iter().map(|name| name.parse().unwrap()).collect();
    Recorder::new(sampler, &observables).unwrap().with_joint(&[0, 2]).unwrap()
}

fn setting(method: Method) -> Sampler {
    sampler(&network("widths = '2,7,6,1'\nbias_var = 0.1"), &[1.0, -0.4, 0.3, 0.9], method)
}

type Block = (u64, Vec<Option<Scaled>>, Summary);

/// The blocks of a run in their order, and the draws it reported.
fn blocks(sampler: &Sampler, ranges: &[Range<u64>], draws: u64, threads: usize) -> (Vec<Block>, u64) {
    let (mut blocks, mut progress) = (Vec::new(), 0);
    run(sampler, &recorder(sampler), 77, ranges, draws, threads, |event| {
        match event {
            Event::Progress(more) => progress += more,
            Event::Block(block) => blocks.push((block.block, block.rows.to_vec(), block.summary)),
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    blocks.sort_by_key(|block| block.0);
    (blocks, progress)
}

fn bits(rows: &[Option<Scaled>]) -> Vec<Option<(u64, u64)>> {
    rows.iter().map(|v| v.map(|v| (v.to_f64().to_bits(), v.ln().to_bits()))).collect()
}

#[track_caller]
fn same(a: &[Block], b: &[Block]) {
    assert_eq!(a.len(), b.len());
    for ((i, rows, summary), (j, other, other_summary)) in a.iter().zip(b) {
        assert_eq!((i, bits(rows)), (j, bits(other)));
        // Every digit that a file would hold.
        assert_eq!(serde_json::to_string(summary).unwrap(), serde_json::to_string(other_summary).unwrap());
    }
}

#[test]
fn threads_and_ranges_change_no_bit() {
    for method in [Method::Projected, Method::Direct] {
        let sampler = setting(method);
        let whole = [0..5];
        let (one, progress) = blocks(&sampler, &whole, DRAWS, 1);
        assert_eq!(
            one.iter().map(|b| (b.0, b.1.len() / 7)).collect::<Vec<_>>(),
            [(0, 256), (1, 256), (2, 256), (3, 256), (4, 76)]
        );
        assert_eq!(progress, DRAWS);
        for threads in [2, 3, 4, 0] {
            same(&one, &blocks(&sampler, &whole, DRAWS, threads).0);
        }
        for ranges in [vec![0..1, 1..5], vec![3..5, 0..3], vec![4..9, 2..4, 0..2], vec![0..u64::MAX]] {
            same(&one, &blocks(&sampler, &ranges, DRAWS, 2).0);
        }
        let (mut parts, _) = blocks(&sampler, &[1..3], DRAWS, 3);
        for range in [0..1, 3..5] {
            parts.extend(blocks(&sampler, &[range], DRAWS, 2).0);
        }
        parts.sort_by_key(|block| block.0);
        same(&one, &parts);
    }
}

/// A draw is the same alone, after others, and as part of a run.
#[test]
fn rows_are_those_of_single_draws() {
    let sampler = setting(Method::Projected);
    let (all, _) = blocks(&sampler, &[0..5], DRAWS, 2);
    let recorder = recorder(&sampler);
    for index in [0, 1, 255, 256, 1099] {
        let mut row = Vec::new();
        recorder.record(&mut sampler.worker(), 77, index, &mut row).unwrap();
        let place = 7 * (index % 256) as usize;
        assert_eq!(bits(&row), bits(&all[(index / 256) as usize].1[place..place + 7]));
    }
}

/// A draw of many milliseconds, so that a stop falls inside blocks; what is missing is drawn later.
#[test]
fn stopping_and_continuing_changes_no_bit() {
    let sampler = sampler(&network("widths = '2,40x60,1'"), &[1.0, -0.4, 0.3, 0.9], Method::Direct);
    let recorder = recorder(&sampler);
    let draws = 300;
    let mut whole = Ledger::new(recorder.names());
    let mut rows = vec![Vec::new(); 2];
    let insert = |ledger: &mut Ledger, event: Event<'_>| {
        if let Event::Block(block) = event {
            let first = ledger.draws_of(block.block);
            if (block.rows.len() / 7) as u64 > first {
                ledger.insert(block.block, block.summary).unwrap();
            }
        }
    };
    run(&sampler, &recorder, 5, &[0..2], draws, 2, |event| {
        if let Event::Block(block) = &event {
            rows[block.block as usize] = bits(block.rows);
        }
        insert(&mut whole, event);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(whole.draws(), draws);
    for threads in [1, 2, 3, 4] {
        let mut ledger = Ledger::new(recorder.names());
        let (mut seen, mut reported) = (0, 0);
        run(&sampler, &recorder, 5, &[0..2], draws, threads, |event| {
            match &event {
                Event::Progress(more) => seen += more,
                Event::Block(block) => {
                    // The beginning of the block, without gaps.
                    assert_eq!(bits(block.rows), rows[block.block as usize][..block.rows.len()]);
                    reported += block.rows.len() / 7;
                }
            }
            insert(&mut ledger, event);
            if seen >= 30 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        assert!((1..draws).contains(&seen), "{seen} draws after a stop");
        assert!(reported as u64 <= seen && ledger.draws() == reported as u64, "{reported} of {seen}");
        assert!(reported >= 1);
        run(&sampler, &recorder, 5, &[0..2], draws, threads, |event| {
            insert(&mut ledger, event);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(serde_json::to_string(&ledger.total()).unwrap(), serde_json::to_string(&whole.total()).unwrap());
    }
}

#[test]
fn a_run_without_draws_reports_nothing() {
    let sampler = setting(Method::Projected);
    assert_eq!(blocks(&sampler, &[], DRAWS, 2).1, 0);
    assert_eq!(blocks(&sampler, &[0..5], 0, 2).1, 0);
    assert_eq!(blocks(&sampler, &[5..9], DRAWS, 2).1, 0);
}

/// The cost model chooses a method that can draw the network, and the one that was measured to be the fastest where the
/// factor is large.
#[test]
fn the_fastest_sampler_is_chosen() {
    let method = |toml: &str, k: usize| {
        let arch = network(toml);
        let inputs = vec![0.5; k * arch.widths().unwrap()[0]];
        Sampler::new(&arch, &inputs, None).unwrap().method()
    };
    assert_eq!(method("widths = '3,500x9,1'", 1), Method::Chain);
    assert_eq!(method("widths = '3,500x9,1'", 2), Method::Projected);
    assert_eq!(method("widths = '3,500x9,2'", 1), Method::Projected);
    assert_eq!(method("widths = '3,500x9,1'\nactivation = 'tanh'", 1), Method::Projected);
    assert_eq!(method("widths = '3,500x9,1'\nweight_law = 'uniform'", 1), Method::Direct);
    assert_eq!(method("widths = '3,20x9,1'", 60), Method::Direct);
}
