//! Mean, variance and first update of the NTK of random networks at finite width.
//!
//! * [`first_order`]: leading corrections in 1 / width at one input, for any activation.

pub mod first_order;
