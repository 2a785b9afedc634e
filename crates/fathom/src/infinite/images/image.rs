//! One image, and two images, through a whole network.

use super::axis::Axis;
use super::kept::{Kept, Layout};
use super::pixels::Pixels;
use super::profile::{Own, StageProfile, Unit};
use super::program::{End, Program, Stage, area};
use super::run::{Group, Pairs, Pass, Scratch, Source};
use crate::Scaled;
use crate::infinite::KernelError;

/// What is known of one image before it meets others.
#[derive(Clone, Debug)]
pub(in crate::infinite) struct Image {
    pixels: Pixels,
    stages: Vec<StageProfile>,
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
        let mut registers = Registers::default();
        for (number, stage) in program.stages.iter().enumerate() {
            let begin = stage.sources.iter().map(|register| known[*register].clone()).collect();
            let profile = StageProfile::new(program, stage, begin)?;
            let (mut own, unit) = (profile.own.clone(), profile.unit());
            image.stages.push(profile);
            image.pooled.push(Vec::new());
            match &stage.end {
                End::Pool(pool) => {
                    let layout = &program.layouts[number + 1];
                    let sums = image.sums(&image, program, number, &registers, pool, scratch);
                    let of = |values: &[f64]| {
                        layout.diagonal().map(|at| at.map_or(0.0, |at| values[at].max(0.0))).collect::<Vec<_>>()
                    };
                    own = Own { variances: of(&sums.spread), ntk: of(&sums.ntk) };
                    image.pooled[number + 1].clone_from(&own.variances);
                    registers.push(spreads(sums, layout, [&own.variances, &own.variances]));
                }
                End::Keep if program.pools_after(number) => {
                    registers.push(image.kept(&image, program, number, &registers, scratch));
                }
                End::Keep | End::Output => registers.push(Kept::default()),
            }
            registers.forget(program, number);
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
        let mut registers = Registers::default();
        for (number, stage) in program.stages.iter().enumerate() {
            let kept = match &stage.end {
                End::Pool(pool) => {
                    let sums = self.sums(other, program, number, &registers, pool, scratch);
                    let variances = [self, other].map(|image| image.pooled[number + 1].as_slice());
                    spreads(sums, &program.layouts[number + 1], variances)
                }
                End::Keep => self.kept(other, program, number, &registers, scratch),
                End::Output => {
                    let units = self.pass(other, program, number).units(stage.output());
                    self.groups(other, program, number, &registers, scratch, |pass, group, pairs| {
                        pass.results(group, pairs, |places, values| each(places, values, units));
                    });
                    Kept::default()
                }
            };
            registers.push(kept);
            registers.forget(program, number);
        }
    }

    fn pass<'a>(&'a self, other: &'a Self, program: &'a Program, number: usize) -> Pass<'a> {
        Pass { program, stage: &program.stages[number], images: [&self.stages[number], &other.stages[number]] }
    }

    /// Takes all groups of offsets through a stage.
    fn groups(
        &self,
        other: &Self,
        program: &Program,
        number: usize,
        registers: &Registers,
        scratch: &mut Scratch,
        mut each: impl FnMut(&Pass<'_>, Group<'_>, &Pairs),
    ) {
        let pass = self.pass(other, program, number);
        let source = |register: &usize| match register {
            0 => Source::Pixels([&self.pixels, &other.pixels]),
            register => Source::Kept(&registers.0[register - 1], &program.layouts[*register]),
        };
        let sources: Vec<Source<'_>> = pass.stage.sources.iter().map(source).collect();
        for group in groups(pass.stage) {
            let pairs = pass.run(group, &sources, scratch);
            each(&pass, group, pairs);
        }
    }

    /// The last value of a stage at all offsets that are asked for.
    fn kept(
        &self,
        other: &Self,
        program: &Program,
        number: usize,
        registers: &Registers,
        scratch: &mut Scratch,
    ) -> Kept {
        let layout = &program.layouts[number + 1];
        let mut kept = Kept::zeros(layout.count());
        self.groups(other, program, number, registers, scratch, |_, group, pairs| pairs.keep(group, layout, &mut kept));
        kept
    }

    /// Covariances (in place of spreads) and Θ of the pairs of windows of a pool that are asked for.
    fn sums(
        &self,
        other: &Self,
        program: &Program,
        number: usize,
        registers: &Registers,
        pool: &[Axis; 2],
        scratch: &mut Scratch,
    ) -> Kept {
        let layout = &program.layouts[number + 1];
        let mut sums = Kept::zeros(layout.count());
        let one_window = pool[0].out * pool[1].out == 1;
        let windows = [0, 1].map(|i| pool[i].windows_of_places());
        self.groups(other, program, number, registers, scratch, |pass, group, pairs| {
            if one_window {
                let (mut covariance, mut ntk) = (0.0, 0.0);
                pass.results(group, pairs, |_, values| {
                    covariance += values[0];
                    ntk += values[1];
                });
                sums.spread[0] += covariance;
                sums.ntk[0] += ntk;
            } else {
                pass.add_windows(group, pairs, &windows, layout, &mut sums);
            }
        });
        let share = ((pool[0].window * pool[1].window) as f64).powi(-2);
        sums.spread.iter_mut().chain(&mut sums.ntk).for_each(|x| *x *= share);
        sums
    }
}

/// What is known of two images after each stage.
#[derive(Default)]
struct Registers(Vec<Kept>);

impl Registers {
    fn push(&mut self, kept: Kept) {
        self.0.push(kept);
    }

    /// Gives back what no stage after this one begins with.
    fn forget(&mut self, program: &Program, number: usize) {
        for register in &program.stages[number].sources {
            if *register > 0 && program.last_uses[*register] == number {
                self.0[register - 1] = Kept::default();
            }
        }
    }
}

fn groups(stage: &Stage) -> impl Iterator<Item = Group<'_>> {
    let [down, across] = [0, 1].map(|i| &stage.offsets.axes[i].classes);
    down.iter().flat_map(move |y| across.iter().map(move |x| Group { stage, classes: [y, x] }))
}

/// $\mathcal E = 2 (\sqrt{q q'} - k)$ from covariances; zero, to the last bit, of a place with itself.
fn spreads(mut pooled: Kept, layout: &Layout, variances: [&[f64]; 2]) -> Kept {
    for (spread, [p, q]) in pooled.spread.iter_mut().zip(layout.pairs()) {
        *spread = (2.0 * ((variances[0][p] * variances[1][q]).sqrt() - *spread)).max(0.0);
    }
    pooled
}

/// Places of a value of a stage.
pub(super) fn output_places(program: &Program) -> usize {
    program.stages.last().map_or(1, |stage| area(stage.sizes[stage.output()]))
}
