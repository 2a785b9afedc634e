//! A network at smaller depths, and in words.

use fathom_ntk::report::number;
use fathom_ntk::spec::{Architecture, ArchitectureSpec, PerLayer, Widths};

/// Depths $1, \dots, L$ to evaluate: all of them, or about `most` that are evenly spaced and include both ends.
pub(super) fn depths(depth: usize, most: usize) -> Vec<usize> {
    let points = most.max(2).min(depth);
    let mut all: Vec<usize> = (0..points)
        .map(|i| 1 + (i as f64 * (depth - 1) as f64 / (points.max(2) - 1) as f64).round() as usize)
        .collect();
    all.dedup();
    all
}

/// The same in about equal ratios, which takes fewer layers in all and shows more of the first ones.
pub(super) fn depths_by_ratio(depth: usize, most: usize) -> Vec<usize> {
    if depth <= most {
        return (1..=depth).collect();
    }
    let ratio = (depth as f64).ln() / (most.max(2) - 1) as f64;
    let mut all: Vec<usize> = (0..most.max(2)).map(|i| (i as f64 * ratio).exp().round() as usize).collect();
    all.dedup();
    all
}

/// The first `depth − 1` layers of a network below its output layer; `None` for one without widths.
pub(super) fn at_depth(arch: &Architecture, depth: usize) -> Option<Architecture> {
    let widths = arch.widths().filter(|_| (1..=arch.depth()).contains(&depth))?;
    let outputs = *widths.last()?;
    let kept = widths.get(..depth)?.iter().copied().chain([outputs]).collect();
    let listed = |values: Option<PerLayer>| match values {
        Some(PerLayer::Layers(values)) => {
            let last = values.last().copied();
            Some(PerLayer::Layers(values.into_iter().take(depth - 1).chain(last).collect()))
        }
        other => other,
    };
    let spec = arch.to_spec();
    Architecture::try_from(ArchitectureSpec {
        widths: Some(Widths::new(kept).ok()?),
        weight_var: listed(spec.weight_var.clone()),
        bias_var: listed(spec.bias_var.clone()),
        ..spec
    })
    .ok()
}

/// The network, and how its weights are drawn, in words.
pub(crate) fn described(arch: &Architecture) -> [String; 2] {
    [title(arch), subtitle(arch)]
}

/// The network in a few words.
pub(super) fn title(arch: &Architecture) -> String {
    let shape = match arch.to_spec().widths {
        Some(widths) => format!("widths {widths}"),
        None => format!("infinitely wide, depth {}", arch.depth()),
    };
    format!("{} network, {shape}", arch.activation())
}

/// How its weights are drawn.
pub(super) fn subtitle(arch: &Architecture) -> String {
    let variances = match arch.uniform_variances() {
        Some((weight_var, bias_var)) => format!("σ_w² = {}, σ_b² = {}", number(weight_var), number(bias_var)),
        None => "variances that differ between layers".into(),
    };
    let (biases, parameterization, law) = (arch.biases(), arch.parameterization(), arch.weight_law());
    format!("{variances}, biases {biases}, parameterization {parameterization}, weights {law}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_are_increasing_and_include_both_ends() {
        assert_eq!(depths(1, 9), [1]);
        assert_eq!(depths(4, 9), [1, 2, 3, 4]);
        assert_eq!(depths(10_001, 5), [1, 2501, 5001, 7501, 10_001]);
        assert_eq!(depths_by_ratio(1000, 4), [1, 10, 100, 1000]);
        for depth in 1..300 {
            for all in [depths(depth, 7), depths_by_ratio(depth, 7)] {
                assert!(all.windows(2).all(|w| w[0] < w[1]) && all[0] == 1 && all.last() == Some(&depth), "{all:?}");
            }
        }
    }

    #[test]
    fn a_shallower_network_keeps_its_lower_layers_and_its_output_layer() {
        let spec = ArchitectureSpec {
            widths: Some("3,4,5,6,2".parse().unwrap()),
            weight_var: Some(PerLayer::Layers(vec![1.0, 2.0, 3.0, 4.0])),
            ..Default::default()
        };
        let arch = at_depth(&Architecture::try_from(spec).unwrap(), 3).unwrap();
        assert_eq!(arch.widths().unwrap(), [3, 4, 5, 2]);
        assert_eq!([1, 2, 3].map(|l| arch.weight_var(l)), [1.0, 2.0, 4.0]);
        assert!(at_depth(&arch, 4).is_none());
    }
}
