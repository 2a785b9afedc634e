//! The flag `--report` and the file it names.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use serde::{Deserialize, Serialize};

use super::document::{Block, Page, Table};
use super::numbers::numbers;
use super::references::Reference;
use crate::error::CommandError;
use crate::output::{check_writable, replace_file};
use crate::runs::seconds_since_start;

const HTML: &str = include_str!("page.html");
const MARKDOWN: &str = include_str!("page.md");

/// The flag of every command that can make a page.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct ReportArgs {
    /// Also write a page with explanations, figures and their numbers to this file (replaced only when complete)
    #[arg(long, value_name = "FILE.html|md|json", value_parser = PathBufValueParser::new().try_map(PageFile::new))]
    report: Option<PageFile>,
}

/// A file whose name says what is in it.
#[derive(Clone, Debug)]
struct PageFile {
    path: PathBuf,
    form: Form,
}

/// The forms of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Html,
    Markdown,
    Json,
}

impl ReportArgs {
    /// That the file can be written, before the work that it is for.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        self.report.as_ref().map_or(Ok(()), |file| check_writable(&file.path))
    }

    /// Writes the page if one was asked for; it is not composed otherwise.
    pub(crate) fn write(&self, page: impl FnOnce() -> Page) -> Result<(), CommandError> {
        let Some(PageFile { path, form }) = &self.report else { return Ok(()) };
        let failed = |reason| CommandError::Draw { path: path.clone(), reason };
        let mut page = page();
        page.parameters.push(["version".into(), env!("CARGO_PKG_VERSION").into()]);
        page.parameters.push(["run time".into(), format!("{:.1} s", seconds_since_start())]);
        replace_file(path, render(&page, *form).map_err(failed)?.as_bytes())
    }
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// The command as it was given, for the page to say.
pub(crate) fn command_line() -> String {
    let words = std::env::args_os().skip(1).map(|word| quoted(&word.to_string_lossy()));
    std::iter::once("fathom".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

impl PageFile {
    fn new(path: PathBuf) -> Result<Self, String> {
        let extension = Path::extension(&path).map(|e| e.to_string_lossy().to_lowercase());
        let form = match extension.as_deref() {
            Some("html") => Form::Html,
            Some("md") => Form::Markdown,
            Some("json") => Form::Json,
            _ => return Err("reports are written as .html, .md or .json".into()),
        };
        Ok(Self { path, form })
    }
}

/// A figure as a template sees it.
#[derive(Serialize)]
struct Drawn {
    svg: String,
    csv: String,
    rows: Vec<Vec<String>>,
}

/// The file of a page.
pub(crate) fn render(page: &Page, form: Form) -> Result<String, String> {
    let template = match form {
        Form::Html => ("page.html", HTML),
        Form::Markdown => ("page.md", MARKDOWN),
        Form::Json => return serde_json::to_string_pretty(page).map(|text| text + "\n").map_err(|e| e.to_string()),
    };
    // What a name ends in says how words are escaped.
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|e| format!("{e:#}"))?);
    environment.add_filter("cell", cell);
    environment.add_filter("csv", |table: Value| table_csv(&table));
    environment.add_filter("file_name", file_name);
    environment.add_template(template.0, template.1).map_err(|e| format!("{e:#}"))?;
    let figures = page.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
        Block::Figure(picture) => {
            let csv = numbers(&picture.figure);
            let rows = csv::Reader::from_reader(csv.as_bytes())
                .into_records()
                .filter_map(Result::ok)
                .map(|record| record.iter().map(String::from).collect())
                .collect();
            Some(Drawn { svg: picture.figure.to_inline_svg(&picture.caption), csv, rows })
        }
        _ => None,
    });
    let figures: Vec<Drawn> = figures.collect();
    let bibtex: Vec<String> = page.references.iter().map(|reference| Reference::bibtex(reference)).collect();
    let version = env!("CARGO_PKG_VERSION");
    let (page, figures) = (Value::from(Serde(page)), Value::from(Serde(figures)));
    let page = context! { page, figures, bibtex => bibtex.join("\n\n"), version };
    environment.get_template(template.0).and_then(|t| t.render(page)).map_err(|e| format!("{e:#}"))
}

/// The title of a page, if this text is one.
pub(crate) fn page_title(html: &str) -> Option<String> {
    html.contains("<meta name=\"generator\" content=\"fathom ").then_some(())?;
    let title = html.split_once("<title>")?.1.split_once("</title>")?.0;
    Some(
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")]
            .iter()
            .fold(title.into(), |text: String, (code, character)| text.replace(code, character)),
    )
}

/// The rows of a long table as comma-separated values.
fn table_csv(table: &Value) -> Result<String, Error> {
    let table = Table::deserialize(table)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: &dyn std::fmt::Display| Error::new(ErrorKind::InvalidOperation, e.to_string());
    for row in std::iter::once(&table.headings).chain(&table.rows) {
        writer.write_record(row).map_err(|e| failed(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| failed(&e))?;
    String::from_utf8(bytes).map_err(|e| failed(&e))
}

/// A text as the name of a file.
fn file_name(text: &str) -> String {
    let character = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    text.chars().map(character).collect()
}

/// A text as a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|").replace('\n', " ")
}
