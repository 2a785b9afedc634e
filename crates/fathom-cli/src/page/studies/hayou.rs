//! The page of the study of Hayou, Doucet & Rousseau.

use fathom_ntk::studies::{Results, StudyError};

use super::About;
use crate::page::document::Section;

pub(super) fn about() -> About {
    About {
        title: "Exact Convergence Rates of the Neural Tangent Kernel in the Large Depth Limit",
        question: "",
        papers: Vec::new(),
    }
}

pub(super) fn sections(_: &Results) -> Result<Vec<Section>, StudyError> {
    Ok(Vec::new())
}
