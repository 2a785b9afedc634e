//! Sums over windows of one offset, with independent weights.

use pulp::{Arch, NullaryFnOnce};

use super::axis::{Line, Stretch};
use super::grid::{Grid, Rectangle};

/// Everything that a sum over windows is made of, in common units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    /// $\sigma_w^2$ over the number of places in a window.
    pub weight: f64,
    /// What spreads, and Θ, are to be multiplied by before.
    pub spread_scale: f64,
    pub ntk_scale: f64,
    /// The same of the roots of both images.
    pub root_scales: [f64; 2],
    /// $\sigma_b$ in the units of both images, and their product.
    pub bias_roots: [f64; 2],
    /// $\alpha$ and $\beta$ of the NTK in its unit.
    pub alpha: f64,
    pub beta: f64,
    pub height: usize,
    pub width: usize,
    pub stride: [usize; 2],
}

/// Padded planes.
#[derive(Default)]
pub(super) struct Planes {
    spread: Vec<f64>,
    ntk: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
    /// Roots after the sum, at the first place of each window.
    after: [Vec<f64>; 2],
    rows: [Vec<f64>; 2],
    out: [Vec<f64>; 2],
}

/// Numbers before: spreads and Θ of pairs, and the roots of both images.
pub(super) struct Before<'a> {
    pub grid: Grid<'a>,
    pub spread: &'a [f64],
    pub ntk: &'a [f64],
    pub roots: [&'a [f64]; 2],
}

/// Where the numbers after go: one rectangle of a grid, and the roots of both images.
pub(super) struct After<'a> {
    pub rectangle: Rectangle,
    /// Width of the image.
    pub width: usize,
    pub roots: [&'a [f64]; 2],
    pub spread: &'a mut [f64],
    pub ntk: &'a mut [f64],
}

