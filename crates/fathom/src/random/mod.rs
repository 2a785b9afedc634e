//! Random numbers that are addressed, not consumed: number $i$ of stream $s$ under a seed is a function of
//! $(\text{seed}, s, i)$.
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011):
//! a keyed bijection of 128-bit counters. The key is the seed; the counter of a block is `(block, stream)`, both of 64
//! bits, least significant words first. A block gives two 64-bit words.
//!
//! # The contract of a stream
//! It is part of the format of every result that Fathom writes, and pinned by known answers in the tests.
//!
//! * **Normals**: normals $2b$ and $2b + 1$ come from block $b < 2^{63}$ with words $w_0, w_1$ by Box & Muller (1958):
//!   $r \cos 2\pi u_1$ and $r \sin 2\pi u_1$, $r = \sqrt{-2 \ln u_0}$, where $u_0 \in (0, 1]$ and $u_1 \in [0, 1)$ are the
//!   upper 52 bits of $w_0$ (counted down from one) and $w_1$.
//! * **Words**: words $2b$ and $2b + 1$ are those of block $2^{63} + b$, so words and normals never share a block.
//! * Draw $i$ of a simulation uses stream $i$ and nothing else. Threads, batches, shards and restarts therefore
//!   cannot change a result.
//!
//! No operation is fused and no library function is called, so the numbers have the same bits on every processor that
//! follows IEEE 754. The tails end at 8.5 standard deviations (probability $2 \cdot 10^{-17}$).

mod binomial;
mod chi_squared;
#[cfg(test)]
mod kolmogorov;
mod law;
mod normal;
mod philox;
mod stream;

pub(crate) use binomial::FairCoins;
pub(crate) use chi_squared::chi_squared;
pub(crate) use law::fill;
pub use stream::Stream;

/// A uniform number in $(0, 1]$ from the upper 52 bits of a word.
#[inline(always)]
pub(crate) fn uniform(word: u64) -> f64 {
    2.0 - normal::one_to_two(word)
}
