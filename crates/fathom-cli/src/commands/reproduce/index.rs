//! The page that lists all reports of a folder.

use std::fs;
use std::path::Path;

use fathom_ntk::studies::{Scale, Study};
use serde::Deserialize;

use crate::error::CommandError;
use crate::output::{read_text, replace_file};
use crate::page::{Answer, Block, Form, Link, Page, Section, Tone, page_title, render, title};

pub(super) const NAME: &str = "index.html";

/// What the index says of a study.
#[derive(Deserialize)]
struct Known {
    scale: Scale,
    seed: u64,
    claims: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    passed: bool,
}

/// Writes it.
pub(super) fn write(folder: &Path) -> Result<(), CommandError> {
    let path = folder.join(NAME);
    let mut sections = vec![Section::new("Studies", vec![Block::Links { links: studies(folder) }])];
    let others = others(folder)?;
    if !others.is_empty() {
        sections.push(Section::new("Other pages", vec![Block::Links { links: others }]));
    }
    let page = Page {
        title: "Reports of Fathom".into(),
        answer: Answer { tone: Tone::Neutral, text: "What five papers claim, measured on this machine.".into() },
        sections,
        parameters: Vec::new(),
        references: Vec::new(),
    };
    let content = render(&page, Form::Html).map_err(|reason| CommandError::Draw { path: path.clone(), reason })?;
    replace_file(&path, content.as_bytes())
}

fn studies(folder: &Path) -> Vec<Link> {
    let link = |study: Study| {
        let text = read_text(&folder.join(format!("{study}.json"))).ok()?;
        let known: Known = serde_json::from_str(&text).ok()?;
        let (good, all) = (known.claims.iter().filter(|claim| claim.passed).count(), known.claims.len());
        let (tone, outcome) = match all {
            0 => (Tone::Neutral, "a trial, claims not judged".into()),
            _ if good == all => (Tone::Good, format!("all {all} claims as recorded")),
            _ => (Tone::Bad, format!("{} of {all} claims not reproduced", all - good)),
        };
        let scale = format!("{:?}", known.scale).to_lowercase();
        let note = format!("{outcome} ({scale}, seed {})", known.seed);
        Some(Link { href: format!("{study}.html"), title: title(study).into(), note, tone })
    };
    Study::ALL.into_iter().filter_map(link).collect()
}

/// Pages that other commands have written here, by their names.
fn others(folder: &Path) -> Result<Vec<Link>, CommandError> {
    let failed = |source| CommandError::Read { path: folder.into(), source };
    let mut links = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".html") else { continue };
        if name == NAME || stem.parse::<Study>().is_ok() {
            continue;
        }
        let text = read_text(&folder.join(&name)).ok();
        links.extend(text.as_deref().and_then(page_title).map(|title| Link {
            href: name.clone(),
            title,
            note: name.clone(),
            tone: Tone::Neutral,
        }));
    }
    links.sort_by(|a, b| a.href.cmp(&b.href));
    Ok(links)
}
