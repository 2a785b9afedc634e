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
pub(super) static POOLE: Reference = Reference {
    key: "poole2016exponential",
    authors: "Poole, Ben and Lahiri, Subhaneil and Raghu, Maithra and Sohl-Dickstein, Jascha and Ganguli, Surya",
    title: "Exponential Expressivity in Deep Neural Networks through Transient Chaos",
    year: 2016,
    arxiv: "1606.05340",
};
pub(super) static SCHOENHOLZ: Reference = Reference {
    key: "schoenholz2017deep",
    authors: "Schoenholz, Samuel S. and Gilmer, Justin and Ganguli, Surya and Sohl-Dickstein, Jascha",
    title: "Deep Information Propagation",
    year: 2017,
    arxiv: "1611.01232",
};
pub(super) static HAYOU_EDGE: Reference = Reference {
    key: "hayou2019impact",
    authors: "Hayou, Soufiane and Doucet, Arnaud and Rousseau, Judith",
    title: "On the Impact of the Activation Function on Deep Neural Networks Training",
    year: 2019,
    arxiv: "1902.06853",
};
pub(super) static XIAO: Reference = Reference {
    key: "xiao2020disentangling",
    authors: "Xiao, Lechao and Pennington, Jeffrey and Schoenholz, Samuel S.",
    title: "Disentangling Trainability and Generalization in Deep Neural Networks",
    year: 2020,
    arxiv: "1912.13053",
};
pub(super) static LEE: Reference = Reference {
    key: "lee2018deep",
    authors: "Lee, Jaehoon and Bahri, Yasaman and Novak, Roman and Schoenholz, Samuel S. and Pennington, Jeffrey and Sohl-Dickstein, Jascha",
    title: "Deep Neural Networks as Gaussian Processes",
    year: 2018,
    arxiv: "1711.00165",
};
pub(super) static LEE_LINEAR: Reference = Reference {
    key: "lee2019wide",
    authors: "Lee, Jaehoon and Xiao, Lechao and Schoenholz, Samuel S. and Bahri, Yasaman and Novak, Roman and Sohl-Dickstein, Jascha and Pennington, Jeffrey",
    title: "Wide Neural Networks of Any Depth Evolve as Linear Models Under Gradient Descent",
    year: 2019,
    arxiv: "1902.06720",
};
pub(super) static ARORA: Reference = Reference {
    key: "arora2019exact",
    authors: "Arora, Sanjeev and Du, Simon S. and Hu, Wei and Li, Zhiyuan and Salakhutdinov, Ruslan and Wang, Ruosong",
    title: "On Exact Computation with an Infinitely Wide Neural Net",
    year: 2019,
    arxiv: "1904.11955",
};
pub(super) static ST_ARNAUD: Reference = Reference {
    key: "starnaud2025revisiting",
    authors: "St-Arnaud, William and Carvalho, Margarida and Farnadi, Golnoosh",
    title: "Revisiting the Neural Tangent Kernel: the Role of Large Width and Depth",
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
