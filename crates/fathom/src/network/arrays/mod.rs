//! Layers of a fully connected network from named arrays, as frameworks save them.
//!
//! | names | matrices are | written by |
//! |---|---|---|
//! | `….weight`, `….bias` | [out, in] | PyTorch `Linear` |
//! | `…/kernel`, `…/bias`, also with dots or `:0` | [in, out] | Flax `Dense`, Keras |
//! | `…/w`, `…/b` | [in, out] | Haiku `Linear` |
//! | `W1`, `b1`, … | as the widths require | by hand |
//!
//! Layers follow one another in the natural order of the names (2 before 10). Shapes must form a chain that fits the
//! features of the data; where the names say one orientation and the shapes only fit the other, nothing is guessed.

mod assemble;
mod error;
mod naming;

pub use assemble::{LayerChoice, NamedArray, NamedLayer, NamedLayers, Orientation, assemble};
pub use error::ArraysError;
