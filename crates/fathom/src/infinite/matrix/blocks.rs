//! Networks of blocks, pair by pair.

use std::cell::RefCell;
use std::ops::Range;

use rayon::prelude::*;

use super::method::{Exponents, PairFunction};
use super::rows::Rows;
use super::{KernelKind, MatrixError, MatrixOptions, Watch};
use crate::Scaled;
use crate::infinite::composed::{Step, run, steps};
use crate::infinite::images::{Image, Program, Scratch, check_pairs_of_places};
use crate::infinite::input::gaps;
use crate::infinite::state::State;
use crate::infinite::{KernelError, PairInput};
use crate::spec::Composition;

/// Rows and columns of a tile of networks on lists, on images, and on images with pooling: seconds of work.
const TILES: [usize; 3] = [48, 16, 4];

thread_local! {
    /// Memory of a thread, kept between the pairs.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The inputs, as far as they can be prepared.
enum Prepared<'a> {
    /// Rows, their squared norms, and $|x|^2/n_0$.
    Lists {
        steps: Vec<Step<'a>>,
        depth: usize,
        rows: [Vec<List>; 2],
    },
    Images {
        program: Program,
        images: [Vec<Image>; 2],
    },
}

/// A list of features.
struct List {
    entries: Vec<f64>,
    square: f64,
    mean_square: f64,
}

/// The kernel of a network of blocks for given inputs.
pub(super) struct Blocks<'a> {
    prepared: Prepared<'a>,
    /// Whether there is a second set of inputs.
    two: bool,
    /// $\Sigma(x, x)$ and $\Theta(x, x)$.
    pub diagonals: [Vec<[Scaled; 2]>; 2],
    pub exponents: Exponents,
}

impl<'a> Blocks<'a> {
    /// # Errors
    /// [`MatrixError::Kernel`], [`MatrixError::Memory`] if the variances of all images do not fit, [`MatrixError::PairsOfPlaces`],
    /// and [`MatrixError::Stopped`].
    pub fn new(
        network: &'a Composition,
        sets: [&Rows; 2],
        two: bool,
        options: &MatrixOptions,
        watch: &Watch,
    ) -> Result<Self, MatrixError> {
        let with_ntk = options.kind != KernelKind::Nngp;
        let prepared = if network.input().space().is_empty() {
            let steps = steps(network, with_ntk)?;
            let list = |rows: &Rows| {
                let one = |i| {
                    let entries = rows.scaled_row(i).0.to_vec();
                    List { entries, square: rows.squares()[i], mean_square: rows.mean_squares()[i] }
                };
                (0..rows.count()).map(one).collect()
            };
            let rows = [list(sets[0]), if two { list(sets[1]) } else { Vec::new() }];
            Prepared::Lists { steps, depth: network.depth(), rows }
        } else {
            let program = Program::new(network, with_ntk, false)?;
            let count = sets[0].count() + if two { sets[1].count() } else { 0 };
            let needed = count.saturating_mul(program.places() * size_of::<f64>());
            if needed > options.memory {
                let (rows, cols) = (sets[0].count(), sets[1].count());
                return Err(MatrixError::Memory { rows, cols, needed, allowed: options.memory });
            }
            let of_threads = program.bytes_of_pair().saturating_mul(rayon::current_num_threads());
            check_pairs_of_places(of_threads, options.memory - needed)?;
            watch.begin(count);
            let images = |rows: &Rows| {
                let one = |i| {
                    if watch.is_stopped() {
                        return Err(MatrixError::Stopped);
                    }
                    let image = SCRATCH.with_borrow_mut(|scratch| Image::new(&program, rows.scaled_row(i), scratch))?;
                    watch.advance();
                    Ok(image)
                };
                (0..rows.count()).into_par_iter().map(one).collect::<Result<Vec<_>, _>>()
            };
            let images = [images(sets[0])?, if two { images(sets[1])? } else { Vec::new() }];
            Prepared::Images { program, images }
        };
        let mut blocks = Self { prepared, two, diagonals: Default::default(), exponents: Exponents([0; 2]) };
        blocks.diagonals = [blocks.own_kernels(0)?, blocks.own_kernels(1)?];
        Ok(blocks)
    }

