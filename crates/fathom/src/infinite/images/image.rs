//! One image, and two images, through a whole network.

use super::between::Between;
use super::kept::Kept;
use super::pixels::Pixels;
use super::profile::{Own, StageProfile, Unit};
use super::program::{End, Program, area};
use super::run::Scratch;
use crate::Scaled;
use crate::infinite::KernelError;

/// What is known of one image before it meets others.
#[derive(Clone, Debug)]
pub(in crate::infinite) struct Image {
    pub(super) pixels: Pixels,
    pub(super) stages: Vec<StageProfile>,
    /// $\Sigma(x, x)$ at the places of every register that pooling has made; of others, nothing.
    pooled: Vec<Vec<f64>>,
}

impl Image {
    /// # Arguments
    /// * `image`: height × width × channels numbers, channels last, and the power of two that they were divided by.
    pub fn new(program: &Program, image: (&[f64], i64), scratch: &mut Scratch) -> Result<Self, KernelError> {
        let pixels = Pixels::new(image, program.channels);
        let own = Own { ntk: vec![0.0; pixels.variances.len()], variances: pixels.variances.clone() };
        let mut known: Vec<(Own, Unit)> = vec![(own, pixels.unit)];
        let mut image = Self { pixels, stages: Vec::with_capacity(program.stages.len()), pooled: vec![Vec::new()] };
        let mut between = Between::new(program, scratch);
        for (number, stage) in program.stages.iter().enumerate() {
            let begin = stage.sources.iter().map(|register| known[*register].clone()).collect();
            let profile = StageProfile::new(program, stage, begin)?;
            let (mut own, unit) = (profile.own.clone(), profile.unit());
            image.stages.push(profile);
            image.pooled.push(Vec::new());
            let kept = match &stage.end {
                End::Pool(pool) => {
                    let layout = &program.layouts[number + 1];
                    let sums = between.sums([&image; 2], number, pool);
                    let of = |values: &[f64]| {
                        layout.diagonal().map(|at| at.map_or(0.0, |at| values[at].max(0.0))).collect::<Vec<_>>()
                    };
                    own = Own { variances: of(&sums.spread), ntk: of(&sums.ntk) };
                    image.pooled[number + 1].clone_from(&own.variances);
                    sums.into_spreads(layout, [&own.variances, &own.variances])
                }
                End::Keep if program.pools_after(number) => between.kept([&image; 2], number),
                End::Keep | End::Output => Kept::default(),
            };
            between.end(number, kept);
            known.push((own, unit));
        }
        Ok(image)
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.pixels.bytes() + self.stages.iter().map(StageProfile::bytes).sum::<usize>()
    }

    /// Σ and Θ of the image with itself, mean over the places of the output.
    pub fn own_kernel(&self) -> [Scaled; 2] {
        let Some(last) = self.stages.last() else { return [Scaled::ZERO; 2] };
        let unit = last.unit();
        let mean = |values: &[f64], n: i64| {
            Scaled::from(values.iter().sum::<f64>() / values.len() as f64).times_power_of_two(2 * n)
        };
        [mean(&last.own.variances, unit.root), mean(&last.own.ntk, unit.ntk)]
    }

    /// Σ and Θ of two images, mean over the places of the output.
    pub fn kernel(&self, other: &Self, program: &Program, scratch: &mut Scratch) -> [Scaled; 2] {
        let (mut sums, mut count, mut units) = ([0.0; 2], 0, [0; 2]);
        self.outputs(other, program, scratch, |_, values, in_units| {
            sums = [sums[0] + values[0], sums[1] + values[1]];
            count += 1;
            units = in_units;
        });
        [0, 1].map(|k| Scaled::from(sums[k] / f64::from(count.max(1))).times_power_of_two(units[k]))
    }

    /// Σ and Θ of all pairs of places of the outputs that the program asks for: places, values, their binary exponents.
    pub fn outputs(
        &self,
        other: &Self,
        program: &Program,
        scratch: &mut Scratch,
        mut each: impl FnMut([usize; 2], [f64; 2], [i64; 2]),
    ) {
        let (images, mut between) = ([self, other], Between::new(program, scratch));
        for (number, stage) in program.stages.iter().enumerate() {
            let kept = match &stage.end {
                End::Pool(pool) => {
                    let variances = images.map(|image| image.pooled[number + 1].as_slice());
                    between.sums(images, number, pool).into_spreads(&program.layouts[number + 1], variances)
                }
                End::Keep => between.kept(images, number),
                End::Output => {
                    between.groups(images, number, |pass, group, pairs| {
                        let units = pass.units(stage.output());
                        pass.results(group, pairs, |places, values| each(places, values, units));
                    });
                    Kept::default()
                }
            };
            between.end(number, kept);
        }
    }
}

/// Places of a value of a stage.
pub(super) fn output_places(program: &Program) -> usize {
    program.stages.last().map_or(1, |stage| area(stage.sizes[stage.output()]))
}
