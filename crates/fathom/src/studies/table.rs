//! Numbers in rows and columns, with names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::StudyError;

/// A number, a word, or nothing where there is no number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// No number: not defined, or not measured.
    Nothing,
    /// A number. Always finite.
    Number(f64),
    /// A word: the name of an activation, a phase, a network.
    Word(String),
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        if let Self::Number(value) = self { Some(*value) } else { None }
    }

    /// The word, if it is one.
    pub fn word(&self) -> Option<&str> {
        if let Self::Word(word) = self { Some(word) } else { None }
    }
}

impl From<f64> for Value {
    /// A number that is not finite is none.
    fn from(value: f64) -> Self {
        if value.is_finite() { Self::Number(value) } else { Self::Nothing }
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Number(value as f64)
    }
}

impl From<Option<f64>> for Value {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Nothing, Self::from)
    }
}

impl From<&str> for Value {
    fn from(word: &str) -> Self {
        Self::Word(word.into())
    }
}

impl From<String> for Value {
    fn from(word: String) -> Self {
        Self::Word(word)
    }
}

/// A column of a [`Table`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Its name, unique in the table.
    pub name: &'static str,
    /// What is in it, in a few words.
    pub meaning: &'static str,
}

/// Rows of values under columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// Its name, unique in the study.
    pub name: &'static str,
    /// What it shows, in a sentence.
    pub caption: &'static str,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each as long as the columns are many.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// A table without rows.
    ///
    /// # Arguments
    /// * `columns`: names and meanings.
    pub fn new(name: &'static str, caption: &'static str, columns: &[(&'static str, &'static str)]) -> Self {
        let columns = columns.iter().map(|&(name, meaning)| Column { name, meaning }).collect();
        Self { name, caption, columns, rows: Vec::new() }
    }

    /// The place of a column.
    ///
    /// # Errors
    /// [`StudyError::Missing`] if there is none of this name.
    pub fn column(&self, name: &str) -> Result<usize, StudyError> {
        let found = self.columns.iter().position(|column| column.name == name);
        found.ok_or_else(|| StudyError::Missing { what: "column", name: format!("{}.{name}", self.name) })
    }

    /// The numbers of several columns, of the rows in which all of them are numbers and `keep` holds.
    ///
    /// # Arguments
    /// * `keep`: sees a row as a map from column to value.
    ///
    /// # Errors
    /// [`StudyError::Missing`] if there is no column of a name.
    ///
    /// # Example
    /// ```
    /// use fathom_ntk::studies::{Table, Value};
    /// let mut table = Table::new("t", "A table.", &[("phi", "activation"), ("x", "depth"), ("y", "value")]);
    /// table.rows.push(vec!["relu".into(), 1.0.into(), 2.0.into()]);
    /// table.rows.push(vec!["tanh".into(), 1.0.into(), 3.0.into()]);
    /// assert_eq!(table.numbers(["x", "y"], |row| row.word("phi") == Some("tanh"))?, [[1.0, 3.0]]);
    /// # Ok::<(), fathom_ntk::studies::StudyError>(())
    /// ```
    pub fn numbers<const N: usize>(
        &self,
        names: [&str; N],
        keep: impl Fn(&Row<'_>) -> bool,
    ) -> Result<Vec<[f64; N]>, StudyError> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            *place = self.column(name)?;
        }
        let mut found = Vec::new();
        for values in &self.rows {
            let row = Row { table: self, values };
            let numbers = places.map(|place| values.get(place).and_then(Value::number).unwrap_or(f64::NAN));
            if numbers.iter().all(|v| v.is_finite()) && keep(&row) {
                found.push(numbers);
            }
        }
        Ok(found)
    }

    /// The words of a column, each once, in the order of the rows.
    ///
    /// # Errors
    /// [`StudyError::Missing`] if there is no column of this name.
    pub fn words(&self, name: &str) -> Result<Vec<String>, StudyError> {
        let place = self.column(name)?;
        let mut found: Vec<String> = Vec::new();
        for word in self.rows.iter().filter_map(|row| row.get(place)?.word()) {
            if !found.iter().any(|known| known == word) {
                found.push(word.into());
            }
        }
        Ok(found)
    }

    /// The numbers of a column, each once, ascending.
    ///
    /// # Errors
    /// [`StudyError::Missing`] if there is no column of this name.
    pub fn distinct(&self, name: &str) -> Result<Vec<f64>, StudyError> {
        let mut found: Vec<f64> = self.numbers([name], |_| true)?.into_iter().map(|[v]| v).collect();
        found.sort_by(f64::total_cmp);
        found.dedup();
        Ok(found)
    }
}

/// A row of a table, by the names of its columns.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    table: &'a Table,
    values: &'a [Value],
}

impl<'a> Row<'a> {
    /// The word of a column, if it has one.
    pub fn word(&self, name: &str) -> Option<&'a str> {
        self.values.get(self.table.column(name).ok()?)?.word()
    }

    /// The number of a column, if it has one.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.values.get(self.table.column(name).ok()?)?.number()
    }

    /// Whether a column has this number.
    pub fn has(&self, name: &str, value: f64) -> bool {
        self.number(name) == Some(value)
    }
}

/// The tables of a study.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Results {
    /// In the order in which they are shown.
    pub tables: Vec<Table>,
}

impl Results {
    /// A table.
    ///
    /// # Errors
    /// [`StudyError::Missing`] if there is none of this name.
    pub fn table(&self, name: &str) -> Result<&Table, StudyError> {
        let found = self.tables.iter().find(|table| table.name == name);
        found.ok_or_else(|| StudyError::Missing { what: "table", name: name.into() })
    }

    /// Adds rows to a table.
    ///
    /// # Errors
    /// [`StudyError::Missing`] if there is no such table; [`StudyError::Row`] if a row has another length.
    pub fn add(&mut self, name: &str, rows: Vec<Vec<Value>>) -> Result<(), StudyError> {
        let missing = || StudyError::Missing { what: "table", name: name.into() };
        let table = self.tables.iter_mut().find(|table| table.name == name).ok_or_else(missing)?;
        let expected = table.columns.len();
        if let Some(row) = rows.iter().find(|row| row.len() != expected) {
            return Err(StudyError::Row { table: name.into(), expected, got: row.len() });
        }
        table.rows.extend(rows);
        Ok(())
    }
}

/// The numbers that claims are about.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measured(BTreeMap<&'static str, (f64, &'static str)>);

impl Measured {
    /// Adds a number.
    ///
    /// # Arguments
    /// * `table`: the table it is computed from.
    pub fn insert(&mut self, name: &'static str, value: f64, table: &'static str) {
        self.0.insert(name, (value, table));
    }

    /// A number and the table it comes from.
    pub fn get(&self, name: &str) -> Option<(f64, &'static str)> {
        self.0.get(name).copied()
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}
