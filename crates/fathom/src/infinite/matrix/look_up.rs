//! Values of a table at many cosines.

use pulp::{Arch, NullaryFnOnce};

use super::cells::{Cells, TERMS, polynomial};
use super::jobs::{LANES, lanes};

const ONE: u64 = 1.0_f64.to_bits();

/// The tables for $c \ge 0$ and for $c < 0$ one after the other, so that the sign moves an index and is no branch.
pub(super) struct Joined {
    /// Of both kernels.
    cells: [Vec<[f64; TERMS]>; 2],
    halves: [Half; 2],
}

/// Where the cell of $w = 1 - |c|$ is.
#[derive(Clone, Copy)]
struct Half {
    /// Number of the first cell.
    offset: u64,
    /// The leading bits of its numbers, and how many bits follow those.
    first: u64,
    shift: u64,
    scale: f64,
}

impl Joined {
    pub fn new(acute: &Cells, obtuse: &Cells) -> Self {
        let cells = [0, 1].map(|kind| [acute.function(kind).cells, obtuse.function(kind).cells].concat());
        let half = |cells: &Cells, offset: usize| {
            let function = cells.function(0);
            let (first, shift) = (function.first, function.shift.into());
            Half { offset: offset as u64, first, shift, scale: function.scale }
        };
        let halves = [half(acute, 0), half(obtuse, acute.function(0).cells.len())];
        Self { cells, halves }
    }

    /// Kernel number `kind` (times $c$ if `odd`) at many cosines; below the table the result is meaningless, but finite.
    pub fn look_up(&self, kind: usize, odd: bool, cosines: &[f64], out: &mut [f64]) {
        Arch::new().dispatch(LookUp { cells: &self.cells[kind], halves: self.halves, odd, cosines, out });
    }
}

/// A struct, because the loop is compiled for the processor at hand only when it is inlined into its method.
struct LookUp<'a> {
    cells: &'a [[f64; TERMS]],
    halves: [Half; 2],
    odd: bool,
    cosines: &'a [f64],
    out: &'a mut [f64],
}

impl NullaryFnOnce for LookUp<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let [acute, obtuse] = self.halves;
        let (mut numbers, mut places) = ([0_u64; LANES], [0.0_f64; LANES]);
        for (cosines, out) in self.cosines.chunks(LANES).zip(self.out.chunks_mut(LANES)) {
            let lanes = lanes(cosines, 0.0);
            for i in 0..LANES {
                let half = if lanes[i] < 0.0 { obtuse } else { acute };
                let bits = (1.0 - lanes[i].abs()).to_bits();
                numbers[i] = (bits >> half.shift).max(half.first) - half.first + half.offset;
                let rest = bits & ((1 << half.shift) - 1) | ONE;
                places[i] = (f64::from_bits(rest) - 1.0) * half.scale - 1.0;
            }
            for ((out, number), t) in out.iter_mut().zip(&numbers).zip(&places) {
                *out = self.cells.get(*number as usize).map_or(0.0, |cell| polynomial(cell, *t));
            }
            if self.odd {
                for (out, c) in out.iter_mut().zip(cosines) {
                    *out *= c;
                }
            }
        }
    }
}
