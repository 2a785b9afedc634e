//! What a page says, without its form.

use serde::{Deserialize, Serialize};

use super::references::Reference;
use crate::plot::Figure;

/// A page: an answer, what it rests on, and how to get it again.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    pub(crate) title: String,
    /// The answer in a line.
    pub(crate) answer: Answer,
    pub(crate) sections: Vec<Section>,
    /// Names and values of everything the result depends on.
    pub(crate) parameters: Vec<[String; 2]>,
    /// Papers whose results are used.
    pub(crate) references: Vec<&'static Reference>,
}

/// An answer and how good it is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

/// How good something is. Said in words too: colours do not print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
    Neutral,
}

/// A part of a page under a heading.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) heading: String,
    pub(crate) blocks: Vec<Block>,
}

/// A paragraph, a table, a figure, or where other pages are.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Block {
    Text {
        text: String,
    },
    Table(Table),
    /// A long table: folded away on a screen, and also as a file.
    Data(Table),
    Figure(Picture),
    Links {
        links: Vec<Link>,
    },
}

/// Another page.
#[derive(Debug, Serialize)]
pub(crate) struct Link {
    /// Its address, relative to this page.
    pub(crate) href: String,
    pub(crate) title: String,
    /// What it says, in a few words.
    pub(crate) note: String,
    pub(crate) tone: Tone,
}

/// Rows of numbers and words under headings. A row may have a tone, which its last cell says in words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) headings: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) tones: Vec<Tone>,
}

/// A figure with what it shows in words.
#[derive(Debug, Serialize)]
pub(crate) struct Picture {
    pub(crate) caption: String,
    #[serde(skip)]
    pub(crate) figure: Figure,
}

impl Section {
    pub(crate) fn new(heading: impl Into<String>, blocks: Vec<Block>) -> Self {
        Self { heading: heading.into(), blocks }
    }
}

impl Block {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// A table of names and values.
    pub(crate) fn values(caption: impl Into<String>, rows: Vec<[String; 2]>) -> Self {
        Self::Table(Table {
            caption: caption.into(),
            headings: vec!["quantity".into(), "value".into()],
            rows: rows.into_iter().map(Vec::from).collect(),
            tones: Vec::new(),
        })
    }
}
