//! What to change.

use serde::Serialize;

use super::inputs::Typical;
use super::randomness::randomness;
use crate::Scaled;
use crate::analysis::{EocPoint, nearest_edge_of_chaos};
use crate::moments::first_order::{variance_by_depth, width_for};
use crate::spec::{Architecture, ArchitectureSpec, PerLayer, Widths};

/// Widths are not searched beyond this.
const WIDEST: usize = 1 << 40;
/// Depths are not searched beyond these: where a layer costs nothing, and where it costs an integral.
const DEEPEST: [usize; 2] = [10_000, 1_000];
/// Weight layers beyond which the width is not searched (each trial costs a pass through the network).
const DEEPEST_FOR_WIDTH: usize = 100_000;

/// The depth that a width supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DepthAdvice {
    /// Up to this many weight layers.
    UpTo(usize),
    /// More than this many, as far as was searched.
    MoreThan(usize),
}

/// What would make the network one that NTK theory describes.
#[derive(Clone, Debug, Serialize)]
pub struct Advice {
    /// ε of the two following numbers: std Θ / E Θ ≤ ε at initialisation.
    pub tolerance: f64,
    /// Smallest equal hidden width that meets ε at this depth; `None` if none was found, or variances differ by layer.
    pub width: Option<usize>,
    /// Deepest network of the present width that meets ε (for unequal widths, of their harmonic mean).
    pub depth: Option<DepthAdvice>,
    /// The nearest initialisation on the edge of chaos; `None` if there is none.
    pub edge_of_chaos: Option<EocPoint>,
    /// Why something is missing.
    pub missing: Vec<String>,
}

/// Advice on `arch` fed with the typical input.
pub(super) fn advice(arch: &Architecture, typical: &Typical, n0: usize, tolerance: f64) -> Advice {
    let mut missing = Vec::new();
    let edge_of_chaos = match arch.uniform_variances() {
        Some((weight_var, bias_var)) => nearest_edge_of_chaos(arch.activation(), weight_var, bias_var)
            .map_err(|e| missing.push(format!("edge of chaos: {e}")))
            .ok(),
        None => {
            missing.push("edge of chaos: the variances differ from layer to layer".into());
            None
        }
    };
    let outputs = arch.widths().map_or(1, |w| w[w.len() - 1]);
    let trial = Trial { arch, typical, n0, outputs };
    let width = trial.width(tolerance).map_err(|e| missing.push(format!("width: {e}"))).ok();
    let depth = trial.depth(tolerance).map_err(|e| missing.push(format!("depth: {e}"))).ok();
    Advice { tolerance, width, depth, edge_of_chaos, missing }
}

/// Networks like the one given, of another width or depth.
struct Trial<'a> {
    arch: &'a Architecture,
    typical: &'a Typical,
    n0: usize,
    outputs: usize,
}

impl Trial<'_> {
    fn network(&self, width: usize, depth: usize) -> Result<Architecture, String> {
        let mut widths = vec![width; depth + 1];
        widths[0] = self.n0;
        widths[depth] = self.outputs;
        let widths = Widths::new(widths).map_err(|e| e.to_string())?;
        let spec = ArchitectureSpec { widths: Some(widths), depth: None, ..self.arch.to_spec() };
        Architecture::try_from(spec).map_err(|e| e.to_string())
    }

    fn relative_std(&self, width: usize, depth: usize) -> Result<f64, String> {
        Ok(randomness(&self.network(width, depth)?, self.typical, Scaled::ONE)?.relative_std.to_f64())
    }

    fn is_exact(&self) -> bool {
        self.arch.activation().name() == "relu"
    }

    fn width(&self, tolerance: f64) -> Result<usize, String> {
        let depth = self.arch.depth();
        if depth == 1 {
            return Err("a network without hidden layers has no width".into());
        }
        if depth > DEEPEST_FOR_WIDTH {
            return Err(format!("not searched beyond {DEEPEST_FOR_WIDTH} weight layers"));
        }
        if self.is_exact() {
            return self.exact_width(tolerance);
        }
        let advice = width_for(&self.network(1, depth)?, self.typical.sq_norm, tolerance).map_err(|e| e.to_string())?;
        match usize::try_from(advice.spread) {
            Ok(width) if width <= WIDEST => Ok(width),
            _ => Err(format!("no width up to {WIDEST} suffices")),
        }
    }

    /// By doubling and bisection: the spread falls with width.
    fn exact_width(&self, tolerance: f64) -> Result<usize, String> {
        let fits = |n: usize| Ok::<_, String>(self.relative_std(n, self.arch.depth())? <= tolerance);
        let mut high = 1;
        while !fits(high)? {
            high *= 2;
            if high > WIDEST {
                return Err(format!("no width up to {WIDEST} suffices"));
            }
        }
        let mut low = high / 2;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if fits(middle)? { high = middle } else { low = middle }
        }
        Ok(high)
    }

    fn depth(&self, tolerance: f64) -> Result<DepthAdvice, String> {
        let widths = self.arch.widths().ok_or("the width is infinite")?;
        let hidden = &widths[1..widths.len() - 1];
        if hidden.is_empty() {
            return Err("a network without hidden layers has no width".into());
        }
        let spec = self.arch.to_spec();
        for (name, variances) in [("weight_var", spec.weight_var), ("bias_var", spec.bias_var)] {
            if matches!(variances, Some(PerLayer::Layers(_))) {
                return Err(format!("{name} is given layer by layer"));
            }
        }
        let harmonic = hidden.len() as f64 / hidden.iter().map(|&n| 1.0 / n as f64).sum::<f64>();
        let width = (harmonic.round() as usize).max(1);
        if self.is_exact() { self.exact_depth(width, tolerance) } else { self.first_order_depth(width, tolerance) }
    }

    /// One pass through ever deeper networks: the corrections of a network hold those of all shallower ones.
    fn first_order_depth(&self, width: usize, tolerance: f64) -> Result<DepthAdvice, String> {
        let deepest = DEEPEST[usize::from(self.arch.activation().homogeneous().is_none())];
        let mut depth = 16;
        loop {
            let variances = variance_by_depth(&self.network(width, depth)?, self.typical.sq_norm);
            let allowed = (tolerance * tolerance).ln_1p();
            let variances = variances.map_err(|e| e.to_string())?;
            // Depth 1 is deterministic, so the first entry always fits.
            match variances.iter().position(|r| r.is_nan() || *r > allowed) {
                Some(failing) => return Ok(DepthAdvice::UpTo(failing.max(1))),
                None if depth >= deepest => return Ok(DepthAdvice::MoreThan(depth)),
                None => depth = (4 * depth).min(deepest),
            }
        }
    }

    /// By doubling and bisection: the spread grows with depth.
    fn exact_depth(&self, width: usize, tolerance: f64) -> Result<DepthAdvice, String> {
        let fits = |depth: usize| Ok::<_, String>(self.relative_std(width, depth)? <= tolerance);
        let (mut low, deepest) = (1, DEEPEST[0]);
        let mut high = 2;
        while fits(high)? {
            low = high;
            if low == deepest {
                return Ok(DepthAdvice::MoreThan(low));
            }
            high = (2 * low).min(deepest);
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if fits(middle)? { low = middle } else { high = middle }
        }
        Ok(DepthAdvice::UpTo(low))
    }
}
