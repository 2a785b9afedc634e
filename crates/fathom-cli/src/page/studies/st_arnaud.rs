//! The page of the study of St-Arnaud.

use fathom_ntk::studies::{Results, StudyError};

use super::About;
use crate::page::document::Section;

pub(super) fn about() -> About {
    About { title: "Revisiting the NTK: the role of large width and depth", question: "", papers: Vec::new() }
}

pub(super) fn sections(_: &Results) -> Result<Vec<Section>, StudyError> {
    Ok(Vec::new())
}
