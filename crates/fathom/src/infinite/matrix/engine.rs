//! The engine: what is known before the first entry, and the entries.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::batch::{Batch, Factors, Scratch};
use super::blocks::Blocks;
use super::jobs::{TILE, Target, jobs};
use super::method::exponent;
use super::plan::{Plan, own_kernel};
use super::rows::Rows;
use super::{
    Band, Block, Entry, KernelKind, KernelMatrix, KernelScale, MatrixError, MatrixOptions, Method, Network, Watch,
};
use crate::Scaled;
use crate::infinite::general::Detail;
use crate::infinite::pair::PairRecursion;
use crate::spec::{Architecture, Composition};

/// Tiles down a band: work for several threads, at little memory.
const BAND: usize = 4;

/// Kernel matrices of one network on one or two sets of inputs.
///
/// Built once for a network and its inputs, which it checks; then it computes the whole matrix ([`Self::matrices`]) or one
/// band of rows after the other ([`Self::band`]), with the same bits in either case and on any number of threads.
///
/// # Accuracy and cost
/// Every entry within $10^{-12}$ of [`pair_kernel`](crate::infinite::pair_kernel) ($10^{-11}$ from depth 100 on), in all
/// phases, relative to the entry, up to what the rounding of the features does to its cosine; entries of nearly parallel
/// inputs included. One product of matrices, half of it if the matrix is symmetric, and a few nanoseconds for each entry
/// at any depth with [`Method::Angle`]; other methods cost their nanoseconds for each layer. Memory: the result, a copy of
/// the inputs, and some MiB for each thread.
///
/// # Example
/// Orthogonal inputs of a critical ReLU network with two layers: $\Theta = 2/\pi \cdot |x||x'|/n_0$.
/// ```
/// use fathom_ntk::infinite::matrix::{KernelEngine, MatrixOptions};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { depth: Some(2), ..Default::default() })?;
/// let engine = KernelEngine::new(&arch, &[3.0, 0.0, 0.0, 1.0], 2, None, &MatrixOptions::default())?;
/// let ntk = &engine.matrices::<f64>()?[0];
/// assert!((ntk.values()[0] - 18.0).abs() < 1e-13);
/// assert!((ntk.values()[1] - 3.0 / std::f64::consts::PI).abs() < 1e-13);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct KernelEngine<'a> {
    inputs: Rows,
    /// `None`: the inputs themselves.
    others: Option<Rows>,
    options: MatrixOptions,
    plan: Plan<'a>,
    /// Σ and Θ of an input with $|x|^2 = n_0$, where the scale needs them.
    reference: [Scaled; 2],
}

/// The inputs of kernel matrices: checked, and copied as the engine needs them.
///
/// Reading is quick, so that a thread can do it that must not wait for the [engine](KernelEngine).
///
/// # Example
/// ```
/// use fathom_ntk::infinite::matrix::{KernelEngine, KernelInputs, MatrixOptions};
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { depth: Some(2), ..Default::default() })?;
/// let inputs = KernelInputs::new(&[3.0, 0.0, 0.0, 1.0], 2, None)?;
/// assert_eq!(KernelEngine::with_inputs(&arch, inputs, &MatrixOptions::default())?.shape(), [2, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct KernelInputs {
    inputs: Rows,
    /// `None`: the inputs themselves.
    others: Option<Rows>,
}

impl KernelInputs {
    /// From one input after the other, each of `features` numbers, and the inputs that index the columns.
    ///
    /// # Errors
    /// [`MatrixError::Shape`] and [`MatrixError::Input`].
    pub fn new(inputs: &[f64], features: usize, others: Option<&[f64]>) -> Result<Self, MatrixError> {
        let inputs = Rows::new(inputs, features, false)?;
        let others = others.map(|others| Rows::new(others, features, true)).transpose()?;
        Ok(Self { inputs, others })
    }

    /// A row of the first set (0) or the second (1), scaled, and the power of two that it was divided by.
    pub(in crate::infinite) fn scaled_row(&self, set: usize, row: usize) -> (&[f64], i64) {
        let rows = if set == 0 { &self.inputs } else { self.others.as_ref().unwrap_or(&self.inputs) };
        rows.scaled_row(row)
    }
}

impl<'a> KernelEngine<'a> {
    /// Checks the inputs and does what is to be done once.
    ///
    /// # Arguments
    /// * `network`: an [`Architecture`](crate::spec::Architecture) or a [`Composition`](crate::spec::Composition); its inputs
    ///   must fit the data. Images are rows of height × width × channels numbers, the channels of a place together.
    /// * `inputs`: one input after the other, each of `features` numbers.
    /// * `others`: the inputs that index the columns; `None` for a symmetric matrix.
    ///
    /// # Errors
    /// [`MatrixError`] for shapes that do not fit, unusable inputs, kernels that do not exist, and
    /// [`KernelScale::Cosine`] with a zero vector and no bias.
    pub fn new(
        network: impl Into<Network<'a>>,
        inputs: &[f64],
        features: usize,
        others: Option<&[f64]>,
        options: &MatrixOptions,
    ) -> Result<Self, MatrixError> {
        Self::with_inputs(network, KernelInputs::new(inputs, features, others)?, options)
    }

