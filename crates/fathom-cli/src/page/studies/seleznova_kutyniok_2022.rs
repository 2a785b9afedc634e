//! The page of the study of Seleznova & Kutyniok.

use fathom_ntk::studies::{Results, StudyError};

use super::About;
use crate::page::document::Section;

pub(super) fn about() -> About {
    About { title: "Neural Tangent Kernel Beyond the Infinite-Width Limit", question: "", papers: Vec::new() }
}

pub(super) fn sections(_: &Results) -> Result<Vec<Section>, StudyError> {
    Ok(Vec::new())
}
