//! Which network is meant: [`Architecture`], its text forms, and the constants every theory needs of it.
//!
//! A fully connected network of $L$ weight layers with widths $n_0$ (input), $n_1 \dots n_{L-1}$ (hidden), $n_L$
//! (outputs):
//!
//! $$z^1 = \frac{\sigma_w}{\sqrt{n_0}} W^1 x + \sigma_b b^1, \qquad
//!   z^{l+1} = \frac{\sigma_w}{\sqrt{n_l}} W^{l+1} \phi(z^l) + \sigma_b b^{l+1}, \qquad f = z^L,$$
//!
//! with independent entries of mean 0 and variance 1 in $W$ and $b$. `weight_var` is $\sigma_w^2$, `bias_var` is
//! $\sigma_b^2$: **variances**, never standard deviations. **Depth is the number of weight layers** $L$; a network of
//! depth 1 is linear.

mod architecture;
mod composition;
mod constants;
mod either;
mod options;
mod per_layer;
mod toml_message;
mod widths;

pub use architecture::{Architecture, ArchitectureError, ArchitectureSpec, MAX_DEPTH};
pub use composition::{
    Block, BranchScaling, CnnEnding, CnnSpec, Composition, CompositionError, CompositionSpec, NetworkFile, Padding,
    ResNetSpec, Shape,
};
pub use constants::Constants;
pub use either::{AnyNetwork, NetworkRef};
pub use options::{Biases, OptionError, Parameterization, WeightLaw};
pub use per_layer::{PerLayer, PerLayerError};
pub use widths::{Widths, WidthsError};

pub(crate) use composition::{padding_before, windowed};
pub(crate) use toml_message::{line_of, toml_message};
