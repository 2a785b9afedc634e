//! Images as they are given.

use super::grid::Grid;
use super::profile::Unit;

/// An image times a power of two, channel after channel.
#[derive(Clone, Debug)]
pub(super) struct Pixels {
    channels: Vec<Vec<f64>>,
    /// $|x_p|^2$ over the number of channels, at every place.
    pub variances: Vec<f64>,
    /// Of the roots of the variances.
    pub unit: Unit,
}

impl Pixels {
    /// From numbers in the order height, width, channels, and the power of two that they were divided by.
    pub fn new((image, exponent): (&[f64], i64), channels: usize) -> Self {
        let channels: Vec<Vec<f64>> =
            (0..channels).map(|c| image.iter().skip(c).step_by(channels).copied().collect()).collect();
        let count = channels.len() as f64;
        let places = channels.first().map_or(0, Vec::len);
        let square = |p: usize| channels.iter().map(|plane| plane[p] * plane[p]).sum::<f64>() / count;
        let variances = (0..places).map(square).collect();
        Self { channels, variances, unit: Unit { root: exponent, ntk: exponent } }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        (self.channels.len() + 1) * size_of_val(&*self.variances)
    }

    /// $\mathcal E = \frac{2}{n}(|x||x'| - x^\top x') = \frac{|x'|}{|x|}\,\frac1n |x - \frac{|x|}{|x'|} x'|^2$ of all pairs.
    pub fn spread(
        &self,
        other: &Self,
        grid: Grid<'_>,
        roots: [&[f64]; 2],
        scratch: [&mut Vec<f64>; 2],
        out: &mut [f64],
    ) {
        let [first, second] = scratch;
        let [one, two] = roots;
        out.fill(0.0);
        let share = (self.channels.len() as f64).recip();
        for (x, y) in self.channels.iter().zip(&other.channels) {
            grid.gather([x, y], [first, second]);
            for (i, out) in out.iter_mut().enumerate() {
                if two[i] > 0.0 {
                    let difference = first[i] - one[i] / two[i] * second[i];
                    *out += difference * difference;
                }
            }
        }
        for (i, out) in out.iter_mut().enumerate() {
            *out = if one[i] > 0.0 { *out * share * two[i] / one[i] } else { 0.0 };
        }
    }
}