    fn own_kernels(&self, set: usize) -> Result<Vec<[Scaled; 2]>, KernelError> {
        match &self.prepared {
            Prepared::Lists { steps, depth, rows } => {
                rows[set].par_iter().map(|row| own_kernel(steps, *depth, row.mean_square)).collect()
            }
            Prepared::Images { images, .. } => Ok(images[set].iter().map(Image::own_kernel).collect()),
        }
    }

    /// Σ and Θ of an input of ones with itself.
    pub fn reference(&self, network: &Composition) -> Result<[Scaled; 2], KernelError> {
        match &self.prepared {
            Prepared::Lists { steps, depth, .. } => own_kernel(steps, *depth, 1.0),
            Prepared::Images { program, .. } => {
                let ones = vec![1.0; network.features()];
                let image = SCRATCH.with_borrow_mut(|scratch| Image::new(program, (&ones, 0), scratch))?;
                Ok(image.own_kernel())
            }
        }
    }

    /// Bytes held beside the inputs.
    pub fn bytes(&self) -> usize {
        match &self.prepared {
            Prepared::Lists { rows, .. } => rows.iter().flatten().map(|row| size_of_val(&*row.entries)).sum(),
            Prepared::Images { images, .. } => images.iter().flatten().map(Image::bytes).sum(),
        }
    }

    /// Σ and Θ of a pair.
    pub fn kernel(&self, i: usize, j: usize) -> Result<[Scaled; 2], KernelError> {
        let second = usize::from(self.two);
        match &self.prepared {
            Prepared::Lists { steps, depth, rows } => {
                let (x, y) = (&rows[0][i], &rows[second][j]);
                let (gap, cogap) = if x.square == 0.0 || y.square == 0.0 {
                    (1.0, 1.0)
                } else {
                    gaps((&x.entries, x.square), (&y.entries, y.square))
                };
                let input = PairInput::from_known(x.mean_square, y.mean_square, gap, cogap);
                let kernel = run(steps, State::of_inputs(&input), &mut 0, *depth)?.kernel();
                Ok([kernel.nngp[2], kernel.ntk[2]])
            }
            Prepared::Images { program, images } => {
                let (x, y) = (&images[0][i], &images[second][j]);
                Ok(SCRATCH.with_borrow_mut(|scratch| x.kernel(y, program, scratch)))
            }
        }
    }
}

fn own_kernel(steps: &[Step<'_>], depth: usize, mean_square: f64) -> Result<[Scaled; 2], KernelError> {
    let input = PairInput::from_known(mean_square, mean_square, 0.0, 2.0);
    let kernel = run(steps, State::of_inputs(&input), &mut 0, depth)?.kernel();
    Ok([kernel.nngp[0], kernel.ntk[0]])
}

impl PairFunction for Blocks<'_> {
    fn tile(&self) -> usize {
        let [lists, images, pooled] = TILES;
        match &self.prepared {
            Prepared::Lists { .. } => lists,
            Prepared::Images { program, .. } => {
                if program.has_pools() {
                    pooled
                } else {
                    images
                }
            }
        }
    }

    fn reads_inputs(&self) -> bool {
        true
    }

    fn prepare(&self, _cols: Range<usize>) -> Vec<f64> {
        Vec::new()
    }

    fn row(&self, i: usize, cols: Range<usize>, _prepared: &[f64], _cosines: &[f64], out: [&mut [f64]; 2]) {
        let [nngp, ntk] = out;
        for (at, j) in cols.enumerate() {
            // A pair without a kernel is found out by its entry.
            let values = self.pair(i, j, 1.0, 1.0).unwrap_or([f64::NAN; 2]);
            for (out, value) in [&mut *nngp, &mut *ntk].into_iter().zip(values) {
                if let Some(out) = out.get_mut(at) {
                    *out = value;
                }
            }
        }
    }

    fn pair(&self, i: usize, j: usize, _gap: f64, _cogap: f64) -> Result<[f64; 2], KernelError> {
        let kernel = self.kernel(i, j)?;
        Ok([0, 1].map(|kind| self.exponents.apply(kernel[kind], kind)))
    }
}
