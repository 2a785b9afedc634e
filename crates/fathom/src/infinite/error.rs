//! Why a kernel could not be computed.

/// Why an infinite-width kernel could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// In the standard parameterization the NTK is proportional to the widths.
    #[error("in the standard parameterization the NTK of an infinitely wide network diverges: give the widths")]
    NeedsWidths,
    /// A variance left the range in which the activation can be evaluated.
    #[error(
        "the pre-activation variance or the NTK leaves the range in which {activation} can be integrated at layer \
         {layer} of {depth}: reduce the depth, the weight variance or the inputs"
    )]
    Diverges {
        /// First layer whose variance is out of range.
        layer: usize,
        /// Weight layers asked for.
        depth: usize,
        /// The activation.
        activation: String,
    },
    /// A network on images.
    #[error("this network works on images: its kernels are those of images, not of two norms and an angle")]
    Images,
    /// A network on lists of features where images are needed.
    #[error("this network works on lists of features, which have no places")]
    NoImages,
    /// A branch and its shortcut are lists of the numbers of images, of different sizes.
    #[error(
        "a branch and its shortcut flatten images of {branch} and of {shortcut} places: which features are added to which \
         depends on the numbers of channels, which are infinite; flatten images of one size, or put a dense block after flatten"
    )]
    FlattenedSizes {
        /// Places of the branch.
        branch: usize,
        /// Places of the shortcut.
        shortcut: usize,
    },
    /// φ has no derivative.
    #[error("{activation} jumps, so it has an NNGP but no NTK")]
    NoNtk {
        /// The activation.
        activation: String,
    },
}
