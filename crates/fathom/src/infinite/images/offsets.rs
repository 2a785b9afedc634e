//! Which offsets between places are needed, and how they hang together.
//!
//! A sum over windows leads from pairs of places at offset $s d$ to pairs of windows at offset $d$; circular padding joins
//! $d$ and $d$ − size, and nothing else mixes. So a stage falls into groups of offsets that never meet, each of which goes
//! through all operations by itself.

use super::axis::{Axis, Line};
use super::program::Op;

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
    /// What the tables are of: geometry, set after, set before.
    keys: Vec<[usize; 3]>,
}

impl Offsets {
    /// # Arguments
    /// * `pool`: what comes after.
    /// * `diagonal`: whether of the results, pooled if there is a pool, only those of a place with itself are needed.
    pub fn new(
        ops: &[Op],
        sizes: &[[usize; 2]],
        geometries: &[[Axis; 2]],
        pool: Option<&[Axis; 2]>,
        diagonal: bool,
    ) -> Self {
        let axes = [0, 1].map(|i| {
            let mut axis = AxisOffsets::default();
            let size = sizes.last().map_or(1, |size| size[i]) as i64;
            let needed = |d: &i64| match pool {
                Some(pool) => !diagonal || pool[i].joins(*d),
                None => !diagonal || *d == 0,
            };
            for least in 0..size {
                let class: Vec<i64> =
                    [least - size, least].into_iter().filter(|d| d.abs() < size && needed(d)).collect();
                if !class.is_empty() {
                    let class = axis.class(class, ops, |geometry| &geometries[geometry][i]);
                    axis.classes.push(class);
                }
            }
            axis
        });
        Self { axes }
    }
}

impl AxisOffsets {
    /// The class that ends with these offsets.
    fn class<'a>(&mut self, last: Vec<i64>, ops: &[Op], axis: impl Fn(usize) -> &'a Axis) -> Class {
        let last = self.set(last);
        let mut needed: Vec<Option<usize>> = vec![None; ops.len() + 1];
        needed[ops.len()] = Some(last);
        // What was found for the operation after, which is usually the same.
        let mut memo: Option<([usize; 2], usize)> = None;
        for (i, op) in ops.iter().enumerate().rev() {
            let own = needed[i + 1].unwrap_or(last);
            let before = match op {
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
        let mut tables = Vec::with_capacity(ops.len());
        for (i, op) in ops.iter().enumerate() {
            if let Op::Activate { from, .. } | Op::Normalise { from, .. } = op {
                sets[i + 1] = sets[*from];
            }
            tables.push(match op {
                Op::Weights { from, geometry, .. } => {
                    self.table([*geometry, sets[i + 1], sets[*from]], axis(*geometry))
                }
                _ => 0,
            });
        }
        Class { last, sets, tables }
    }

    fn set(&mut self, mut offsets: Vec<i64>) -> usize {
        offsets.sort_unstable();
        offsets.dedup();
        self.sets.iter().position(|known| *known == offsets).unwrap_or_else(|| {
            self.sets.push(offsets);
            self.sets.len() - 1
        })
    }

    fn table(&mut self, key: [usize; 3], axis: &Axis) -> usize {
        if self.keys.last() == Some(&key) {
            return self.keys.len() - 1;
        }
        self.keys.iter().position(|known| *known == key).unwrap_or_else(|| {
            let lines = self.sets[key[1]].iter().map(|d| axis.line(*d, &self.sets[key[2]])).collect();
            self.tables.push(lines);
            self.keys.push(key);
            self.keys.len() - 1
        })
    }
}
