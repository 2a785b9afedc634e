//! Networks of blocks of finite width: gradients against differences, dense networks against the other implementation, and
//! random ones against the kernels of infinite width.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod errors;
mod gradients;
mod layers;
mod sampler;
mod sampling;

use fathom_ntk::random::Stream;
use fathom_ntk::spec::{Block, Composition, CompositionSpec, Padding};

fn composition(input: &[usize], blocks: Vec<Block>) -> Composition {
    Composition::try_from(CompositionSpec { input: input.to_vec(), blocks, ..Default::default() }).unwrap()
}

/// Standard normals, the same every time.
fn normals(count: usize, stream: u64) -> Vec<f64> {
    let mut values = vec![0.0; count];
    Stream::new(2024, stream).fill_normals(&mut values);
    values
}

fn conv(filter: &[usize], stride: &[usize], padding: Padding) -> Block {
    Block::Conv {
        filter: filter.to_vec(),
        stride: stride.to_vec(),
        padding,
        weight_var: 1.8,
        bias_var: 0.1,
        channels: None,
    }
}

fn dense() -> Block {
    Block::dense(1.5, 0.2)
}

fn function(name: &str) -> Block {
    Block::activation(name.parse().unwrap())
}

fn pool(window: &[usize], stride: &[usize], padding: Padding) -> Block {
    Block::AveragePool { window: window.to_vec(), stride: stride.to_vec(), padding }
}
