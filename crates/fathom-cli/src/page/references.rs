//! The papers whose results a page uses.

use serde::Serialize;

/// A paper.
#[derive(Debug, Serialize)]
pub(crate) struct Reference {
    pub(crate) key: &'static str,
    pub(crate) authors: &'static str,
    pub(crate) title: &'static str,
    pub(crate) year: u16,
    pub(crate) arxiv: &'static str,
}

pub(super) static JACOT: Reference = Reference {
    key: "jacot2018neural",
    authors: "Jacot, Arthur and Gabriel, Franck and Hongler, Clément",
    title: "Neural Tangent Kernel: Convergence and Generalization in Neural Networks",
    year: 2018,
    arxiv: "1806.07572",
};
pub(super) static HANIN_NICA: Reference = Reference {
    key: "hanin2019finite",
    authors: "Hanin, Boris and Nica, Mihai",
    title: "Finite Depth and Width Corrections to the Neural Tangent Kernel",
    year: 2019,
    arxiv: "1909.05989",
};
pub(super) static BEYOND: Reference = Reference {
    key: "seleznova2022neural",
    authors: "Seleznova, Mariia and Kutyniok, Gitta",
    title: "Neural Tangent Kernel Beyond the Infinite-Width Limit: Effects of Depth and Initialization",
    year: 2022,
    arxiv: "2202.00553",
};
pub(super) static TRUST: Reference = Reference {
    key: "seleznova2020analyzing",
    authors: "Seleznova, Mariia and Kutyniok, Gitta",
    title: "Analyzing Finite Neural Networks: Can We Trust Neural Tangent Kernel Theory?",
    year: 2020,
    arxiv: "2012.04477",
};
pub(super) static RATES: Reference = Reference {
    key: "hayou2019exact",
    authors: "Hayou, Soufiane and Doucet, Arnaud and Rousseau, Judith",
    title: "Exact Convergence Rates of the Neural Tangent Kernel in the Large Depth Limit",
    year: 2019,
    arxiv: "1905.13654",
};

pub(super) static REVISITING: Reference = Reference {
    key: "starnaud2025revisiting",
    authors: "St-Arnaud, William and Carvalho, Margarida and Farnadi, Golnoosh",
    title: "Revisiting the NTK: the role of large width and depth",
    year: 2025,
    arxiv: "2511.07272",
};

impl Reference {
    /// The entry of a bibliography.
    pub(super) fn bibtex(&self) -> String {
        let Self { key, authors, title, year, arxiv } = self;
        format!(
            "@article{{{key},\n  title = {{{title}}},\n  author = {{{authors}}},\n  year = {{{year}}},\n  journal = \
             {{arXiv preprint arXiv:{arxiv}}}\n}}"
        )
    }
}
