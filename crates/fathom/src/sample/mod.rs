//! Networks drawn at random, and their NTK.
//!
//! Three samplers of one law ([`Method`]); [`Sampler`] takes the fastest that can draw a network:
//!
//! | sampler | draws | numbers drawn for a layer of width $n$, $k$ inputs, $C$ outputs |
//! |---|---|---|
//! | chain | relu, one input, one output, Gaussian weights | 6 |
//! | projected | Gaussian weights, any activation | $n (\min(k, n) + \min(C k, n))$ |
//! | direct | any [law of the weights](crate::spec::WeightLaw), also as a [`Network`](crate::network::Network) | $n^2$ |
//!
//! * **Chain.** The masks of a relu network at one input are fair coins that are independent of everything else (mask
//!   lemma); with Gaussian weights $|h^l|^2$ and $|\delta^l|^2$ then follow a chain of $\chi^2$ variables.
//! * **Projected.** A Gaussian matrix acts on the few vectors that meet it like a small one: $\tilde W Q$ is a matrix of
//!   independent normals for orthonormal $Q$, and independent of $\tilde W$ on the complement.
//! * **Direct.** Every weight.
//!
//! Networks of blocks ([`Sampler::of_blocks`]) are drawn directly, in `f64`.
//!
//! All three carry powers of two along, so relu-like networks of any depth neither overflow nor vanish. Draw $i$ of a
//! seed is [stream](crate::random) $i$: the same bits in any order, on any number of threads. Samplers agree in law, not
//! draw by draw.
//!
//! A [`Recorder`] reads [`Observable`]s off the draws, [`run`](run()) makes many of them with many threads, and
//! [`statistics`](crate::statistics) turns them into estimates. Derived in docs/theory/sampling.md.

mod blocks;
mod chain;
mod direct;
mod draw;
mod error;
mod list;
mod method;
mod observable;
mod projected;
mod recursion;
mod run;
mod sampler;
mod shape;
mod update;

pub use draw::Draw;
pub use error::SampleError;
pub use list::ObservableList;
pub use method::Method;
pub use observable::{Entry, MAX_EIGEN_ROWS, Observable, ObservableError, Recorder};
pub use run::{DrawnBlock, Event, RunError, run};
pub use sampler::{MAX_BYTES, Sampler, Worker};
pub use update::{Change, FirstStep};
