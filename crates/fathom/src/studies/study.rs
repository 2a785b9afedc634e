//! The five studies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    Material, Measured, Piece, Results, StudyError, hanin_nica, hayou, seleznova_kutyniok_2021,
    seleznova_kutyniok_2022, st_arnaud,
};

/// A paper that is put to the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Study {
    /// Hanin & Nica, arXiv:1909.05989: mean, variance and first update of the NTK of finite ReLU networks.
    HaninNica,
    /// Seleznova & Kutyniok, arXiv:2012.04477: when finite ReLU and sigmoid-like networks are in the NTK regime.
    #[serde(rename = "seleznova-kutyniok-2021")]
    SeleznovaKutyniok2021,
    /// Seleznova & Kutyniok, arXiv:2202.00553: the NTK as depth and width grow together, in the three phases.
    #[serde(rename = "seleznova-kutyniok-2022")]
    SeleznovaKutyniok2022,
    /// Hayou, Doucet & Rousseau, arXiv:1905.13654: exact depth rates of the NTK for MLPs, CNNs and ResNets.
    #[serde(rename = "hayou")]
    Hayou,
    /// St-Arnaud, Carvalho & Farnadi, arXiv:2511.07272: the normalised kernel and the closed-form predictor as depth grows.
    #[serde(rename = "st-arnaud")]
    StArnaud,
}

/// How much is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Seconds: shows that everything runs. Too little for the claims.
    Trial,
    /// Minutes on two cores.
    Quick,
    /// As much as the figures of the papers, or more: hours.
    Full,
}

impl Scale {
    /// The choice for this scale.
    pub(super) fn pick<T>(self, trial: T, quick: T, full: T) -> T {
        match self {
            Self::Trial => trial,
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

impl Study {
    /// All of them, in the order of the papers' appearance.
    pub const ALL: [Self; 5] =
        [Self::HaninNica, Self::SeleznovaKutyniok2021, Self::SeleznovaKutyniok2022, Self::Hayou, Self::StArnaud];

    /// The name, as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::HaninNica => "hanin-nica",
            Self::SeleznovaKutyniok2021 => "seleznova-kutyniok-2021",
            Self::SeleznovaKutyniok2022 => "seleznova-kutyniok-2022",
            Self::Hayou => "hayou",
            Self::StArnaud => "st-arnaud",
        }
    }

    /// Whether it uses [`Material::images`]; all may use the digits.
    pub fn uses_images(self) -> bool {
        self == Self::Hayou
    }

    /// The tables, still without rows.
    pub fn tables(self) -> Results {
        let tables = match self {
            Self::HaninNica => hanin_nica::tables(),
            Self::SeleznovaKutyniok2021 => seleznova_kutyniok_2021::tables(),
            Self::SeleznovaKutyniok2022 => seleznova_kutyniok_2022::tables(),
            Self::Hayou => hayou::tables(),
            Self::StArnaud => st_arnaud::tables(),
        };
        Results { tables }
    }

    /// The work, divided into pieces of at most some tens of seconds.
    ///
    /// # Arguments
    /// * `seed`: of everything that is drawn.
    ///
    /// # Errors
    /// [`StudyError::Data`] if the data do not fit; what describing the networks refuses.
    pub fn pieces<'a>(self, scale: Scale, seed: u64, material: &Material<'a>) -> Result<Vec<Piece<'a>>, StudyError> {
        for data in [&material.digits, &material.images] {
            data.check()?;
        }
        match self {
            Self::HaninNica => hanin_nica::pieces(scale, seed, material),
            Self::SeleznovaKutyniok2021 => seleznova_kutyniok_2021::pieces(scale, seed, material),
            Self::SeleznovaKutyniok2022 => seleznova_kutyniok_2022::pieces(scale, seed, material),
            Self::Hayou => hayou::pieces(scale, seed, material),
            Self::StArnaud => st_arnaud::pieces(scale, seed, material),
        }
    }

    /// The numbers that the claims of the study are about.
    ///
    /// # Errors
    /// [`StudyError::Unmeasured`] if rows are missing from the tables.
    pub fn quantities(self, results: &Results) -> Result<Measured, StudyError> {
        match self {
            Self::HaninNica => hanin_nica::quantities(results),
            Self::SeleznovaKutyniok2021 => seleznova_kutyniok_2021::quantities(results),
            Self::SeleznovaKutyniok2022 => seleznova_kutyniok_2022::quantities(results),
            Self::Hayou => hayou::quantities(results),
            Self::StArnaud => st_arnaud::quantities(results),
        }
    }
}

impl fmt::Display for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Study {
    type Err = StudyError;

    fn from_str(name: &str) -> Result<Self, StudyError> {
        let found = Self::ALL.into_iter().find(|study| study.name() == name);
        found.ok_or_else(|| StudyError::Unknown { name: name.into(), known: Self::ALL.map(Self::name).join(", ") })
    }
}
