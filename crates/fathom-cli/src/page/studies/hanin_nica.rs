//! The page of the study of Hanin & Nica.

use fathom_ntk::studies::{Results, StudyError};

use super::About;
use super::chart::{Chart, figure};
use crate::page::document::{Block, Section};
use crate::page::references::{HANIN_NICA, JACOT};
use crate::plot::Scale;

pub(super) fn about() -> About {
    About {
        title: "Finite depth and width corrections to the NTK (Hanin & Nica)",
        question: "How random is the kernel of a ReLU network that is neither infinitely wide nor shallow, and how soon does it \
                   move in training?",
        papers: vec![&HANIN_NICA, &JACOT],
    }
}

pub(super) fn sections(results: &Results) -> Result<Vec<Section>, StudyError> {
    let table = results.table("constant-width")?;
    let mut chart = Chart::new("Mean of Θ(x, x)", ("depth L", Scale::Linear), ("mean", Scale::Linear));
    for (style, width) in table.distinct("width")?.into_iter().enumerate() {
        let exact = table.numbers(["depth", "mean_exact"], |row| row.has("width", width))?;
        let sampled = table.numbers(["depth", "mean", "mean_error"], |row| row.has("width", width))?;
        chart = chart.line(style, format!("exact, n = {width}"), &exact);
        chart = chart.points(style, format!("sampled, n = {width}"), &sampled);
    }
    let text = "The mean over initialisations grows linearly with depth, and does not depend on the width.";
    let drawn = figure("ReLU networks of constant width", "The mean of the kernel against depth.", vec![chart]);
    Ok(vec![Section::new("The mean", vec![Block::text(text), drawn])])
}