impl Planes {
    /// One offset: `down` and `across` say how its planes are put together.
    pub fn sum(&mut self, sum: &Sum, lines: [&Line; 2], before: &Before<'_>, after: &mut After<'_>) {
        let [down, across] = lines;
        let r = after.rectangle;
        if r.rows == 0 || r.cols == 0 {
            return;
        }
        let (padded, size) = (across.padded, down.padded * across.padded);
        for plane in [&mut self.spread, &mut self.ntk, &mut self.first, &mut self.second] {
            plane.clear();
            plane.resize(size, 0.0);
        }
        for y in &down.pairs {
            for x in &across.pairs {
                let from = before.grid.rectangle(y.set, x.set);
                let start = from.start + y.from * from.cols + x.from;
                copy(&before.spread[start..], from.cols, [y, x], padded, sum.spread_scale, &mut self.spread);
                copy(&before.ntk[start..], from.cols, [y, x], padded, sum.ntk_scale, &mut self.ntk);
            }
        }
        let width = before.grid.width;
        for (image, (plane, stretches)) in
            [(&mut self.first, [&down.first, &across.first]), (&mut self.second, [&down.second, &across.second])]
                .into_iter()
                .enumerate()
        {
            for y in stretches[0] {
                for x in stretches[1] {
                    let start = y.from * width + x.from;
                    copy(&before.roots[image][start..], width, [y, x], padded, sum.root_scales[image], plane);
                }
            }
        }
        let [step_down, step] = sum.stride;
        let count = (r.rows - 1) * step_down * padded + (r.cols - 1) * step + 1;
        for (image, plane) in self.after.iter_mut().enumerate() {
            plane.clear();
            plane.resize(count, 0.0);
            let first = if image == 0 { r.first } else { r.second };
            for row in 0..r.rows {
                let from = &after.roots[image][first + row * after.width..][..r.cols];
                let line = &mut plane[row * step_down * padded..];
                if step == 1 {
                    line[..r.cols].copy_from_slice(from);
                } else {
                    line.iter_mut().step_by(step).zip(from).for_each(|(to, from)| *to = *from);
                }
            }
        }
        for list in self.rows.iter_mut().chain(&mut self.out) {
            list.resize(size.max(list.len()), 0.0);
        }
        Arch::new().dispatch(Add { sum, planes: self, padded, size, count });
        for (list, out) in self.out.iter().zip([&mut *after.spread, &mut *after.ntk]) {
            for row in 0..r.rows {
                let to = &mut out[r.start + row * r.cols..][..r.cols];
                let line = &list[row * step_down * padded..];
                if step == 1 {
                    to.copy_from_slice(&line[..r.cols]);
                } else {
                    to.iter_mut().zip(line.iter().step_by(step)).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
}

/// A rectangle into a padded plane.
fn copy(from: &[f64], width: usize, [y, x]: [&Stretch; 2], padded: usize, scale: f64, plane: &mut [f64]) {
    for row in 0..y.count {
        let from = &from[row * width..][..x.count];
        let to = &mut plane[(y.to + row) * padded + x.to..][..x.count];
        if scale == 1.0 {
            to.copy_from_slice(from);
        } else {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = scale * from);
        }
    }
}

/// A struct, because its loops are compiled for the processor at hand only when they are inlined into its method.
struct Add<'a> {
    sum: &'a Sum,
    planes: &'a mut Planes,
    padded: usize,
    size: usize,
    count: usize,
}

impl NullaryFnOnce for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { sum, planes, padded, size, count } = self;
        let Planes { spread, ntk, first, second, after, rows, out } = planes;
        let [row_spread, row_ntk] = rows;
        let [out_spread, out_ntk] = out;
        // Sums along the rows, then down the columns; places between two windows hold sums too, which nobody reads.
        let reach = size - (sum.width - 1);
        add_windows(spread, sum.width, 1, &mut row_spread[..reach]);
        add_windows(ntk, sum.width, 1, &mut row_ntk[..reach]);
        add_windows(row_spread, sum.height, padded, &mut out_spread[..count]);
        add_windows(row_ntk, sum.height, padded, &mut out_ntk[..count]);
        // What differences of the variances add, Σ (a − r b)² with r = √(q₁/q₂); its place is taken by the sum along rows.
        let [one, two] = after;
        let (one, two) = (&one[..count], &two[..count]);
        let ratios = &mut row_ntk[..count];
        let bracket = &mut row_spread[..count];
        for i in 0..count {
            ratios[i] = if two[i] > 0.0 { one[i] / two[i] } else { 0.0 };
            bracket[i] = 0.0;
        }
        for y in 0..sum.height {
            for x in 0..sum.width {
                let from = y * padded + x;
                let (a, b) = (&first[from..from + count], &second[from..from + count]);
                for i in 0..count {
                    let difference = a[i] - ratios[i] * b[i];
                    bracket[i] += difference * difference;
                }
            }
        }
        let [bias_one, bias_two] = sum.bias_roots;
        let bias = bias_one * bias_two;
        let (spread, ntk) = (&mut out_spread[..count], &mut out_ntk[..count]);
        for i in 0..count {
            let ratio = ratios[i];
            let shift = bias_one - ratio * bias_two;
            let excess = (sum.weight * bracket[i] + shift * shift) * (two[i] / one[i].max(f64::MIN_POSITIVE));
            // Without variance there is nothing to differ.
            let sum_of_spreads = if ratio > 0.0 { sum.weight * spread[i] + excess } else { 0.0 };
            let covariance = one[i] * two[i] - 0.5 * sum_of_spreads;
            spread[i] = sum_of_spreads;
            ntk[i] = sum.alpha * (covariance - bias) + sum.beta + sum.weight * ntk[i];
        }
    }
}

/// Sums of `count` numbers at a distance of `step`.
#[inline(always)]
fn add_windows(from: &[f64], count: usize, step: usize, out: &mut [f64]) {
    let length = out.len();
    match count {
        1 => out.copy_from_slice(&from[..length]),
        3 => {
            let (a, b, c) = (&from[..length], &from[step..step + length], &from[2 * step..2 * step + length]);
            for i in 0..length {
                out[i] = a[i] + b[i] + c[i];
            }
        }
        _ => {
            out.copy_from_slice(&from[..length]);
            for number in 1..count {
                let next = &from[number * step..number * step + length];
                for i in 0..length {
                    out[i] += next[i];
                }
            }
        }
    }
}
