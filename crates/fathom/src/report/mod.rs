//! Results as text for people. Machines read the JSON form: every result implements [`serde::Serialize`].

mod depth;
mod empirical;
mod format;
mod kernel;
mod moments;
mod phase;
mod predict;
mod sample;
mod selftest;
mod sweep;
mod train;
mod training;
mod verdict;
mod verdict_blocks;

pub use depth::{
    depth_data_parts, depth_data_text, depth_data_words, depth_network_words, depth_pair_words, depth_parts,
    depth_rate_words, depth_text,
};
pub use empirical::{change_parts, change_text, composed_parts, composed_text, empirical_parts, empirical_text};
pub use format::{Part, composition_words, number, scaled};
pub use kernel::{kernel_parts, kernel_text};
pub use moments::{moments_parts, moments_text};
pub use phase::{curve_text, diagram_text, edge_of_chaos_parts, edge_of_chaos_text, phase_parts, phase_text};
pub use predict::{prediction_parts, prediction_text, selection_parts, selection_text, time_words};
pub use sample::{sample_parts, sample_text};
pub use selftest::selftest_text;
pub use sweep::{sweep_parts, sweep_text, table_csv};
pub use train::{train_parts, train_text};
pub use training::{comparison_parts, comparison_text, ensemble_text};
pub use verdict::verdict_text;
pub use verdict_blocks::{blocks_verdict_parts, blocks_verdict_text};
