//! Which blocks have been drawn, and what they gave.

use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{DRAWS_PER_BLOCK, Observables, StatisticsError, Summary};

/// Blocks have indices below this, so that draws are counted exactly.
pub const MAX_BLOCKS: u64 = 1 << 45;
const DRAWS: u64 = DRAWS_PER_BLOCK as u64;

/// The summaries of a run, or of a part of it.
///
/// Whole blocks are merged along the binary tree of the [module page](crate::statistics), as far as both halves are
/// there; a block with fewer draws than 256, as the last one of a run may be, is held apart. What a ledger holds is
/// therefore a function of the set of blocks: not of the order in which they came, of the number of threads, of shards
/// or restarts. Serialised exactly; reading checks everything that can be checked.
///
/// # Accuracy and cost
/// A contiguous range of $B$ blocks is held in at most $2 \log_2 B$ summaries. A summary takes up to 64 KiB for each
/// observable and 16 bytes for each joint pair. Shards should be contiguous: every gap costs summaries.
///
/// # Example
/// ```
/// use fathom_ntk::{Scaled, statistics::{BlockDraws, Ledger, Observables}};
/// let observables = Observables::new(["theta"])?;
/// let summary = |block: u64| {
///     let mut draws = BlockDraws::new(&observables);
///     for i in 256 * block..256 * (block + 1) {
///         draws.push(&[Some(Scaled::from(i as f64))])?;
///     }
///     draws.summary()
/// };
/// let (mut one, mut other) = (Ledger::new(&observables), Ledger::new(&observables));
/// one.insert(2, summary(2)?)?;
/// other.insert(1, summary(1)?)?;
/// one.insert(0, summary(0)?)?;
/// assert_eq!(one.missing(0..4), [1..2, 3..4]);
/// assert_eq!(one.blocks(), Some(0..3));
/// one.merge(other)?;
/// let total = one.total().unwrap();
/// assert_eq!(total.draws(), 768);
/// assert_eq!(total.marginal(0)?.mean().unwrap().value.to_f64(), 383.5);
/// # Ok::<(), fathom_ntk::statistics::StatisticsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Ledger {
    observables: Observables,
    /// By first block; disjoint, and no two of them halves of the same node.
    nodes: Vec<Node>,
    /// Blocks that are not full, by index; none of them in a node.
    tails: Vec<Node>,
}

/// A node $(l, j)$ of the tree, or a block that is not full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    /// $j\,2^l$.
    first: u64,
    level: u32,
    summary: Summary,
}

impl Node {
    fn blocks(&self) -> Range<u64> {
        self.first..self.first + (1 << self.level)
    }

    fn is_left(&self) -> bool {
        (self.first >> self.level).is_multiple_of(2)
    }

    fn is_sibling_before(&self, next: &Self) -> bool {
        self.level == next.level && self.is_left() && self.blocks().end == next.first
    }
}

impl Ledger {
    /// Of no draws.
    pub fn new(observables: &Observables) -> Self {
        Self { observables: observables.clone(), nodes: Vec::new(), tails: Vec::new() }
    }

    /// What is observed.
    pub fn observables(&self) -> &Observables {
        &self.observables
    }

    /// All draws.
    pub fn draws(&self) -> u64 {
        self.nodes.iter().chain(&self.tails).map(|node| node.summary.draws()).sum()
    }

    /// From the first block of which there are draws to the last one; `None` without draws.
    pub fn blocks(&self) -> Option<Range<u64>> {
        let nodes = || self.nodes.iter().chain(&self.tails).map(Node::blocks);
        Some(nodes().map(|blocks| blocks.start).min()?..nodes().map(|blocks| blocks.end).max()?)
    }

    /// Draws of one block: 256, 0, or the number in a block that is not full.
    pub fn draws_of(&self, block: u64) -> u64 {
        if self.covers(block) {
            return DRAWS;
        }
        self.tails.iter().find(|tail| tail.first == block).map_or(0, |tail| tail.summary.draws())
    }

    /// Adds the draws of one block.
    ///
    /// A block that is not full is replaced by one of the same index with more draws, since these begin with the same
    /// ones: so a longer run continues a shorter one.
    ///
    /// # Errors
    /// [`StatisticsError::Overlap`] if the block is there with as many draws or more,
    /// [`StatisticsError::DifferentObservables`], [`StatisticsError::BlockIndex`] and [`StatisticsError::NotABlock`]. The
    /// ledger is then unchanged.
    pub fn insert(&mut self, block: u64, summary: Summary) -> Result<(), StatisticsError> {
        summary.check_observables(&self.observables)?;
        if block >= MAX_BLOCKS {
            return Err(StatisticsError::BlockIndex { allowed: MAX_BLOCKS, got: block });
        }
        if summary.draws() > DRAWS {
            return Err(StatisticsError::NotABlock { allowed: DRAWS, got: summary.draws() });
        }
        if summary.draws() <= self.draws_of(block) {
            return Err(StatisticsError::Overlap { block });
        }
        self.tails.retain(|tail| tail.first != block);
        self.add(Node { first: block, level: 0, summary });
        Ok(())
    }

