//! Gaussian expectations by quadrature, for activations without a closed form.
//!
//! * [`gauss_legendre`]: nodes and weights on $[-1, 1]$.
//! * [`line`]: one-dimensional expectations $E[h(\sqrt q Z)]$, composite Gauss–Legendre with panels that end on the
//!   breakpoints of the activation and shrink with its scale $1/\sqrt q$.
//! * [`polar`]: two-dimensional expectations $E[h(u, v)]$ by polar sectors, whose edges carry a kink at 0.

mod gauss_legendre;
mod line;
mod plane;
mod polar;

pub use gauss_legendre::{Rule, gauss_legendre};
pub use line::Line;
pub(crate) use line::panel_rule;
pub(crate) use plane::plane;
pub use polar::{PolarPoint, polar};
