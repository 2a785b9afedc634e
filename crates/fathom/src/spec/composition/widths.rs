//! Widths of networks of blocks.

use super::description::Walk;
use super::{Block, Composition, CompositionError};

impl Composition {
    /// The same network with a width for every block of weights that names none.
    ///
    /// The last block of weights gets `outputs`; the last one of a branch, or of a shortcut with weights, the width of what
    /// it is added to; all others get `width`.
    ///
    /// # Arguments
    /// * `width`: units or channels, at least 1.
    /// * `outputs`: units or channels of the last block, at least 1. A network that ends with a branch beside the identity
    ///   has as many outputs as what comes before.
    ///
    /// # Errors
    /// [`CompositionError::Value`] for a width of 0, [`CompositionError::Branch`] where widths do not fit: name them.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::spec::{Composition, CompositionSpec};
    /// let network = Composition::try_from(CompositionSpec::from_toml(
    ///     "input = [8, 3]\n[[block]]\ntype = \"conv\"\nfilter = [3]\n[[block]]\ntype = \"flatten\"\n[[block]]\ntype = \"dense\"",
    /// )?)?;
    /// assert!(!network.has_widths());
    /// let finite = network.with_widths(16, 1)?;
    /// assert_eq!((finite.has_widths(), finite.output().channels()), (true, Some(1)));
    /// # Ok::<(), fathom_ntk::spec::CompositionError>(())
    /// ```
    pub fn with_widths(&self, width: usize, outputs: usize) -> Result<Self, CompositionError> {
        let mut spec = self.to_spec();
        let mut walk = Walk { shape: self.input().clone(), normal: false };
        fill(&mut spec.blocks, &mut walk, width, Some(outputs), "")?;
        Self::try_from(spec)
    }

    /// Whether every block of weights names its width, so that the network can be drawn.
    pub fn has_widths(&self) -> bool {
        self.blocks().iter().all(named)
    }

    /// Blocks of weights, in branches and shortcuts too.
    pub fn weight_layers(&self) -> usize {
        self.blocks().iter().map(count).sum()
    }

    /// The widths that blocks of weights name, in the order of the data, branches before shortcuts.
    pub fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        self.blocks().iter().for_each(|block| collect(block, &mut widths));
        widths
    }
}

fn count(block: &Block) -> usize {
    match block {
        Block::Residual { branch, shortcut, .. } => branch.iter().chain(shortcut).map(count).sum(),
        block => usize::from(block.has_weights()),
    }
}

fn collect(block: &Block, widths: &mut Vec<usize>) {
    match block {
        Block::Dense { width, .. } => widths.extend(width),
        Block::Conv { channels, .. } => widths.extend(channels),
        Block::Residual { branch, shortcut, .. } => {
            branch.iter().chain(shortcut).for_each(|block| collect(block, widths));
        }
        _ => {}
    }
}

fn named(block: &Block) -> bool {
    match block {
        Block::Dense { width, .. } => width.is_some(),
        Block::Conv { channels, .. } => channels.is_some(),
        Block::Residual { branch, shortcut, .. } => branch.iter().chain(shortcut).all(named),
        _ => true,
    }
}

/// Names the widths of a sequence, which `walk` follows; that of the last is `last`, if something is known of it.
fn fill(
    blocks: &mut [Block],
    walk: &mut Walk,
    width: usize,
    last: Option<usize>,
    prefix: &str,
) -> Result<(), CompositionError> {
    let end = blocks.iter().rposition(decides_width);
    for (i, block) in blocks.iter_mut().enumerate() {
        let place = format!("{prefix}{}", i + 1);
        let wanted = if Some(i) == end { last } else { None };
        match block {
            Block::Dense { width: own, .. } | Block::Conv { channels: own, .. } => {
                *own = own.or(wanted).or(Some(width));
            }
            Block::Residual { branch, shortcut, .. } => {
                let mut beside = Walk { shape: walk.shape.clone(), normal: walk.normal };
                let ending = last_width(branch).or(wanted);
                fill(shortcut, &mut beside, width, ending, &format!("{place}.shortcut."))?;
                let mut inner = Walk { shape: walk.shape.clone(), normal: walk.normal };
                fill(branch, &mut inner, width, beside.shape.channels, &format!("{place}."))?;
            }
            _ => {}
        }
        walk.one(block, &place)?;
    }
    Ok(())
}

fn decides_width(block: &Block) -> bool {
    block.has_weights() || matches!(block, Block::Residual { .. })
}

/// The width that a sequence names for its end.
fn last_width(blocks: &[Block]) -> Option<usize> {
    match blocks.iter().rfind(|block| decides_width(block))? {
        Block::Dense { width, .. } => *width,
        Block::Conv { channels, .. } => *channels,
        Block::Residual { branch, shortcut, .. } => last_width(shortcut).or_else(|| last_width(branch)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::CompositionSpec;

    fn network(input: &[usize], blocks: Vec<Block>) -> Composition {
        Composition::try_from(CompositionSpec { input: input.to_vec(), blocks, ..Default::default() }).unwrap()
    }

    fn dense(width: Option<usize>) -> Block {
        Block::Dense { weight_var: 2.0, bias_var: 0.0, width }
    }

    fn relu() -> Block {
        Block::activation("relu".parse().unwrap())
    }

    #[test]
    fn branches_get_the_width_of_what_they_are_added_to() {
        let inner = Block::residual(1.0, vec![relu(), dense(None), relu(), dense(None)]);
        let made = network(&[3], vec![dense(Some(5)), inner, relu(), dense(None)]).with_widths(7, 2).unwrap();
        let branch = vec![relu(), dense(Some(7)), relu(), dense(Some(5))];
        let expected = [dense(Some(5)), Block::residual(1.0, branch), relu(), dense(Some(2))];
        assert_eq!(made.blocks(), expected);
        assert_eq!((made.weight_layers(), made.widths()), (4, vec![5, 7, 5, 2]));
        assert_eq!(made.output().channels(), Some(2));
    }

    #[test]
    fn a_shortcut_with_weights_takes_the_width_its_branch_names_and_the_other_way_round() {
        let both = |branch, shortcut| Block::Residual {
            lambda_sq: 0.5,
            branch: vec![relu(), dense(branch)],
            shortcut: vec![dense(shortcut)],
        };
        let list = |block| vec![dense(None), block, relu(), dense(None)];
        for (given, expected) in [((Some(4), None), 4), ((None, Some(4)), 4), ((None, None), 9)] {
            let made = network(&[3], list(both(given.0, given.1))).with_widths(9, 1).unwrap();
            assert_eq!(made.blocks()[1], both(Some(expected), Some(expected)), "{given:?}");
        }
        // At the end, both have the outputs.
        let made = network(&[3], vec![dense(None), both(None, None)]).with_widths(9, 2).unwrap();
        assert_eq!(made.output().channels(), Some(2));
    }

    #[test]
    fn widths_that_do_not_fit_are_named_with_their_block() {
        let wrong = network(&[3], vec![dense(None), Block::residual(1.0, vec![relu(), dense(Some(4))])]);
        let error = wrong.with_widths(5, 1).unwrap_err();
        assert!(matches!(&error, CompositionError::Branch { place, .. } if place == "2"), "{error}");
        let none = network(&[3], vec![dense(None), relu(), dense(None)]).with_widths(0, 1).unwrap_err();
        assert!(matches!(none, CompositionError::Value { quantity: "width", .. }), "{none}");
    }
}
