//! Kernel matrices as they are handed out.

use super::KernelKind;

/// One kernel of every row of the inputs with every row of the others.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelMatrix<T> {
    pub(super) kind: KernelKind,
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) exponent: i64,
    pub(super) values: Vec<T>,
}

impl<T> KernelMatrix<T> {
    /// [`KernelKind::Nngp`] or [`KernelKind::Ntk`].
    pub fn kind(&self) -> KernelKind {
        self.kind
    }

    /// Number of inputs.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of the others.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The kernel is $2^e$ times the values, with this $e$; 0 unless the kernel leaves the range of the numbers used.
    pub fn exponent(&self) -> i64 {
        self.exponent
    }

    /// The values, row after row.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The values, row after row.
    pub fn into_values(self) -> Vec<T> {
        self.values
    }
}

/// Some consecutive rows of the matrices, and with a symmetric matrix the columns that mirror them.
#[derive(Clone, Debug, PartialEq)]
pub struct Band<T> {
    /// Which kernel, and rectangles of it that no other band has.
    pub(super) blocks: Vec<(KernelKind, Block<T>)>,
}

impl<T> Band<T> {
    /// Rectangles of the kernels; together, those of all bands fill the matrices.
    pub fn blocks(&self) -> impl Iterator<Item = (KernelKind, &Block<T>)> {
        self.blocks.iter().map(|(kind, block)| (*kind, block))
    }
}

/// A rectangle of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Block<T> {
    pub(super) row: usize,
    pub(super) col: usize,
    pub(super) cols: usize,
    pub(super) values: Vec<T>,
}

impl<T> Block<T> {
    /// Its first row and column in the matrix.
    pub fn place(&self) -> [usize; 2] {
        [self.row, self.col]
    }

    /// Its columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Its entries, row after row.
    pub fn values(&self) -> &[T] {
        &self.values
    }
}
