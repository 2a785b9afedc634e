//! Colours, dashes and markers.
//!
//! Marks that share a panel differ in dash or marker as well as in colour, so that the picture can be read without colours.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour(pub(super) [u8; 3]);

/// Okabe and Ito's palette, which people with any kind of colour vision can tell apart.
impl Colour {
    pub(crate) const BLACK: Self = Self([0, 0, 0]);
    pub(crate) const ORANGE: Self = Self([0xE6, 0x9F, 0x00]);
    pub(crate) const SKY_BLUE: Self = Self([0x56, 0xB4, 0xE9]);
    pub(crate) const GREEN: Self = Self([0x00, 0x9E, 0x73]);
    pub(crate) const BLUE: Self = Self([0x00, 0x72, 0xB2]);
    pub(crate) const VERMILLION: Self = Self([0xD5, 0x5E, 0x00]);
    pub(super) const WHITE: Self = Self([0xFF, 0xFF, 0xFF]);
    pub(super) const GREY: Self = Self([0xB8, 0xB8, 0xB8]);
    pub(super) const GRID: Self = Self([0xE4, 0xE4, 0xE4]);

    /// This colour thinned with white; `share` 1 is the colour itself.
    pub(crate) fn tint(self, share: f64) -> Self {
        Self::WHITE.towards(self, share)
    }

    fn towards(self, other: Self, share: f64) -> Self {
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share.clamp(0.0, 1.0)).round() as u8;
        Self(std::array::from_fn(|i| mix(self.0[i], other.0[i])))
    }

    /// The colour map viridis, from 0 (dark) to 1 (bright).
    pub(super) fn viridis(share: f64) -> Self {
        let place = share.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
        let below = (place as usize).min(VIRIDIS.len() - 2);
        Self(VIRIDIS[below]).towards(Self(VIRIDIS[below + 1]), place - below as f64)
    }
}

/// Viridis at ninths, of equal steps in perceived lightness.
const VIRIDIS: [[u8; 3]; 10] = [
    [0x44, 0x01, 0x54],
    [0x48, 0x28, 0x78],
    [0x3E, 0x49, 0x89],
    [0x31, 0x68, 0x8E],
    [0x26, 0x82, 0x8E],
    [0x1F, 0x9E, 0x89],
    [0x35, 0xB7, 0x79],
    [0x6E, 0xCE, 0x58],
    [0xB5, 0xDE, 0x2B],
    [0xFD, 0xE7, 0x25],
];

/// How a line is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dash {
    Solid,
    Dashed,
    Dotted,
    Mixed,
    Long,
    Double,
    Fine,
}

impl Dash {
    /// Lengths drawn and left out in turn, in pixels.
    pub(super) fn pattern(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Dashed => &[8.0, 5.0],
            Self::Dotted => &[2.0, 4.0],
            Self::Mixed => &[9.0, 4.0, 2.0, 4.0],
            Self::Long => &[18.0, 6.0],
            Self::Double => &[9.0, 4.0, 2.0, 4.0, 2.0, 4.0],
            Self::Fine => &[4.0, 3.0],
        }
    }
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    Circle,
    Diamond,
    Square,
}
