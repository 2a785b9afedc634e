//! The stream of random numbers: its contract, and its law.

use std::f64::consts::{PI, SQRT_2};

use fathom_ntk::random::Stream;
use proptest::prelude::*;
use rand_philox::philox4x32_10;

/// Both words of a block, by another implementation of the generator.
fn block(seed: u64, stream: u64, number: u64) -> [u64; 2] {
    let halves = |x: u64| [x as u32, (x >> 32) as u32];
    let ([a, b], [c, d]) = (halves(number), halves(stream));
    let words = philox4x32_10([a, b, c, d], halves(seed)).map(u64::from);
    [words[0] | (words[1] << 32), words[2] | (words[3] << 32)]
}

fn normals(seed: u64, stream: u64, count: usize) -> Vec<f64> {
    let mut out = vec![0.0; count];
    Stream::new(seed, stream).fill_normals(&mut out);
    out
}

/// Box–Muller of exact rational arguments with 40 digits (mpmath), from a Philox written for the purpose: normals 0 to 3,
/// 32, 33, 1000 and 1001.
#[expect(clippy::excessive_precision, reason = "the digits of the reference as computed")]
const NORMALS: [(u64, u64, [f64; 8]); 3] = [
    (
        0,
        0,
        [
            -1.624963440871040011,
            -1.268349202546946409,
            0.9225813876375340349,
            0.2190050773729206175,
            0.3972168096345758641,
            -0.936566300008450935,
            0.5727842117530856917,
            -0.357641274103581586,
        ],
    ),
    (
        7,
        3,
        [
            -0.4163176450328283103,
            -0.3015996816111914547,
            -1.099133274823401497,
            -0.1542921387627681524,
            1.79828919781097296,
            -0.09436995778404000714,
            -2.370966409709333678,
            -0.337075736497255802,
        ],
    ),
    (
        u64::MAX,
        (1 << 40) + 5,
        [
            -0.3660195883077107368,
            0.4797656678908998369,
            0.9297964263984772526,
            -0.3461139322925582288,
            0.9707613908984864537,
            0.8438627041589106104,
            -0.6281622213624352765,
            -0.1463803520545147486,
        ],
    ),
];

#[test]
fn normals_are_the_ones_of_the_contract() {
    for (seed, stream, expected) in NORMALS {
        let drawn = normals(seed, stream, 1002);
        for (place, expected) in [0, 1, 2, 3, 32, 33, 1000, 1001].into_iter().zip(expected) {
            let got = drawn[place];
            assert!((got - expected).abs() < 1e-14, "normal {place} of stream {stream} of {seed}: {got}");
        }
    }
}

/// The bits themselves: results of earlier versions stay reproducible.
#[test]
fn normals_keep_their_bits() {
    let bits: Vec<u64> = normals(7, 3, 6).iter().map(|z| z.to_bits()).collect();
    assert_eq!(bits, BITS);
    let sum = normals(7, 3, 100_000).iter().fold(0_u64, |sum, z| sum.rotate_left(1) ^ z.to_bits());
    assert_eq!(sum, SUM);
}

const BITS: [u64; 6] = [
    0xbfda_a4f2_c38a_7a9f,
    0xbfd3_4d68_c040_42d7,
    0xbff1_960c_c5d4_fd80,
    0xbfc3_bfd8_4502_0bbb,
    0xbff3_e18b_f911_146f,
    0x3ffd_bfb1_6b95_779d,
];
const SUM: u64 = 0x89a2213ee7ea1c23;

#[test]
fn words_are_the_ones_of_the_contract() {
    let expected = [
        (0, 0, [0x5140_8772_a2b2_0ccf, 0xb688_835a_94fc_f7ef, 0xdcb8_d648_2913_13c6, 0xdf9d_080a_07dd_0bbc]),
        (7, 3, [0x0f02_92d1_0eb1_2cf5, 0x0ef6_e484_d84a_3d49, 0x2227_ee2a_3212_731a, 0x7ed0_83c1_ac40_a8f2]),
    ];
    for (seed, stream, expected) in expected {
        let mut words = [0; 42];
        Stream::new(seed, stream).fill_words(&mut words);
        assert_eq!([words[0], words[1], words[40], words[41]], expected, "stream {stream} of {seed}");
    }
}

