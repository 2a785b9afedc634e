//! `fathom sweep`.

mod arguments;
mod driving;
mod material;
mod sources;
mod store;

use std::path::{Path, PathBuf};

use fathom_ntk::analysis::sweep::{Cell, Column, Row, Status, Sweep, SweepCommand, Table};
use fathom_ntk::report::{sweep_text, table_csv};
use serde::Serialize;

pub(crate) use arguments::Args;
use driving::drive;
use material::Material;
use store::Store;

use crate::error::CommandError;
use crate::exit_status::ExitStatus;
use crate::flags::usage;
use crate::output::{Format, check_writable, note, print, replace_file};
use crate::page::{command_line, sweep_page};
use crate::plot::sweep_figure;

/// The JSON form: the table as columns, and the same over seeds.
#[derive(Serialize)]
struct Output<'a> {
    version: &'static str,
    command: SweepCommand,
    source: &'a str,
    /// Cells of the whole grid.
    planned_cells: usize,
    complete: bool,
    axes: Vec<&'static str>,
    columns: Columns,
    over_seeds: Columns,
}

/// Columns by name.
struct Columns(Vec<Column>);

impl Serialize for Columns {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|column| (&column.name, &column.values)))
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitStatus, CommandError> {
    if let Some(command) = args.example {
        print(command.example())?;
        return Ok(ExitStatus::Answered);
    }
    let sweep = args.sweep()?;
    check_files(args)?;
    let mut material = Material::load(&sweep)?;
    let cells = material.cells(&sweep)?;
    let prepared = material.prepare(&cells)?;
    let mut store = opened(args, sweep.command)?;
    if args.merge.is_empty() {
        let mine = (0..cells.len()).filter(|i| args.is_mine(*i));
        let pending: Vec<usize> = mine.filter(|&i| !store.holds(&prepared[i].key)).collect();
        drive(args, &material, &cells, &prepared, &pending, &mut store)?;
    }
    let keys: Vec<&str> = prepared.iter().map(|cell| cell.key.as_str()).collect();
    let table = table(&sweep, &cells, &keys, &store);
    let missing = cells.len() - table.rows().len();
    if missing > 0 && !args.merge.is_empty() && !args.partial {
        let message = format!("{missing} of {} cells are missing", cells.len());
        return Err(usage(format!("{message}: resume their shards, or accept that with --partial")));
    }
    if table.rows().is_empty() {
        return Err(usage("no cell is complete yet"));
    }
    show(args, &sweep, &material, &table, missing)?;
    let all_mine = args.merge.is_empty() && (0..cells.len()).any(|i| args.is_mine(i) && !store.holds(&prepared[i].key));
    Ok(match table.rows().iter().any(|row| row.outcome.status != Status::Failed) {
        false => ExitStatus::NoAnswer,
        true if all_mine => ExitStatus::CheckFailed,
        true => ExitStatus::Answered,
    })
}

/// The cells that have an outcome.
fn table(sweep: &Sweep, cells: &[Cell], keys: &[&str], store: &Store) -> Table {
    let row = |(cell, key): (&Cell, &&str)| {
        let kept = store.get(key)?;
        let (index, settings) = (cell.index, cell.settings.clone());
        Some(Row { index, settings, outcome: kept.outcome.clone(), seconds: Some(kept.seconds) })
    };
    Table::new(sweep.keys(), cells.iter().zip(keys).filter_map(row).collect())
}

fn show(args: &Args, sweep: &Sweep, material: &Material, table: &Table, missing: usize) -> Result<(), CommandError> {
    let source = material.words();
    if let Some(path) = &args.over_seeds {
        replace_file(path, table_csv(&table.over_seeds().columns()).as_bytes())?;
    }
    let figure = || sweep_figure(sweep.command, table, args.show.as_deref());
    args.plot.write(figure)?;
    args.report.write(|| sweep_page((sweep.command, table), source, missing, figure().ok(), &command_line()))?;
    let output = Output {
        version: env!("CARGO_PKG_VERSION"),
        command: sweep.command,
        source,
        planned_cells: table.rows().len() + missing,
        complete: missing == 0,
        axes: table.keys().iter().map(|key| key.name()).collect(),
        columns: Columns(table.columns()),
        over_seeds: Columns(table.over_seeds().columns()),
    };
    let text = || sweep_text(sweep.command, table, source);
    match args.output.out.as_deref().filter(|path| is_csv(path)) {
        Some(path) => {
            replace_file(path, table_csv(&output.columns.0).as_bytes())?;
            match args.output.format {
                Format::Text => print(&text()),
                Format::Json => print(&(serde_json::to_string_pretty(&output)? + "\n")),
            }
        }
        None => args.output.write(&output, text),
    }
}

fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// What has been done before.
fn opened(args: &Args, command: SweepCommand) -> Result<Store, CommandError> {
    let mut store = Store::new(command);
    for path in &args.merge {
        store.read(path)?;
    }
    match &args.checkpoint {
        Some(path) if args.resume && path.exists() => store.read(path)?,
        Some(path) if args.resume => {
            note(&format!("there is no {} yet: the sweep starts from the beginning", path.display()));
        }
        Some(path) if path.exists() => {
            return Err(usage(format!("{} exists: --resume continues it; or remove it", path.display())));
        }
        _ => {}
    }
    Ok(store)
}

/// All files that are written at the end can be, and are no shards; before the work, not after it.
fn check_files(args: &Args) -> Result<(), CommandError> {
    args.report.check()?;
    let files = [
        ("--checkpoint", args.checkpoint.as_ref()),
        ("--out", args.output.out.as_ref()),
        ("--over-seeds", args.over_seeds.as_ref()),
    ];
    let files = files.into_iter().filter_map(|(flag, path)| Some((flag, path?.as_path())));
    let files = files.chain(args.plot.path().map(|path| ("--plot", path)));
    for (flag, path) in files {
        check_writable(path)?;
        if args.merge.iter().any(|shard: &PathBuf| shard == path) {
            return Err(usage(format!("{flag} would replace {}, a shard", path.display())));
        }
    }
    Ok(())
}
