//! What is known of two images between the stages of a network, and how a stage makes more of it.

use super::axis::Axis;
use super::image::Image;
use super::kept::Kept;
use super::program::{Program, Stage};
use super::run::{Group, Pairs, Pass, Scratch, Source};

/// Two images on their way, stage after stage.
pub(super) struct Between<'a> {
    program: &'a Program,
    scratch: &'a mut Scratch,
    /// After each stage.
    known: Vec<Kept>,
}

impl<'a> Between<'a> {
    pub fn new(program: &'a Program, scratch: &'a mut Scratch) -> Self {
        Self { program, scratch, known: Vec::with_capacity(program.stages.len()) }
    }

    /// What is known after a stage; what no later one begins with is given back.
    pub fn end(&mut self, number: usize, kept: Kept) {
        self.known.push(kept);
        for register in &self.program.stages[number].sources {
            if *register > 0 && self.program.last_uses[*register] == number {
                self.known[register - 1] = Kept::default();
            }
        }
    }

    /// Takes all groups of offsets through a stage.
    pub fn groups(&mut self, images: [&Image; 2], number: usize, mut each: impl FnMut(&Pass<'_>, Group<'_>, &Pairs)) {
        let Self { program, scratch, known } = self;
        let stage = &program.stages[number];
        let pass = Pass { program, stage, images: images.map(|image| &image.stages[number]) };
        let source = |register: &usize| match register {
            0 => Source::Pixels(images.map(|image| &image.pixels)),
            register => Source::Kept(&known[register - 1], &program.layouts[*register]),
        };
        let sources: Vec<Source<'_>> = stage.sources.iter().map(source).collect();
        for group in groups(stage) {
            let pairs = pass.run(group, &sources, scratch);
            each(&pass, group, pairs);
        }
    }

    /// The last value of a stage at all offsets that are asked for.
    pub fn kept(&mut self, images: [&Image; 2], number: usize) -> Kept {
        let layout = &self.program.layouts[number + 1];
        let mut kept = Kept::zeros(layout.count());
        self.groups(images, number, |_, group, pairs| pairs.keep(group, layout, &mut kept));
        kept
    }

    /// Covariances (in place of spreads) and Θ of the pairs of windows of a pool that are asked for.
    pub fn sums(&mut self, images: [&Image; 2], number: usize, pool: &[Axis; 2]) -> Kept {
        let layout = &self.program.layouts[number + 1];
        let mut sums = Kept::zeros(layout.count());
        let global = pool.iter().all(Axis::is_whole);
        let windows = [0, 1].map(|i| pool[i].windows_of_places());
        self.groups(images, number, |pass, group, pairs| {
            if global {
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

fn groups(stage: &Stage) -> impl Iterator<Item = Group<'_>> {
    let [down, across] = [0, 1].map(|i| &stage.offsets.axes[i].classes);
    down.iter().flat_map(move |y| across.iter().map(move |x| Group { stage, classes: [y, x] }))
}
