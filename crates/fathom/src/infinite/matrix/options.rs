//! What is asked for.

use serde::{Deserialize, Serialize};

use crate::linalg::Real;

/// Which kernels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelKind {
    /// The covariance of the outputs, Σ.
    Nngp,
    /// The neural tangent kernel, Θ.
    #[default]
    Ntk,
    /// Both: Σ first.
    Both,
}

impl KernelKind {
    /// The kernels one by one, in the order of results.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::infinite::matrix::KernelKind;
    /// assert_eq!(KernelKind::Both.each(), [KernelKind::Nngp, KernelKind::Ntk]);
    /// ```
    pub fn each(self) -> &'static [Self] {
        match self {
            Self::Nngp => &[Self::Nngp],
            Self::Ntk => &[Self::Ntk],
            Self::Both => &[Self::Nngp, Self::Ntk],
        }
    }

    /// 0 for Σ, 1 for Θ.
    pub(super) fn index(self) -> usize {
        usize::from(self != Self::Nngp)
    }
}

/// What the entries are divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelScale {
    /// Nothing.
    #[default]
    None,
    /// $\sqrt{K(x, x) K(x', x')}$: the diagonal becomes one, whatever the norms.
    Cosine,
    /// $K(x_0, x_0)$ of an input with $|x_0|^2 = n_0$: one number, which takes out the growth with depth (on a critical
    /// ReLU network $2 L$ for the NTK) and keeps the norms.
    Depth,
}

/// How kernel matrices are computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatrixOptions {
    /// Which kernels.
    pub kind: KernelKind,
    /// What the entries are divided by.
    pub scale: KernelScale,
    /// Most bytes for the result and everything that is needed beside it, the inputs excepted.
    pub memory: usize,
}

impl Default for MatrixOptions {
    /// The NTK as it is, of any size.
    fn default() -> Self {
        Self { kind: KernelKind::default(), scale: KernelScale::default(), memory: usize::MAX }
    }
}

/// What entries are stored and products are computed in: `f64`, or `f32` for half the memory and some six digits.
///
/// Kernels are evaluated in `f64` in both cases, from cosines of the precision of the products.
pub trait Entry: sealed::Number {}

impl Entry for f64 {}
impl Entry for f32 {}

pub(super) mod sealed {
    use std::borrow::Cow;

    use super::Real;

    /// What only this module needs of a number.
    pub trait Number: Real {
        /// Its name.
        const NAME: &'static str;
        /// Below this distance of $|c|$ from one, $c$ is taken from the difference of the vectors. A cosine has an error
        /// of a few ε, which is relative to the distance in the kernel.
        const NEAR: f64;
        /// Binary exponents beyond which entries are scaled.
        const RANGE: i64;

        /// Numbers rounded to this type.
        fn rounded(values: &[f64]) -> Cow<'_, [Self]>;
    }

    impl Number for f64 {
        const NAME: &'static str = "f64";
        const NEAR: f64 = super::super::angle::WIDE;
        const RANGE: i64 = 900;

        fn rounded(values: &[f64]) -> Cow<'_, [f64]> {
            Cow::Borrowed(values)
        }
    }

    impl Number for f32 {
        const NAME: &'static str = "f32";
        const NEAR: f64 = 8.0 * super::super::angle::WIDE;
        const RANGE: i64 = 100;

        fn rounded(values: &[f64]) -> Cow<'_, [f32]> {
            values.iter().map(|x| Self::from_f64(*x)).collect::<Vec<_>>().into()
        }
    }
}
