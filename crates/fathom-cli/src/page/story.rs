//! Pages of reports that are told in words elsewhere: each part with what its numbers mean.

use fathom_ntk::report::Part;

use super::document::{Answer, Block, Page, Picture, Section, Table, Tone};
use super::references::Reference;
use crate::plot::Figure;

/// What a part is about, for somebody who has not met it: the beginning of its heading, and an explanation.
pub(super) type Meaning = (&'static str, &'static str);

/// A page that is being told.
pub(super) struct Story {
    page: Page,
    meanings: &'static [Meaning],
}

impl Story {
    /// # Arguments
    /// * `meanings`: of the parts that will follow.
    pub(super) fn new(title: String, tone: Tone, answer: impl Into<String>, meanings: &'static [Meaning]) -> Self {
        let answer = Answer { tone, text: answer.into() };
        let page = Page { title, answer, sections: Vec::new(), parameters: Vec::new(), references: Vec::new() };
        Self { page, meanings }
    }

    /// A figure under a heading of its own, if there is something to draw.
    pub(super) fn figure(mut self, heading: &str, meaning: &str, figure: Option<Figure>, caption: &str) -> Self {
        if let Some(figure) = figure {
            let picture = Picture { caption: caption.into(), figure };
            self.page.sections.push(Section::new(heading, vec![Block::text(meaning), Block::Figure(picture)]));
        }
        self
    }

    /// The parts of a report, each under its heading with what it means.
    pub(super) fn parts(mut self, parts: Vec<Part>) -> Self {
        let meanings = self.meanings;
        let section = |part: Part| {
            let meaning = meanings.iter().find(|(heading, _)| part.heading.starts_with(heading));
            let mut blocks: Vec<Block> = meaning.map(|(_, meaning)| Block::text(*meaning)).into_iter().collect();
            let rows = joined(part.rows);
            if !rows.is_empty() {
                blocks.push(Block::values(part.heading.clone(), rows));
            }
            let mut table = part.table.into_iter();
            if let Some(headings) = table.next() {
                let caption = part.heading.clone();
                blocks.push(Block::Table(Table { caption, headings, rows: table.collect(), tones: Vec::new() }));
            }
            Section::new(part.heading, blocks)
        };
        self.page.sections.extend(parts.into_iter().filter(|part| *part != empty(part)).map(section));
        self
    }

    /// How it was asked, and whose results were used.
    pub(super) fn finish(
        mut self,
        command: &str,
        others: Vec<[String; 2]>,
        references: Vec<&'static Reference>,
    ) -> Page {
        self.page.parameters = std::iter::once(["command".into(), command.into()]).chain(others).collect();
        self.page.references = references;
        self.page
    }
}

/// The part with nothing in it.
fn empty(part: &Part) -> Part {
    Part { heading: part.heading.clone(), ..Part::default() }
}

/// Rows without a label belong to the row above.
fn joined(rows: Vec<[String; 2]>) -> Vec<[String; 2]> {
    let mut joined: Vec<[String; 2]> = Vec::with_capacity(rows.len());
    for [label, value] in rows {
        match joined.last_mut() {
            Some(last) if label.is_empty() => last[1] = format!("{}; {value}", last[1]),
            _ => joined.push([if label.is_empty() { "at".into() } else { label }, value]),
        }
    }
    joined
}
