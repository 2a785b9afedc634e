//! The outcomes as columns.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use super::{Key, Outcome, Quantity, Setting, Status};

/// A cell and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The place of the cell.
    pub index: usize,
    /// Its values.
    pub settings: Vec<Setting>,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took, where that is known.
    pub seconds: Option<f64>,
}

/// What stands in a place of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum TableCell {
    /// A number.
    Number(f64),
    /// A word.
    Text(String),
    /// Nothing.
    Nothing,
}

impl TableCell {
    /// The number.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::Nothing => None,
        }
    }

    fn of(number: Option<f64>) -> Self {
        number.map_or(Self::Nothing, Self::Number)
    }

    fn of_setting(setting: &Setting) -> Self {
        setting.number().map_or_else(|| Self::Text(setting.to_string()), Self::Number)
    }
}

/// A number, a text, or null; whole numbers without a point.
impl Serialize for TableCell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const MOST_EXACT: f64 = (1_u64 << 53) as f64;
        match self {
            Self::Number(number) if number.fract() == 0.0 && number.abs() < MOST_EXACT => {
                serializer.serialize_i64(*number as i64)
            }
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Nothing => serializer.serialize_none(),
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// One place for each row.
    pub values: Vec<TableCell>,
}

/// Cells with their outcomes, in the order of the cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    keys: Vec<Key>,
    rows: Vec<Row>,
}

impl Table {
    /// Of rows in any order.
    ///
    /// # Arguments
    /// * `keys`: of the axes, as in the settings of each row.
    pub fn new(keys: Vec<Key>, mut rows: Vec<Row>) -> Self {
        rows.sort_by_key(|row| row.index);
        Self { keys, rows }
    }

    /// The keys of the axes.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Rows with a status.
    pub fn count(&self, status: Status) -> usize {
        self.rows.iter().filter(|row| row.outcome.status == status).count()
    }

    /// Names of the quantities that are no axis, in the order in which they first appear.
    pub fn quantities(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for quantity in self.rows.iter().flat_map(|row| &row.outcome.quantities) {
            if !names.contains(&quantity.name) && !self.keys.iter().any(|key| key.name() == quantity.name) {
                names.push(quantity.name.clone());
            }
        }
        names
    }

    /// One row a cell: `cell`, the axes, status, the quantities with their standard errors (`…_se`), reason and seconds.
    pub fn columns(&self) -> Vec<Column> {
        let column = |name: &str, value: &dyn Fn(&Row) -> TableCell| Column {
            name: name.into(),
            values: self.rows.iter().map(value).collect(),
        };
        let mut columns = vec![column("cell", &|row| TableCell::Number(row.index as f64))];
        for (i, key) in self.keys.iter().enumerate() {
            columns.push(column(key.name(), &|row| TableCell::of_setting(&row.settings[i])));
        }
        columns.push(column("status", &|row| TableCell::Text(row.outcome.status.name().into())));
        for name in self.quantities() {
            let of = |row: &Row| row.outcome.quantity(&name).cloned();
            columns.push(column(&name, &|row| of(row).map_or(TableCell::Nothing, |quantity| place(&quantity))));
            if self.rows.iter().any(|row| of(row).is_some_and(|quantity| quantity.standard_error.is_some())) {
                let error = |row: &Row| TableCell::of(of(row).and_then(|quantity| quantity.standard_error));
                columns.push(column(&format!("{name}_se"), &error));
            }
        }
        let reason = |row: &Row| row.outcome.reason.clone().map_or(TableCell::Nothing, TableCell::Text);
        columns.push(column("reason", &reason));
        if self.rows.iter().any(|row| row.seconds.is_some()) {
            columns.push(column("seconds", &|row| TableCell::of(row.seconds)));
        }
        columns
    }

    /// The same networks with different seeds as one row: the mean of each quantity over the cells that are done.
    ///
    /// The standard error of a mean of $k \ge 2$ numbers is $s/\sqrt k$ with their sample standard deviation $s$; that of
    /// a single estimate is its own. Words stay if all cells agree. Every row counts as diverged if any of its cells is,
    /// and otherwise as failed if any is; the quantities `seeds`, `diverged` and `failed` tell how many.
    pub fn over_seeds(&self) -> Self {
        let kept: Vec<usize> = (0..self.keys.len()).filter(|i| self.keys[*i] != Key::Seed).collect();
        let settings = |row: &Row| kept.iter().map(|&i| row.settings[i].clone()).collect::<Vec<_>>();
        let mut groups: Vec<(Vec<Setting>, Vec<&Row>)> = Vec::new();
        let mut places: HashMap<Vec<String>, usize> = HashMap::new();
        for row in &self.rows {
            let settings = settings(row);
            let place = *places.entry(settings.iter().map(Setting::to_string).collect()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((settings, vec![row])),
            }
        }
        let names = self.quantities();
        let rows = groups.into_iter().enumerate();
        let rows = rows.map(|(index, (settings, rows))| {
            let seconds = rows.iter().map(|row| row.seconds).sum();
            Row { index, settings, outcome: combined(&names, &rows), seconds }
        });
        Self { keys: kept.iter().map(|&i| self.keys[i]).collect(), rows: rows.collect() }
    }
}

fn place(quantity: &Quantity) -> TableCell {
    match &quantity.text {
        Some(text) => TableCell::Text(text.clone()),
        None => TableCell::of(quantity.value),
    }
}

/// One outcome for several seeds.
fn combined(names: &[String], rows: &[&Row]) -> Outcome {
    let with = |status: Status| rows.iter().filter(|row| row.outcome.status == status).count();
    let (diverged, failed) = (with(Status::Diverged), with(Status::Failed));
    let status = match (diverged, failed) {
        (0, 0) => Status::Done,
        (0, _) => Status::Failed,
        _ => Status::Diverged,
    };
    let count = |name: &str, count: usize| Quantity::number(name, Some(count as f64));
    let mut quantities = vec![count("seeds", rows.len()), count("diverged", diverged), count("failed", failed)];
    let done: Vec<&Outcome> =
        rows.iter().map(|row| &row.outcome).filter(|outcome| outcome.status == Status::Done).collect();
    quantities.extend(names.iter().map(|name| {
        let found: Vec<&Quantity> = done.iter().filter_map(|outcome| outcome.quantity(name)).collect();
        mean(name, &found)
    }));
    let reason = rows.iter().find_map(|row| row.outcome.reason.clone());
    Outcome { status, reason, quantities }
}

fn mean(name: &str, found: &[&Quantity]) -> Quantity {
    if let Some(text) = found.first().and_then(|quantity| quantity.text.as_ref()) {
        let agree = found.iter().all(|quantity| quantity.text.as_ref() == Some(text));
        return Quantity { text: agree.then(|| text.clone()), ..Quantity::number(name, None) };
    }
    let values: Vec<f64> = found.iter().filter_map(|quantity| quantity.value).collect();
    let count = values.len() as f64;
    match values[..] {
        [] => Quantity::number(name, None),
        [value] => Quantity::estimate(name, Some(value), found.iter().find_map(|quantity| quantity.standard_error)),
        _ => {
            // From the first value on, so that equal values have no spread.
            let mean = values[0] + values.iter().map(|value| value - values[0]).sum::<f64>() / count;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
            Quantity::estimate(name, Some(mean), Some((variance / count).sqrt()))
        }
    }
}
