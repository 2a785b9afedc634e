//! What depth does to the kernel: its limit, the exact rate at which it is reached, and what the deep predictor becomes.
//!
//! With $u_L = 1 - c_L$ the correlation gap of two inputs and $t_L = \Theta^L(x, x')/\sqrt{q q'}$, on the edge of chaos
//!
//! | φ | gap | NTK off the diagonal | limit of the ratio | error |
//! |---|---|---|---|---|
//! | has a kink | $u = 4/(s^2 Y^2)$ | $t = Y/4 + \delta_0$ | 1/4 | $\frac\kappa4 \ln L/L$ |
//! | smooth | $u = 1/(\beta Y)$ | $t = Y/3 + \delta_0$ | 1/3 | $\frac\kappa3 \ln L/L$ |
//! | φ″ jumps | $u = (1 + \epsilon L^{-1/2})/(\beta L)$ | $t = L/3 - \frac\epsilon{10}\sqrt L$ | 1/3 | $-\frac\epsilon{10} L^{-1/2}$ |
//!
//! with $Y = L + \kappa \ln L + C$, where only $C$ depends on the pair. The ordered and the chaotic phase are approached
//! exponentially, residual networks as fast as $\tau_L = 1 + \sum_l \rho_l$ grows, and some networks have limits that depend
//! on the data.
//!
//! * [`depth_report`]: class, limit, rate, constants, and the recursion beside the rate, for one pair of inputs.
//! * [`depth_data_report`]: kernel matrices, predictors and trainability on a data set, with their limits.
//! * [`DepthNetwork`]: networks that differ in depth alone, and their kernels to depth $10^7$.
//! * [`circular_depth_report`]: the same for two images and a [`CircularNetwork`], whose places become equal: kernels end as
//!   those of fully connected networks; [`circular_limit`] has the limit alone.
//! * [`circular_depth_data_report`]: the same for a data set of images; [`convolutional_depth_data_report`] for a
//!   [`ConvolutionalNetwork`] of any padding and ending, whose limits are not known.
//!
//! Sources: the classes and their leading orders, Hayou, Doucet & Rousseau (2019), arXiv:1905.13654; ordered and chaotic phase,
//! Xiao, Pennington & Schoenholz (2020), arXiv:1912.13053. Constants beyond the leading order, exceptional networks, residual
//! networks and the limits 4/7 and $X$ are derived in docs/theory.

mod along_rows;
mod circular;
mod classify;
mod constants;
mod convolutional;
mod data_report;
mod error;
mod expansion;
mod family;
mod images;
mod inverse_depth;
mod kernel_limit;
mod law;
mod measure;
mod needed;
mod network;
mod pair_report;
mod subject;
mod tau;

pub use circular::{CircularLimit, circular_limit};
pub use classify::DepthClass;
pub use constants::DepthConstants;
pub use convolutional::{ConvolutionalFacts, ConvolutionalNetwork};
pub use data_report::{
    DataRow, DepthData, DepthDataReport, Distance, TrainedRow, circular_depth_data_report,
    convolutional_depth_data_report, depth_data_report,
};
pub use error::DepthError;
pub use images::{CircularNetwork, ImagePair};
pub use kernel_limit::KernelLimit;
pub use law::DepthRate;
pub use needed::NeededDepth;
pub use network::{DepthNetwork, log_spaced_depths};
pub use pair_report::{
    CircularFacts, DepthOptions, DepthReport, DepthRow, LimitOrigin, circular_depth_report, depth_report,
};