    /// Adds the draws of another ledger, such as another shard of the run.
    ///
    /// # Errors
    /// [`StatisticsError::DifferentObservables`], and [`StatisticsError::Overlap`] if any block, full or not, is in both.
    /// The ledger is then unchanged.
    pub fn merge(&mut self, other: Self) -> Result<(), StatisticsError> {
        if self.observables.names() != other.observables.names() {
            return Err(StatisticsError::DifferentObservables { what: "their names" });
        }
        if self.observables != other.observables {
            return Err(StatisticsError::DifferentObservables { what: "which of them are joint" });
        }
        let mine: Vec<&Node> = self.in_order();
        for node in other.in_order() {
            let blocks = node.blocks();
            let place = mine.partition_point(|mine| mine.blocks().end <= blocks.start);
            if let Some(mine) = mine.get(place).filter(|mine| mine.first < blocks.end) {
                return Err(StatisticsError::Overlap { block: mine.first.max(blocks.start) });
            }
        }
        for node in other.nodes.into_iter().chain(other.tails) {
            self.add(node);
        }
        Ok(())
    }

    /// The blocks of a range that are not there, or not full.
    pub fn missing(&self, blocks: Range<u64>) -> Vec<Range<u64>> {
        let mut missing = Vec::new();
        let mut next = blocks.start;
        for node in &self.nodes {
            let held = node.blocks();
            if held.start >= blocks.end {
                break;
            }
            if held.start > next {
                missing.push(next..held.start);
            }
            next = next.max(held.end);
        }
        if next < blocks.end {
            missing.push(next..blocks.end);
        }
        missing
    }

    /// All draws together; `None` if there are none.
    ///
    /// # Accuracy and cost
    /// Merges the summaries from the first block to the last, so that the same draws give the same bits.
    pub fn total(&self) -> Option<Summary> {
        let nodes = self.in_order();
        let (first, rest) = nodes.split_first()?;
        let mut total = first.summary.clone();
        for node in rest {
            total.absorb(&node.summary);
        }
        Some(total)
    }

    /// Nodes and blocks that are not full, by first block.
    fn in_order(&self) -> Vec<&Node> {
        let mut nodes: Vec<&Node> = self.nodes.iter().chain(&self.tails).collect();
        nodes.sort_by_key(|node| node.first);
        nodes
    }

    fn covers(&self, block: u64) -> bool {
        let place = self.nodes.partition_point(|node| node.blocks().end <= block);
        self.nodes.get(place).is_some_and(|node| node.first <= block)
    }

    /// Adds a node that nothing else covers, and merges siblings as long as there are any.
    fn add(&mut self, mut node: Node) {
        if node.summary.draws() < DRAWS {
            let place = self.tails.partition_point(|tail| tail.first < node.first);
            self.tails.insert(place, node);
            return;
        }
        let mut place = self.nodes.partition_point(|other| other.first < node.first);
        loop {
            if place > 0 && self.nodes[place - 1].is_sibling_before(&node) {
                place -= 1;
                let mut left = self.nodes.remove(place);
                left.summary.absorb(&node.summary);
                node = Node { level: left.level + 1, ..left };
            } else if self.nodes.get(place).is_some_and(|next| node.is_sibling_before(next)) {
                let right = self.nodes.remove(place);
                node.summary.absorb(&right.summary);
                node.level += 1;
            } else {
                break;
            }
        }
        self.nodes.insert(place, node);
    }

    fn check(&self) -> Result<(), StatisticsError> {
        let damaged = |what| Err(StatisticsError::Inconsistent { what });
        for node in &self.nodes {
            let is_in_range = node.level <= MAX_BLOCKS.ilog2() && node.first < MAX_BLOCKS;
            if !is_in_range || !node.first.is_multiple_of(1 << node.level) {
                return damaged("a node of the tree of blocks is out of place");
            }
            if node.summary.draws() != DRAWS << node.level {
                return damaged("a node of the tree of blocks has the wrong number of draws");
            }
        }
        if self.nodes.windows(2).any(|pair| pair[0].is_sibling_before(&pair[1])) {
            return damaged("two halves of a node are not merged");
        }
        for tail in &self.tails {
            if tail.level != 0 || tail.first >= MAX_BLOCKS || tail.summary.draws() >= DRAWS {
                return damaged("a block that is not full is out of place");
            }
        }
        let is_sorted = |nodes: &[Node]| nodes.is_sorted_by(|a, b| a.first < b.first);
        let overlap = self.in_order().windows(2).any(|pair| pair[0].blocks().end > pair[1].first);
        if overlap || !is_sorted(&self.nodes) || !is_sorted(&self.tails) {
            return damaged("blocks are there twice or out of order");
        }
        self.in_order().into_iter().try_for_each(|node| node.summary.check_observables(&self.observables))
    }
}

impl Serialize for Ledger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Ledger {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Self::deserialize(deserializer)?;
        read.check().map_err(D::Error::custom)?;
        Ok(read)
    }
}