    /// The same from inputs that were read before.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn with_inputs(
        network: impl Into<Network<'a>>,
        inputs: KernelInputs,
        options: &MatrixOptions,
    ) -> Result<Self, MatrixError> {
        Self::watched(network, inputs, options, &Watch::default())
    }

    /// The same, watched: preparing many images takes a while. Lists of features are prepared before `watch` is looked at.
    ///
    /// # Errors
    /// Those of [`Self::new`], and [`MatrixError::Stopped`].
    pub fn watched(
        network: impl Into<Network<'a>>,
        inputs: KernelInputs,
        options: &MatrixOptions,
        watch: &Watch,
    ) -> Result<Self, MatrixError> {
        match network.into() {
            Network::Layers(arch) => Self::of_layers(arch, inputs, options),
            Network::Blocks(composition) => Self::of_blocks(composition, inputs, options, watch),
        }
    }

    fn of_blocks(
        network: &'a Composition,
        inputs: KernelInputs,
        options: &MatrixOptions,
        watch: &Watch,
    ) -> Result<Self, MatrixError> {
        let KernelInputs { inputs, others } = inputs;
        if network.features() != inputs.features() {
            return Err(MatrixError::Features { network: network.features(), data: inputs.features() });
        }
        let sets = [&inputs, others.as_ref().unwrap_or(&inputs)];
        let blocks = Blocks::new(network, sets, others.is_some(), options, watch)?;
        let reference = if options.scale == KernelScale::Depth { blocks.reference(network)? } else { [Scaled::ONE; 2] };
        let engine = Self { plan: Plan::of_blocks(blocks), inputs, others, options: *options, reference };
        engine.check_diagonals()?;
        Ok(engine)
    }

    fn of_layers(arch: &'a Architecture, inputs: KernelInputs, options: &MatrixOptions) -> Result<Self, MatrixError> {
        let KernelInputs { inputs, others } = inputs;
        if let Some(&network) = arch.widths().and_then(<[usize]>::first)
            && network != inputs.features()
        {
            return Err(MatrixError::Features { network, data: inputs.features() });
        }
        let detail = if options.kind == KernelKind::Nngp { Detail::NngpOnly } else { Detail::Full };
        let recursion = PairRecursion::new(arch, detail)?;
        let reference =
            if options.scale == KernelScale::Depth { own_kernel(&recursion, 1.0)? } else { [Scaled::ONE; 2] };
        let plan = Plan::new(arch, detail, recursion, [&inputs, others.as_ref().unwrap_or(&inputs)], others.is_some())?;
        let engine = Self { plan, inputs, others, options: *options, reference };
        engine.check_diagonals()?;
        Ok(engine)
    }

    fn check_diagonals(&self) -> Result<(), MatrixError> {
        if self.options.scale != KernelScale::Cosine {
            return Ok(());
        }
        let is_zero = |own: &[Scaled; 2]| self.options.kind.each().iter().any(|kind| own[kind.index()].is_zero());
        for (set, diagonal) in self.plan.diagonals.iter().enumerate() {
            if let Some(row) = diagonal.iter().position(is_zero) {
                return Err(MatrixError::ZeroDiagonal { second: set == 1, row });
            }
        }
        Ok(())
    }

    /// Rows and columns of the matrices.
    pub fn shape(&self) -> [usize; 2] {
        [self.inputs.count(), self.others.as_ref().unwrap_or(&self.inputs).count()]
    }

    /// Whether both sets of inputs are the same.
    pub fn is_symmetric(&self) -> bool {
        self.others.is_none()
    }

    /// How the entries are computed.
    pub fn method(&self) -> Method {
        self.plan.method
    }

    /// What is asked for.
    pub fn options(&self) -> &MatrixOptions {
        &self.options
    }

    /// The exponent $e$ of a kernel whose entries are stored as $2^{-e} K$; the same in every band.
    pub fn exponent<T: Entry>(&self, kind: KernelKind) -> i64 {
        let kind = kind.index();
        let largest = match self.options.scale {
            KernelScale::Cosine => return 0,
            KernelScale::None => self.largest(kind),
            KernelScale::Depth => self.largest(kind) / self.reference[kind],
        };
        exponent(largest, T::RANGE)
    }

    fn largest(&self, kind: usize) -> Scaled {
        self.plan.diagonals.iter().flatten().fold(Scaled::ZERO, |m, own| m.max(own[kind]))
    }

    /// The whole matrices, Σ first if both were asked for.
    ///
    /// # Errors
    /// * [`MatrixError::Memory`] if the options do not allow as much as is needed.
    /// * [`MatrixError::NotFinite`], [`MatrixError::Kernel`] if a kernel leaves the range of its activation.
    pub fn matrices<T: Entry>(&self) -> Result<Vec<KernelMatrix<T>>, MatrixError> {
        self.matrices_watched(&Watch::default())
    }

    /// The same, while another thread looks on and may stop it.
    ///
    /// # Errors
    /// Those of [`Self::matrices`], and [`MatrixError::Stopped`].
    pub fn matrices_watched<T: Entry>(&self, watch: &Watch) -> Result<Vec<KernelMatrix<T>>, MatrixError> {
        let [rows, cols] = self.shape();
        self.check_memory(self.memory::<T>())?;
        let kinds = self.options.kind.each();
        let mut values = Vec::new();
        for _ in kinds {
            values.push(self.allocate::<T>(rows.saturating_mul(cols))?);
        }
        let targets = values.iter_mut().map(|band| Target { band, mirror: &mut [] }).collect();
        self.fill(0..rows, cols, targets, watch)?;
        Ok(kinds
            .iter()
            .zip(values)
            .map(|(kind, values)| KernelMatrix { kind: *kind, rows, cols, exponent: self.exponent::<T>(*kind), values })
            .collect())
    }

    /// How many bands [`Self::band`] divides the matrices into; it depends on their shape alone.
    pub fn bands(&self) -> usize {
        self.inputs.count().div_ceil(self.band_rows())
    }

    /// One band of the matrices. The bands may be computed in any order, or by different processes.
    ///
    /// # Errors
    /// Those of [`Self::matrices`], and [`MatrixError::NoBand`].
    pub fn band<T: Entry>(&self, band: usize) -> Result<Band<T>, MatrixError> {
        if band >= self.bands() {
            return Err(MatrixError::NoBand { bands: self.bands(), band });
        }
        let [count, cols] = self.shape();
        let rows = self.band_rows();
        let own = band * rows..count.min((band + 1) * rows);
        let reach = if self.is_symmetric() { own.end } else { cols };
        let above = if self.is_symmetric() { own.start } else { 0 };
        self.check_memory(self.band_memory::<T>())?;
        let kinds = self.options.kind.each();
        let mut values: Vec<[Vec<T>; 2]> = Vec::new();
        for _ in kinds {
            values.push([self.allocate(own.len() * reach)?, self.allocate(own.len() * above)?]);
        }
        let targets = values.iter_mut().map(|[band, mirror]| Target { band, mirror }).collect();
        self.fill(own.clone(), reach, targets, &Watch::default())?;
        let mut blocks = Vec::new();
        for (kind, [values, mirror]) in kinds.iter().zip(values) {
            blocks.push((*kind, Block { row: own.start, col: 0, cols: reach, values }));
            if above > 0 {
                blocks.push((*kind, Block { row: 0, col: own.start, cols: own.len(), values: mirror }));
            }
        }
        Ok(Band { blocks })
    }

    /// Bytes that [`Self::matrices`] needs: the result, the copy of the inputs, what is known of each of them at every layer, and
    /// the scratch of every thread.
    pub fn memory<T: Entry>(&self) -> usize {
        let [rows, cols] = self.shape();
        self.needed(rows.saturating_mul(cols), size_of::<T>())
    }

    /// The same for [`Self::band`], for the largest of the bands.
    pub fn band_memory<T: Entry>(&self) -> usize {
        let [rows, cols] = self.shape();
        // The last full band of a symmetric matrix has nearly as many entries above the diagonal as below.
        let reach = if self.is_symmetric() { 2 * rows } else { cols };
        self.needed(rows.min(self.band_rows()).saturating_mul(reach), size_of::<T>())
    }

    fn band_rows(&self) -> usize {
        BAND * self.plan.function.tile()
    }

    fn needed(&self, entries: usize, size: usize) -> usize {
        let result = entries.saturating_mul(size).saturating_mul(self.options.kind.each().len());
        let scratch = rayon::current_num_threads() * TILE * TILE * size_of::<f64>();
        let rows = self.inputs.count() + self.others.as_ref().map_or(0, Rows::count);
        let copies = rows.saturating_mul(self.inputs.features()).saturating_mul(size_of::<f64>());
        result.saturating_add(scratch).saturating_add(copies).saturating_add(self.plan.bytes)
    }

    fn check_memory(&self, needed: usize) -> Result<(), MatrixError> {
        let [rows, cols] = self.shape();
        let allowed = self.options.memory;
        if needed > allowed { Err(MatrixError::Memory { rows, cols, needed, allowed }) } else { Ok(()) }
    }

    fn allocate<T: Entry>(&self, entries: usize) -> Result<Vec<T>, MatrixError> {
        let [rows, cols] = self.shape();
        let needed = entries.saturating_mul(size_of::<T>());
        let refused = |_| MatrixError::Memory { rows, cols, needed, allowed: self.options.memory };
        Vec::<T>::new().try_reserve_exact(entries).map_err(refused)?;
        // Zero pages, which the threads that write to them fetch side by side.
        Ok(vec![T::default(); entries])
    }

    /// Computes the rows `band` up to column `reach`, tile by tile, each tile on one thread.
    fn fill<T: Entry>(
        &self,
        band: Range<usize>,
        reach: usize,
        targets: Vec<Target<'_, T>>,
        watch: &Watch,
    ) -> Result<(), MatrixError> {
        let right = self.others.as_ref().unwrap_or(&self.inputs);
        let left_entries = T::rounded(self.inputs.entries());
        let right_entries = match &self.others {
            Some(others) => T::rounded(others.entries()),
            None => Cow::Borrowed(&*left_entries),
        };
        let batch = Batch {
            function: &*self.plan.function,
            rows: [&self.inputs, right],
            symmetric: self.is_symmetric(),
            entries: [&left_entries, &right_entries],
            factors: self.options.kind.each().iter().map(|kind| self.factors::<T>(*kind)).collect(),
        };
        let jobs = jobs(self.plan.function.tile(), band, reach, self.is_symmetric(), targets);
        watch.begin(jobs.len());
        let tile = |scratch: &mut Scratch<T>, job| {
            if watch.is_stopped() {
                return Err(MatrixError::Stopped);
            }
            batch.fill(job, scratch)?;
            watch.advance();
            Ok(())
        };
        jobs.into_par_iter().map_init(Scratch::default, tile).collect()
    }

    /// What rows and columns of a kernel are multiplied by, and its diagonal.
    fn factors<T: Entry>(&self, kind: KernelKind) -> Factors {
        let target = self.exponent::<T>(kind);
        let kind = kind.index();
        // Half of the exponent goes to each side.
        let rest = self.plan.exponents.0[kind] - target;
        let halves = [rest.div_euclid(2), rest - rest.div_euclid(2)];
        let scale = |own: Scaled| match self.options.scale {
            KernelScale::None => Scaled::ONE,
            KernelScale::Cosine => own.sqrt(),
            KernelScale::Depth => self.reference[kind].sqrt(),
        };
        let sides = [(&self.inputs, &self.plan.diagonals[0]), self.second_side()];
        let factors = [0, 1].map(|side| {
            let (rows, diagonal) = sides[side];
            let factor = |(own, norm): (&[Scaled; 2], &Scaled)| {
                let norm = if self.plan.per_norm { *norm } else { Scaled::ONE };
                (norm / scale(own[kind])).times_power_of_two(halves[side]).to_f64()
            };
            diagonal.iter().zip(rows.norms()).map(factor).collect()
        });
        let entry = |own: &[Scaled; 2]| self.scaled(own, kind).times_power_of_two(-target).to_f64();
        Factors { kind, factors, diagonal: self.plan.diagonals[0].iter().map(entry).collect() }
    }

    /// A diagonal entry as it is asked for.
    fn scaled(&self, own: &[Scaled; 2], kind: usize) -> Scaled {
        match self.options.scale {
            KernelScale::None => own[kind],
            KernelScale::Cosine => Scaled::ONE,
            KernelScale::Depth => own[kind] / self.reference[kind],
        }
    }

    /// Mean of $K(x, x)$ over the inputs, scaled as asked for.
    pub fn mean_diagonal(&self, kind: KernelKind) -> Scaled {
        let sum = |sum: Scaled, own: &[Scaled; 2]| sum + self.scaled(own, kind.index());
        self.plan.diagonals[0].iter().fold(Scaled::ZERO, sum) * (self.inputs.count() as f64).recip()
    }

    /// $K(x, x)$ of every input and of every other one, unscaled; of a symmetric matrix, the second list is empty.
    ///
    /// # Arguments
    /// * `kind`: [`KernelKind::Nngp`] or [`KernelKind::Ntk`].
    pub fn diagonals(&self, kind: KernelKind) -> [Vec<Scaled>; 2] {
        [0, 1].map(|set| self.plan.diagonals[set].iter().map(|own| own[kind.index()]).collect())
    }

    fn second_side(&self) -> (&Rows, &Vec<[Scaled; 2]>) {
        match &self.others {
            Some(others) => (others, &self.plan.diagonals[1]),
            None => (&self.inputs, &self.plan.diagonals[0]),
        }
    }
}
