//! Random networks on small images against every pair of places by the definition.

use fathom_ntk::infinite::matrix::{KernelEngine, KernelKind, KernelScale, MatrixOptions};
use fathom_ntk::spec::{Block, Composition, CompositionSpec, Padding};

use super::Numbers;
use super::images_reference::reference;

const BOTH: MatrixOptions = MatrixOptions { kind: KernelKind::Both, scale: KernelScale::None, memory: usize::MAX };

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        ((0.5 + 0.5 * self.next()) * n as f64) as usize % n
    }

    fn padding(&mut self) -> Padding {
        [Padding::Same, Padding::Valid, Padding::Circular][self.below(3)]
    }

    /// Sizes of windows, or strides, one for each dimension.
    fn sizes(&mut self, dimensions: usize) -> Vec<usize> {
        (0..dimensions).map(|_| 1 + self.below(3)).collect()
    }

    fn block(&mut self, dimensions: usize, nested: usize) -> Block {
        match self.below(if nested == 0 { 6 } else { 8 }) {
            0 | 1 => self.conv(dimensions),
            2 => {
                let (window, stride) = (self.sizes(dimensions), self.sizes(dimensions));
                Block::AveragePool { window, stride, padding: self.padding() }
            }
            3 | 4 => Block::activation(["relu", "abs", "leaky-relu:0.3"][self.below(3)].parse().unwrap()),
            5 => Block::dense(1.3, 0.2),
            _ => {
                let lambda_sq = 1.0 + 0.5 * self.next();
                let (mut branch, same) = (self.list(dimensions, nested - 1), self.below(2) == 0);
                branch.push(if same { self.conv(dimensions) } else { Block::dense(1.1, 0.1) });
                // The same windows lead to the same shape.
                let linear = |block: &&Block| !matches!(block, Block::Activation { .. });
                let shortcut = if same { branch.iter().filter(linear).cloned().collect() } else { Vec::new() };
                Block::Residual { lambda_sq, branch, shortcut }
            }
        }
    }

    fn conv(&mut self, dimensions: usize) -> Block {
        let (filter, stride) = (self.sizes(dimensions), self.sizes(dimensions));
        Block::Conv { filter, stride, padding: self.padding(), weight_var: 1.7, bias_var: 0.3, channels: None }
    }

    fn list(&mut self, dimensions: usize, nested: usize) -> Vec<Block> {
        (0..self.below(4)).map(|_| self.block(dimensions, nested)).collect()
    }

    /// Anything, whether it fits or not.
    fn network(&mut self) -> CompositionSpec {
        let dimensions = 1 + self.below(2);
        let mut input: Vec<usize> = (0..dimensions).map(|_| 1 + self.below(5)).collect();
        input.push(1 + self.below(2));
        let mut blocks = vec![self.conv(dimensions)];
        blocks.extend(self.list(dimensions, 2));
        blocks.extend(self.list(dimensions, 2));
        match self.below(3) {
            0 => blocks.push(Block::GlobalAveragePool),
            1 => blocks.extend([Block::Flatten, Block::residual(0.7, vec![Block::dense(0.9, 0.1)])]),
            _ => {}
        }
        if self.below(4) > 0 {
            blocks.push(Block::dense(1.3, 0.2));
        }
        CompositionSpec { input, blocks, ..Default::default() }
    }
}

#[test]
fn random_networks_on_images_are_those_of_all_pairs_of_places() {
    let mut numbers = Numbers(2);
    let (mut pooled, mut residual) = (0, 0);
    for _ in 0..40_000 {
        let Ok(network) = Composition::try_from(numbers.network()) else { continue };
        let features = network.features();
        let (x, y) = (numbers.vector(features), numbers.vector(features));
        let matrices = KernelEngine::new(&network, &x, features, Some(&y), &BOTH).unwrap().matrices::<f64>().unwrap();
        let [expected, scale] = [reference(&network, &x, &y), reference(&network, &x, &x)];
        for kind in 0..2 {
            let computed = matrices[kind].values()[0] * 2.0_f64.powi(matrices[kind].exponent() as i32);
            // Arccosines of rounded quotients: half the digits where places of one channel are parallel.
            let error = (computed - expected[kind]).abs() / scale[kind];
            assert!(error < 1e-6, "{:?} {:?} {kind}: {computed} {}", network.input(), network.blocks(), expected[kind]);
        }
        let blocks = network.blocks();
        pooled += usize::from(blocks.iter().any(|block| matches!(block, Block::AveragePool { .. })));
        residual += usize::from(blocks.iter().any(|block| matches!(block, Block::Residual { .. })));
    }
    assert!(pooled > 1000 && residual > 3000, "{pooled} {residual}");
}
