//! The cells of a grid.

use fathom_ntk::analysis::sweep::{Axis, Key, Range, Setting, Sweep, SweepCommand, SweepError, Template};
use proptest::prelude::*;

fn sweep(template: &[(Key, &str)], axes: Vec<Axis>) -> Sweep {
    let mut network = Template::default();
    template.iter().for_each(|(key, value)| network.set(&Setting::parse(*key, value).unwrap()));
    Sweep::new(SweepCommand::Verdict, network, axes, Vec::new()).unwrap()
}

fn axis(key: Key, values: &[usize]) -> Axis {
    Axis::new(key, &values.iter().map(usize::to_string).collect::<Vec<_>>()).unwrap()
}

fn different(most: usize) -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::hash_set(1..40_usize, 1..=most).prop_map(|set| set.into_iter().collect())
}

proptest! {
    /// Every combination of values is one cell; the last axis varies fastest; what no axis says is that of the template.
    #[test]
    fn cells_are_all_combinations_in_order(depths in different(5), widths in different(4), seeds in different(3)) {
        let axes = vec![axis(Key::Depth, &depths), axis(Key::Width, &widths), axis(Key::Seed, &seeds)];
        let cells = sweep(&[(Key::Inputs, "7")], axes).cells(3, 2).unwrap();
        let mut expected = Vec::new();
        for depth in &depths {
            for width in &widths {
                for seed in &seeds {
                    expected.push((*depth, *width, *seed as u64));
                }
            }
        }
        prop_assert_eq!(cells.len(), expected.len());
        for (i, (cell, (depth, width, seed))) in cells.iter().zip(expected).enumerate() {
            prop_assert_eq!(cell.index, i);
            prop_assert_eq!((cell.architecture.depth(), cell.seed), (depth, seed));
            let shape = cell.architecture.widths().unwrap();
            prop_assert_eq!((shape[0], shape[depth]), (7, 2));
            prop_assert!(shape[1..depth].iter().all(|n| *n == width));
            prop_assert_eq!(&cell.settings[..2], &[Setting::Depth(depth), Setting::Width(width)]);
        }
    }

    /// Both ends are exact, values increase, and neighbours have the same difference or ratio.
    #[test]
    fn ranges_are_even(from in 0.01..10.0_f64, size in 0.1..50.0_f64, count in 2..20_usize, log: bool) {
        let to = from + size;
        let axis = Axis::range(Key::WeightVar, Range { from, to, count, log }).unwrap();
        let values: Vec<f64> = axis.values().iter().map(|value| value.number().unwrap()).collect();
        prop_assert_eq!((values[0], values[count - 1], values.len()), (from, to, count));
        let step = |pair: &[f64]| if log { (pair[1] / pair[0]).ln() } else { pair[1] - pair[0] };
        let first = step(&values[..2]);
        for pair in values.windows(2) {
            // Each value is right to a few units in its last place.
            prop_assert!((step(pair) - first).abs() < 1e-13 * (1.0 + to), "{} {first}", step(pair));
        }
    }

    /// Of depth, width and their ratio, two give the third to rounding.
    #[test]
    fn two_of_depth_width_and_ratio_give_the_third(depth in 2..60_usize, width in 1..900_usize) {
        let ratio = (depth as f64 / width as f64).to_string();
        let (depth_text, width_text) = (depth.to_string(), width.to_string());
        for given in [[(Key::Depth, &depth_text), (Key::Ratio, &ratio)], [(Key::Width, &width_text), (Key::Ratio, &ratio)]] {
            let given = given.map(|(key, text)| (key, text.as_str()));
            let cells = sweep(&given, Vec::new()).cells(4, 1).unwrap();
            let shape = cells[0].architecture.widths().unwrap();
            prop_assert_eq!((shape.len() - 1, shape[1]), (depth, width));
        }
    }
}

#[test]
fn shapes_that_say_too_much_or_too_little_are_refused() {
    let refused = |template: &[(Key, &str)]| {
        let error = sweep(template, vec![axis(Key::Seed, &[1])]).cells(4, 1).unwrap_err();
        let SweepError::Cell { cell: 0, settings, source } = error else { panic!("{error}") };
        assert_eq!(settings, "seed = 1");
        source.to_string()
    };
    assert_eq!(refused(&[(Key::Width, "5")]), "the network or the grid needs depth");
    let both = refused(&[(Key::Widths, "4,5,1"), (Key::Depth, "2")]);
    assert_eq!(both, "widths describes the shape of the network as depth does: give one of them");
    let all = refused(&[(Key::Width, "5"), (Key::Depth, "2"), (Key::Ratio, "0.4")]);
    assert_eq!(all, "ratio describes the shape of the network as width does: give one of them");
    let small = refused(&[(Key::Width, "5"), (Key::Ratio, "0.01")]);
    assert_eq!(small, "ratio (depth over width) 0.01 with width 5 gives no network: the nearest depth is 0");
    assert!(refused(&[(Key::Depth, "2"), (Key::WeightVar, "-1")]).starts_with("weight_var (σ_w², a variance) must be"));
}

#[test]
fn grids_that_are_too_large_or_name_a_key_twice_are_refused() {
    let range = |key| Axis::range(key, Range { from: 1.0, to: 1000.0, count: 1000, log: false }).unwrap();
    let new = |axes| Sweep::new(SweepCommand::Train, Template::default(), axes, Vec::new()).map(drop);
    let error = new(vec![range(Key::Depth), range(Key::Seed)]).unwrap_err();
    assert_eq!(error.to_string(), "a grid may have at most 100000 cells, got 1000000");
    assert_eq!(new(vec![range(Key::Depth), axis(Key::Depth, &[2])]), Err(SweepError::TwoAxes { key: Key::Depth }));
}
