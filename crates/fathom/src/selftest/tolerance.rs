//! How far a computed number may lie from the expected one.

/// Largest error allowed for a number of a vector of this kind; `None` for kinds that this version does not compute.
///
/// | kinds | error allowed | why |
/// |---|---|---|
/// | `dual`, `mlp`, `moments`, `limits` | $10^{-12}$ | quadrature to $10^{-14}$ and thousands of roundings; ill-conditioned inputs rounded to `f64` |
/// | `log_scaled` | $10^{-10}$ in logarithms, $10^{-12}$ otherwise | logarithms of size $10^5$ have ε of $10^{-11}$ |
/// | `relu_gap` | $10^{-13} \max(1, L/1000)$ | rounding grows with depth |
/// | `phase`, `eoc`, `eoc_end`, `depth_limit_*` | $10^{-11}$ | roots, divided by distances from criticality |
/// | `resnet_relu`, `cnn_relu_circular` | $10^{-11}$ | rounding grows with depth |
/// | `krr`, `dynamics` | $10^{-11}$ | kernels to $L\varepsilon$, times the condition number of their gaps |
/// | `kink` | $10^{-8}$ | a leading term; reference in `f64` |
/// | `two_input_smooth`, `one_over_n` | $10^{-10}$ | references in `f64`, by quadrature |
/// | other kinds about corrections in 1 / width | $10^{-11}$ | sums of terms that cancel to a hundredth |
///
/// # Arguments
/// * `kind`: the kind of the vector.
/// * `depth`: its number of weight layers.
/// * `absolute`: whether the error is the difference of two logarithms.
///
/// # Example
/// ```
/// use fathom_ntk::selftest::tolerance;
/// assert_eq!(tolerance("mlp", 10, false), Some(1e-12));
/// assert_eq!(tolerance("relu_gap", 2000, false), Some(2e-13));
/// assert_eq!(tolerance("no_such_kind", 10, false), None);
/// ```
pub fn tolerance(kind: &str, depth: usize, absolute: bool) -> Option<f64> {
    Some(match kind {
        "log_scaled" if absolute => 1e-10,
        "dual" | "mlp" | "moments" | "limits" | "log_scaled" => 1e-12,
        "relu_gap" => 1e-13 * (depth as f64 / 1000.0).max(1.0),
        "kink" => 1e-8,
        "two_input_smooth" | "one_over_n" => 1e-10,
        "phase"
        | "eoc"
        | "eoc_end"
        | "depth_limit_relu_eoc"
        | "depth_limit_erf_eoc"
        | "resnet_relu"
        | "cnn_relu_circular"
        | "krr"
        | "dynamics"
        | "single_input"
        | "two_input_relu"
        | "relu_exact_finite_width"
        | "relu_closed_forms_sw2_2_sb2_0_q0_1"
        | "per_layer_coefficients"
        | "relu_crossing_coefficient_sw2_2_sb2_0_q0_1_y0"
        | "relu_E_dH2_unit_widths"
        | "half_stable_points"
        | "chaotic_slopes" => 1e-11,
        _ => return None,
    })
}
