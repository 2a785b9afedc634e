//! One stream of random numbers.

use super::normal::pair;
use super::philox::{LANES, blocks};

/// Numbers computed together.
const BATCH: usize = 2 * LANES;
/// First block of the words.
const WORDS: u64 = 1 << 63;

/// A stream of standard normals and a stream of random words, addressed by `(seed, stream)`.
///
/// The [module page](crate::random) states which numbers these are. Normals and words are counted separately, and it
/// does not matter in which portions they are taken.
///
/// # Accuracy and cost
/// Normals are within $10^{-14}$ of the exact transform of the random bits. Filled in bulk, they cost 3 to 4 ns each on
/// a processor with AVX-512 and about 5 ns with AVX2.
///
/// # Example
/// ```
/// use fathom_ntk::random::Stream;
/// let mut all = [0.0; 1000];
/// Stream::new(7, 3).fill_normals(&mut all);
/// let mut portions = Stream::new(7, 3);
/// let (mut head, mut tail) = ([0.0; 13], [0.0; 987]);
/// portions.fill_normals(&mut head);
/// portions.fill_normals(&mut tail);
/// assert_eq!((all[..13].to_vec(), all[13..].to_vec()), (head.to_vec(), tail.to_vec()));
/// let mean_square = all.iter().map(|z| z * z).sum::<f64>() / 1000.0;
/// assert!((mean_square - 1.0).abs() < 4.0 * (2.0 / 1000.0_f64).sqrt());
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    seed: u64,
    stream: u64,
    normals: Cursor<f64>,
    words: Cursor<u64>,
}

/// A batch computed ahead, and the number of the block after it.
#[derive(Clone, Debug)]
struct Cursor<T> {
    ahead: [T; BATCH],
    used: usize,
    next_block: u64,
}

impl<T: Copy + Default> Cursor<T> {
    fn at(next_block: u64) -> Self {
        Self { ahead: [T::default(); BATCH], used: BATCH, next_block }
    }

    /// Fills `out` from what is computed ahead and by `compute(first block, whole batches)`.
    fn fill(&mut self, out: &mut [T], compute: impl Fn(u64, &mut [T])) {
        let (head, rest) = out.split_at_mut(out.len().min(BATCH - self.used));
        head.copy_from_slice(&self.ahead[self.used..self.used + head.len()]);
        self.used += head.len();
        let (batches, tail) = rest.split_at_mut(rest.len() - rest.len() % BATCH);
        if !batches.is_empty() {
            compute(self.next_block, batches);
            self.next_block = self.next_block.wrapping_add((batches.len() / 2) as u64);
        }
        if !tail.is_empty() {
            compute(self.next_block, &mut self.ahead);
            self.next_block = self.next_block.wrapping_add(LANES as u64);
            tail.copy_from_slice(&self.ahead[..tail.len()]);
            self.used = tail.len();
        }
    }
}

impl Stream {
    /// Stream `stream` under `seed`, at its beginning.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self { seed, stream, normals: Cursor::at(0), words: Cursor::at(WORDS) }
    }

    /// The next `out.len()` independent standard normals.
    pub fn fill_normals(&mut self, out: &mut [f64]) {
        let (seed, stream) = (self.seed, self.stream);
        self.normals.fill(out, |first, out| pulp::Arch::new().dispatch(Normals(Batches { seed, stream, first, out })));
    }

    /// The next `out.len()` words of 64 independent fair bits.
    pub fn fill_words(&mut self, out: &mut [u64]) {
        let (seed, stream) = (self.seed, self.stream);
        self.words.fill(out, |first, out| pulp::Arch::new().dispatch(Words(Batches { seed, stream, first, out })));
    }

    /// The next standard normal.
    pub fn normal(&mut self) -> f64 {
        let mut one = [0.0];
        self.fill_normals(&mut one);
        one[0]
    }

    /// The next word of 64 fair bits.
    pub fn word(&mut self) -> u64 {
        let mut one = [0];
        self.fill_words(&mut one);
        one[0]
    }

    /// The next number uniform in $(0, 1]$, a multiple of $2^{-52}$; uses one word.
    pub fn uniform(&mut self) -> f64 {
        super::uniform(self.word())
    }
}

/// Whole batches of a stream from block `first` on. A type with a method, not a closure: only so does the compiler
/// translate the loop for the vector unit it is dispatched to (six times faster).
struct Batches<'a, T> {
    seed: u64,
    stream: u64,
    first: u64,
    out: &'a mut [T],
}

impl<T> Batches<'_, T> {
    #[inline(always)]
    fn fill(self, transform: impl Fn([u64; 2]) -> (T, T))
    where
        T: Copy + Default,
    {
        for (i, batch) in self.out.chunks_exact_mut(BATCH).enumerate() {
            let words = blocks(self.seed, self.stream, self.first.wrapping_add((i * LANES) as u64));
            let (mut even, mut odd) = ([T::default(); LANES], [T::default(); LANES]);
            for lane in 0..LANES {
                (even[lane], odd[lane]) = transform([words[0][lane], words[1][lane]]);
            }
            for lane in 0..LANES {
                batch[2 * lane] = even[lane];
                batch[2 * lane + 1] = odd[lane];
            }
        }
    }
}

struct Normals<'a>(Batches<'a, f64>);

impl pulp::NullaryFnOnce for Normals<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.fill(pair);
    }
}

struct Words<'a>(Batches<'a, u64>);

impl pulp::NullaryFnOnce for Words<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.fill(
            #[inline(always)]
            |words| (words[0], words[1]),
        );
    }
}
