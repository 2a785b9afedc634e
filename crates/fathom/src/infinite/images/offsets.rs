//! Which offsets between places are needed, and how they hang together.
//!
//! A sum over windows leads from pairs of places at offset $s d$ to pairs of windows at offset $d$; circular padding joins
//! $d$ and $d$ − size, and nothing else mixes. So a stage falls into groups of offsets that never meet, each of which goes
//! through all operations by itself.

use std::collections::{BTreeSet, HashMap};

use super::axis::{Axis, Line};
use super::program::{Op, Stage};

/// The offsets of one group along one axis.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    /// What is asked for at the end: a number of a set.
    pub last: usize,
    /// Of every value: a number of a set.
    pub sets: Vec<usize>,
    /// Of every operation with windows: a number of a table (0 for others).
    pub tables: Vec<usize>,
}

/// All groups of a stage: every class of one axis with every one of the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Offsets {
    /// Of both axes.
    pub axes: [AxisOffsets; 2],
}

/// The groups along one axis.
#[derive(Clone, Debug, Default)]
pub(super) struct AxisOffsets {
    pub classes: Vec<Class>,
    /// Sets of offsets, ascending.
    pub sets: Vec<Vec<i64>>,
    /// Of each offset of the set after an operation, how its lines are put together.
    pub tables: Vec<Vec<Line>>,
    /// The numbers of the sets, and of the tables by geometry, set after and set before.
    known_sets: HashMap<Vec<i64>, usize>,
    known_tables: HashMap<[usize; 3], usize>,
}

impl Offsets {
    /// # Arguments
    /// * `stage`: its operations and sizes.
    /// * `needed`: offsets of the last value, down and across.
    pub fn new(stage: &Stage, geometries: &[[Axis; 2]], needed: &[BTreeSet<i64>; 2]) -> Self {
        let axes = [0, 1].map(|i| {
            let mut axis = AxisOffsets::default();
            let size = stage.sizes[stage.output()][i] as i64;
            for least in 0..size {
                let class: Vec<i64> =
                    [least - size, least].into_iter().filter(|d| d.abs() < size && needed[i].contains(d)).collect();
                if !class.is_empty() {
                    let class = axis.class(class, stage, |geometry| &geometries[geometry][i]);
                    axis.classes.push(class);
                }
            }
            axis
        });
        Self { axes }
    }
}

impl AxisOffsets {
    /// Offsets of a value in all classes.
    pub fn of_value(&self, value: usize) -> impl Iterator<Item = i64> + '_ {
        self.classes.iter().flat_map(move |class| &self.sets[class.sets[value]]).copied()
    }

    /// The class that ends with these offsets.
    fn class<'a>(&mut self, last: Vec<i64>, stage: &Stage, axis: impl Fn(usize) -> &'a Axis) -> Class {
        let last = self.set(last);
        let mut needed: Vec<Option<usize>> = vec![None; stage.sizes.len()];
        needed[stage.output()] = Some(last);
        // What was found for the operation after, which is usually the same.
        let mut memo: Option<([usize; 2], usize)> = None;
        for (i, op) in stage.ops.iter().enumerate().rev() {
            let own = needed[stage.made(i)].unwrap_or(last);
            let before = match op {
                // Features of different places are independent.
                Op::Repeat { .. } => {
                    let same = self.sets[own].iter().copied().filter(|d| *d == 0).collect();
                    self.set(same)
                }
                Op::Weights { geometry, .. } => match memo {
                    Some((key, set)) if key == [*geometry, own] => set,
                    _ => {
                        let of = |d: &i64| axis(*geometry).offsets_before(*d);
                        let before = self.sets[own].iter().flat_map(of).collect();
                        let set = self.set(before);
                        memo = Some(([*geometry, own], set));
                        set
                    }
                },
                _ => own,
            };
            for from in op.sources().into_iter().flatten() {
                needed[from] = Some(match needed[from] {
                    Some(known) if known != before => {
                        let both = self.sets[known].iter().chain(&self.sets[before]).copied().collect();
                        self.set(both)
                    }
                    _ => before,
                });
            }
        }
        let mut sets: Vec<usize> = needed.into_iter().map(|set| set.unwrap_or(last)).collect();
        let mut tables = Vec::with_capacity(stage.ops.len());
        for (i, op) in stage.ops.iter().enumerate() {
            let made = stage.made(i);
            if let Op::Activate { from, .. } | Op::Normalise { from, .. } = op {
                sets[made] = sets[*from];
            }
            tables.push(match op {
                Op::Weights { from, geometry, .. } => self.table([*geometry, sets[made], sets[*from]], axis(*geometry)),
                _ => 0,
            });
        }
        Class { last, sets, tables }
    }

    fn set(&mut self, mut offsets: Vec<i64>) -> usize {
        offsets.sort_unstable();
        offsets.dedup();
        if let Some(known) = self.known_sets.get(&offsets) {
            return *known;
        }
        self.sets.push(offsets.clone());
        self.known_sets.insert(offsets, self.sets.len() - 1);
        self.sets.len() - 1
    }

    fn table(&mut self, key: [usize; 3], axis: &Axis) -> usize {
        if let Some(known) = self.known_tables.get(&key) {
            return *known;
        }
        self.tables.push(self.sets[key[1]].iter().map(|d| axis.line(*d, &self.sets[key[2]])).collect());
        self.known_tables.insert(key, self.tables.len() - 1);
        self.tables.len() - 1
    }
}
