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

#[cfg(test)]
mod tests {
    use super::blocks;

    /// The known answers published with the generator (Random123, `kat_vectors`, philox4x32 10 rounds).
    #[test]
    fn words_are_the_published_known_answers() {
        let (low, high) = (0x85a3_08d3_243f_6a88, 0x0370_7344_1319_8a2e);
        let cases = [
            ([0, 0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u64::MAX; 3], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd_u64]),
            ([0x299f_31d0_a409_3822, high, low], [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
        ];
        for ([seed, stream, block], [a, b, c, d]) in cases {
            let words = blocks(seed, stream, block);
            assert_eq!([words[0][0], words[1][0]], [a | (b << 32), c | (d << 32)], "{block:x}");
        }
    }

    #[test]
    fn lanes_are_consecutive_blocks_also_across_a_carry() {
        for first in [0, u64::from(u32::MAX) - 3, u64::MAX - 5] {
            let [even, odd] = blocks(3, 4, first);
            for lane in 0..even.len() {
                let [alone_even, alone_odd] = blocks(3, 4, first.wrapping_add(lane as u64));
                assert_eq!((even[lane], odd[lane]), (alone_even[0], alone_odd[0]));
            }
        }
    }
}