/// Every number of a long stream, against the transform by other functions. The reference is within 2 ulp of a turn's
/// sine and cosine, times a radius of at most 8.5.
#[test]
fn normals_are_the_transform_of_the_generator_of_another_crate() {
    let (seed, stream) = (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210);
    for (b, pair) in normals(seed, stream, 100_000).chunks(2).enumerate() {
        let [w0, w1] = block(seed, stream, b as u64);
        let unit = |w: u64| (w >> 12) as f64 / (1_u64 << 52) as f64;
        let radius = (-2.0 * libm::log1p(-unit(w0))).sqrt();
        // A turn less a whole number of halves, which is exact.
        let halves = (2.0 * unit(w1)).round();
        let angle = PI * (2.0 * unit(w1) - halves);
        let radius = if halves % 2.0 == 0.0 { radius } else { -radius };
        let expected = [radius * libm::cos(angle), radius * libm::sin(angle)];
        for (got, expected) in pair.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-14, "block {b}: {got}, expected {expected}");
        }
    }
}

#[test]
fn words_are_those_of_the_generator_of_another_crate() {
    let (seed, stream) = (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210);
    let mut words = vec![0; 10_000];
    Stream::new(seed, stream).fill_words(&mut words);
    for (b, pair) in words.chunks(2).enumerate() {
        assert_eq!(pair, block(seed, stream, (1 << 63) + b as u64), "block {b}");
    }
}

proptest! {
    #[test]
    fn portions_do_not_matter(seed: u64, stream: u64, portions in prop::collection::vec((0_usize..90, 0_usize..90), 0..12)) {
        let (z, w): (usize, usize) = portions.iter().fold((0, 0), |(z, w), p| (z + p.0, w + p.1));
        let (mut all, mut all_words) = (vec![0.0; z], vec![0; w]);
        let mut whole = Stream::new(seed, stream);
        whole.fill_words(&mut all_words);
        whole.fill_normals(&mut all);
        let mut parts = Stream::new(seed, stream);
        let (mut got, mut got_words) = (Vec::new(), Vec::new());
        for (z, w) in portions {
            let (mut zs, mut ws) = (vec![0.0; z], vec![0; w]);
            parts.fill_normals(&mut zs);
            parts.fill_words(&mut ws);
            got.extend(zs);
            got_words.extend(ws);
        }
        prop_assert_eq!(got, all);
        prop_assert_eq!(got_words, all_words);
        prop_assert_eq!(parts.normal(), whole.normal());
        prop_assert_eq!(parts.uniform(), whole.uniform());
    }
}

/// The first eight moments of 4 million normals, each within 5 of its exact standard errors
/// $\sqrt{(\mu_{2k} - \mu_k^2)/N}$ (false alarm 6e-7 each, and the seed is fixed).
#[test]
fn moments_are_those_of_a_normal_law() {
    const COUNT: usize = 4_000_000;
    let drawn = normals(1, 2, COUNT);
    let moment = |k: i32| if k % 2 == 1 { 0.0 } else { (1..k).step_by(2).map(f64::from).product::<f64>() };
    for k in 1..=8 {
        let mean = drawn.iter().map(|z| z.powi(k)).sum::<f64>() / COUNT as f64;
        let error = ((moment(2 * k) - moment(k).powi(2)) / COUNT as f64).sqrt();
        assert!((mean - moment(k)).abs() < 5.0 * error, "moment {k}: {mean} ± {error}, expected {}", moment(k));
    }
    // Neighbours of a block, of a batch, and of streams.
    let other = normals(1, 3, COUNT);
    for (what, shift, with) in [("pair", 1, &drawn), ("block", 2, &drawn), ("batch", 32, &drawn), ("stream", 0, &other)]
    {
        let products = drawn.iter().zip(&with[shift..]).map(|(a, b)| a * b).sum::<f64>() / COUNT as f64;
        let squares = drawn.iter().zip(&with[shift..]).map(|(a, b)| (a * a - 1.0) * (b * b - 1.0)).sum::<f64>();
        let error = 1.0 / (COUNT as f64).sqrt();
        assert!(products.abs() < 5.0 * error, "{what}: correlation {products}");
        assert!(squares.abs() / (COUNT as f64) < 10.0 * error, "{what}: correlation of squares {squares}");
    }
}

/// Kolmogorov–Smirnov against $\operatorname{erfc}(-z/\sqrt 2)/2$; false alarm $2 e^{-2 \cdot 2.7^2}$ = 9e-7, by the bound of
/// Dvoretzky, Kiefer & Wolfowitz with the constant of Massart.
#[test]
fn normals_follow_the_normal_distribution_function() {
    const COUNT: usize = 400_000;
    let mut drawn = normals(5, 6, COUNT);
    drawn.sort_by(f64::total_cmp);
    let distance = drawn.iter().enumerate().map(|(i, z)| {
        let below = 0.5 * libm::erfc(-z / SQRT_2);
        let (low, high) = (i as f64 / COUNT as f64, (i + 1) as f64 / COUNT as f64);
        (below - low).abs().max((below - high).abs())
    });
    let distance = distance.max_by(f64::total_cmp).unwrap();
    assert!(distance * (COUNT as f64).sqrt() < 2.7, "{distance}");
}
