//! One image, and two images, through a whole network.

use super::axis::Axis;
use super::pixels::Pixels;
use super::profile::{Own, StageProfile};
use super::program::{Program, Stage, area};
use super::run::{Group, Pass, Pooled, Scratch, Source};
use crate::Scaled;
use crate::infinite::KernelError;

/// What is known of one image before it meets others.
#[derive(Clone, Debug)]
pub(in crate::infinite) struct Image {
    pixels: Pixels,
    stages: Vec<StageProfile>,
}

impl Image {
    /// # Arguments
    /// * `image`: height × width × channels numbers, channels last, and the power of two that they were divided by.
    pub fn new(program: &Program, image: (&[f64], i64), scratch: &mut Scratch) -> Result<Self, KernelError> {
        let pixels = Pixels::new(image, program.channels);
        let mut own = Own { ntk: vec![0.0; pixels.variances.len()], variances: pixels.variances.clone() };
        let mut unit = pixels.unit;
        let mut image = Self { pixels, stages: Vec::with_capacity(program.stages.len()) };
        let mut pooled = None;
        for stage in &program.stages {
            let profile = StageProfile::new(program, stage, own, unit)?;
            unit = profile.unit();
            image.stages.push(profile);
            let Some(pool) = &stage.pool else { break };
            let sums = image.sums(&image, program, stage, pooled.as_ref(), pool, scratch);
            let places = pool[0].out * pool[1].out;
            let diagonal = |values: &[f64]| (0..places).map(|p| values[p * (places + 1)].max(0.0)).collect();
            own = Own { variances: diagonal(&sums.spread), ntk: diagonal(&sums.ntk) };
            pooled = Some(spreads(sums, [&own.variances, &own.variances]));
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
        let mut pooled = None;
        for (number, stage) in program.stages.iter().enumerate() {
            if let Some(pool) = &stage.pool {
                let sums = self.sums(other, program, stage, pooled.as_ref(), pool, scratch);
                let variances = [self, other].map(|image| image.stages[number + 1].first.as_slice());
                pooled = Some(spreads(sums, variances));
                continue;
            }
            let pass = Pass { program, stage, images: [&self.stages[number], &other.stages[number]] };
            let units = pass.units(stage.output());
            for group in groups(stage) {
                let pairs = pass.run(group, &self.source(other, pooled.as_ref()), scratch);
                pass.results(group, pairs, |places, values| each(places, values, units));
            }
        }
    }

    fn source<'a>(&'a self, other: &'a Self, pooled: Option<&'a Pooled>) -> Source<'a> {
        match pooled {
            Some(pooled) => Source::Pooled(pooled),
            None => Source::Pixels([&self.pixels, &other.pixels]),
        }
    }

    /// Covariances (in place of spreads) and Θ of all pairs of windows of a pool.
    fn sums(
        &self,
        other: &Self,
        program: &Program,
        stage: &Stage,
        before: Option<&Pooled>,
        pool: &[Axis; 2],
        scratch: &mut Scratch,
    ) -> Pooled {
        let number = program.stages.iter().position(|s| std::ptr::eq(s, stage)).unwrap_or(0);
        let pass = Pass { program, stage, images: [&self.stages[number], &other.stages[number]] };
        let places = pool[0].out * pool[1].out;
        let mut sums = Pooled { spread: vec![0.0; places * places], ntk: vec![0.0; places * places] };
        let windows = [0, 1].map(|i| pool[i].windows_of_places());
        let [_, width] = stage.sizes[stage.output()];
        for group in groups(stage) {
            let pairs = pass.run(group, &self.source(other, before), scratch);
            if places == 1 {
                let (mut covariance, mut ntk) = (0.0, 0.0);
                pass.results(group, pairs, |_, values| {
                    covariance += values[0];
                    ntk += values[1];
                });
                sums.spread[0] += covariance;
                sums.ntk[0] += ntk;
                continue;
            }
            pass.results(group, pairs, |[p, q], values| {
                let [down, across] = &windows;
                for (i, k) in pairs_of(&down[p / width], &down[q / width]) {
                    for (j, l) in pairs_of(&across[p % width], &across[q % width]) {
                        let at = (i * pool[1].out + j) * places + k * pool[1].out + l;
                        sums.spread[at] += values[0];
                        sums.ntk[at] += values[1];
                    }
                }
            });
        }
        let share = ((pool[0].window * pool[1].window) as f64).powi(-2);
        sums.spread.iter_mut().chain(&mut sums.ntk).for_each(|x| *x *= share);
        sums
    }
}

fn pairs_of<'a>(one: &'a [usize], two: &'a [usize]) -> impl Iterator<Item = (usize, usize)> + 'a {
    one.iter().flat_map(move |i| two.iter().map(move |k| (*i, *k)))
}

fn groups(stage: &Stage) -> impl Iterator<Item = Group<'_>> {
    let [down, across] = [0, 1].map(|i| &stage.offsets.axes[i].classes);
    down.iter().flat_map(move |y| across.iter().map(move |x| Group { stage, classes: [y, x] }))
}

/// $\mathcal E = 2 (\sqrt{q q'} - k)$ from covariances; zero, to the last bit, of a place with itself.
fn spreads(mut pooled: Pooled, variances: [&[f64]; 2]) -> Pooled {
    let count = variances[1].len();
    for (i, q) in variances[0].iter().enumerate() {
        for (spread, other) in pooled.spread[i * count..].iter_mut().zip(variances[1]) {
            *spread = (2.0 * ((q * other).sqrt() - *spread)).max(0.0);
        }
    }
    pooled
}

/// Places of a value of a stage.
pub(super) fn output_places(program: &Program) -> usize {
    program.stages.last().map_or(1, |stage| area(stage.sizes[stage.output()]))
}
