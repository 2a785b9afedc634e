//! When to ask whether enough has been drawn.

use std::iter::successors;

use super::MAX_BLOCKS;

/// Numbers of blocks after which a run that draws up to a given error may stop: 1, 2, 3, ..., 16, then 8 to an octave.
///
/// They depend on nothing but the number of blocks, and a run that stops must hold exactly the blocks below the check
/// point, so threads do not decide where it ends. Fewer questions also mean less of the bias that stopping at a
/// favourable moment brings.
///
/// # Example
/// ```
/// use fathom_ntk::statistics::check_points;
/// let points: Vec<u64> = check_points().skip_while(|&blocks| blocks < 14).take(6).collect();
/// assert_eq!(points, [14, 15, 16, 18, 20, 22]);
/// ```
pub fn check_points() -> impl Iterator<Item = u64> {
    successors(Some(1_u64), |&blocks| Some(blocks + ((1 << blocks.ilog2()) / 8).max(1)))
        .take_while(|&blocks| blocks <= MAX_BLOCKS)
}
