//! Philox4x32-10, several blocks at once.

/// Blocks computed together: a multiple of the widest vector, and enough to hide the latency of ten rounds.
pub(super) const LANES: usize = 16;

/// Multipliers and key increments of the paper, Table 2.
const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;
const LOW: u64 = 0xFFFF_FFFF;

/// Both words of the blocks `first`, `first + 1`, … of a stream.
///
/// Each 32-bit word of the counter sits in a 64-bit lane, because that is the form in which vector units multiply.
#[inline(always)]
pub(super) fn blocks(seed: u64, stream: u64, first: u64) -> [[u64; LANES]; 2] {
    let mut counter = [[0; LANES], [0; LANES], [stream & LOW; LANES], [stream >> 32; LANES]];
    counter[0] = std::array::from_fn(|lane| first.wrapping_add(lane as u64) & LOW);
    counter[1] = std::array::from_fn(|lane| first.wrapping_add(lane as u64) >> 32);
    let mut key = [seed as u32, (seed >> 32) as u32];
    for _ in 0..ROUNDS {
        let [mut a, mut b, mut c, mut d] = counter;
        for lane in 0..LANES {
            // The mask tells the compiler that a 32 × 32 bit multiplication is enough.
            let low = (a[lane] & LOW) * MULTIPLIERS[0];
            let high = (c[lane] & LOW) * MULTIPLIERS[1];
            a[lane] = (high >> 32) ^ b[lane] ^ u64::from(key[0]);
            b[lane] = high & LOW;
            c[lane] = (low >> 32) ^ d[lane] ^ u64::from(key[1]);
            d[lane] = low & LOW;
        }
        counter = [a, b, c, d];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    let [a, b, c, d] = counter;
    [std::array::from_fn(|lane| a[lane] | (b[lane] << 32)), std::array::from_fn(|lane| c[lane] | (d[lane] << 32))]
}
