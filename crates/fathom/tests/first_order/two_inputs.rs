//! Two inputs: identities with one input and among themselves, and inputs at the edge of what is allowed.

use fathom_ntk::infinite::{PairInput, pair_kernel};
use fathom_ntk::moments::first_order::{FirstOrderError, NoMovement, TwoInputs, first_order, two_inputs};
use fathom_ntk::spec::{ArchitectureSpec, Biases, Parameterization, PerLayer, WeightLaw};
use fathom_ntk::{Architecture, Scaled};

use crate::{apart, network};

fn pair(xx: f64, yy: f64, xy: f64) -> PairInput {
    PairInput::from_inner_products(xx, yy, xy).unwrap()
}

/// Unequal layers in any parameterization.
fn layered(name: &str, widths: &str, parameterization: Parameterization, biases: Biases) -> Architecture {
    let random = matches!(biases, Biases::Trained | Biases::Untrained);
    let spec = ArchitectureSpec {
        widths: Some(widths.parse().unwrap()),
        activation: Some(name.parse().unwrap()),
        weight_var: Some(PerLayer::Layers(vec![1.0, 1.6, 2.0, 1.3])),
        bias_var: Some(PerLayer::Layers(
            vec![0.1, 0.0, 0.3, 0.2].into_iter().map(|b| if random { b } else { 0.0 }).collect(),
        )),
        biases: Some(biases),
        parameterization: Some(parameterization),
        ..Default::default()
    };
    Architecture::try_from(spec).unwrap()
}

#[track_caller]
fn close(got: Scaled, expected: Scaled, size: Scaled, allowed: f64, what: &str) {
    let error = ((got - expected).abs() / size.abs()).to_f64();
    assert!(error < allowed, "{what}: {} for {}, error {error:e}", got.to_f64(), expected.to_f64());
}

/// The diagonal of two inputs against the code for one: other integrals, other recursions. Both integrate to 1e-14, and
/// the sums have terms up to a hundred times the results.
#[test]
fn the_diagonal_is_that_of_one_input() {
    use Parameterization::{HaninNica, Ntk, Standard};
    for (name, parameterization, biases) in [
        ("tanh", Standard, Biases::Trained),
        ("gelu", Ntk, Biases::Untrained),
        ("silu", HaninNica, Biases::ZeroInit),
        ("cos", Standard, Biases::None),
        ("mish", Ntk, Biases::Trained),
        ("relu", Standard, Biases::Trained),
        ("leaky-relu:0.2", Ntk, Biases::Untrained),
        ("abs", HaninNica, Biases::ZeroInit),
        ("linear", Standard, Biases::Trained),
    ] {
        let arch = layered(name, "5,20,30,10,1", parameterization, biases);
        let both = two_inputs(&arch, &pair(0.7, 1.9, -0.5)).unwrap();
        for (p, mean_square) in [(0, 0.7), (2, 1.9)] {
            let one = first_order(&arch, 5.0 * mean_square).unwrap();
            let (ntk, nngp) = (one.ntk, one.nngp);
            let check = |got, expected, size, what: &str| close(got, expected, size, 1e-12, &format!("{name} {what}"));
            check(both.ntk[p], ntk, ntk, "Θ");
            check(both.nngp[p], nngp, nngp, "K");
            check(both.ntk_mean_shift[p], one.ntk_mean_shift, ntk, "t1");
            check(both.nngp_mean_shift[p], one.nngp_mean_shift, nngp, "k1");
            check(both.ntk_covariance[p][p], one.ntk_variance, one.ntk_variance, "Var Θ");
            check(both.ntk_output_covariance[p][p], one.cov_ntk_output_sq, ntk * nngp, "Cov(Θ, z²)");
            check(both.kernel_covariance[p][p], one.kernel_variance, one.kernel_variance, "v");
            let (Ok(moving), Ok(expected)) = (&both.movement, &one.movement) else {
                // A linear network is smooth for both.
                assert!(both.movement.is_err() && one.movement.is_err(), "{name}");
                continue;
            };
            let (gradient, curvature) = (expected.mean_gradient * 2.0, expected.mean_curvature * 2.0);
            check(moving.mean_gradient[p / 2][p], gradient, ntk * ntk * 0.1, "z dH");
            check(moving.mean_curvature[p / 2][p / 2][p], curvature, ntk * ntk * ntk * 0.1, "D");
            let mut targets = [None; 2];
            targets[p / 2] = Some(0.4);
            let step = moving.mean_step(0.01, targets)[p];
            check(step, expected.mean_step(0.01, 0.4), ntk * ntk * 1e-3, "step");
        }
    }
}

/// Every entry is that of one input where the two are the same, and the covariance is singular.
#[test]
fn duplicates_of_an_input_are_that_input() {
    for name in ["tanh", "gelu", "sin"] {
        let arch = layered(name, "5,20,30,10,1", Parameterization::Ntk, Biases::Trained);
        let both = two_inputs(&arch, &PairInput::from_gap(0.8, 0.8, 0.0).unwrap()).unwrap();
        let one = first_order(&arch, 4.0).unwrap();
        let (moving, expected) = (both.movement.unwrap(), one.movement.unwrap());
        // Training on both is twice the loss.
        let [step, double] = [moving.mean_step(0.003, [Some(0.4); 2])[1], expected.mean_step(0.006, 0.4)];
        close(step, double, double, 1e-11, name);
        for p in 0..3 {
            close(both.ntk_mean_shift[p], one.ntk_mean_shift, one.ntk, 1e-12, name);
            for q in 0..3 {
                close(both.ntk_covariance[p][q], one.ntk_variance, one.ntk_variance, 1e-12, name);
            }
            for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let curvature = moving.mean_curvature[a][b][p];
                close(curvature, expected.mean_curvature * 2.0, expected.mean_curvature, 1e-11, name);
                close(moving.mean_gradient[a][p], expected.mean_gradient * 2.0, expected.mean_gradient, 1e-11, name);
            }
        }
    }
}

fn numbers(t: &TwoInputs) -> Vec<f64> {
    let lists = [t.nngp, t.ntk, t.ntk_mean_shift, t.nngp_mean_shift];
    let matrices = [t.ntk_covariance, t.ntk_output_covariance, t.kernel_covariance];
    let mut all: Vec<Scaled> = lists.into_iter().flatten().chain(matrices.into_iter().flatten().flatten()).collect();
    if let Ok(m) = &t.movement {
        all.extend(m.mean_gradient.iter().flatten().chain(m.mean_curvature.iter().flatten().flatten()));
    }
    all.into_iter().map(Scaled::to_f64).collect()
}

/// The same numbers with the inputs renamed.
fn renamed(t: &TwoInputs) -> TwoInputs {
    let list = |x: [Scaled; 3]| [x[2], x[1], x[0]];
    let matrix = |m: [[Scaled; 3]; 3]| [list(m[2]), list(m[1]), list(m[0])];
    let mut new = t.clone();
    (new.nngp, new.ntk) = (list(t.nngp), list(t.ntk));
    (new.ntk_mean_shift, new.nngp_mean_shift) = (list(t.ntk_mean_shift), list(t.nngp_mean_shift));
    new.ntk_covariance = matrix(t.ntk_covariance);
    new.ntk_output_covariance = matrix(t.ntk_output_covariance);
    new.kernel_covariance = matrix(t.kernel_covariance);
    if let Ok(m) = &mut new.movement {
        let old = m.clone();
        for a in 0..2 {
            m.mean_gradient[a] = list(old.mean_gradient[1 - a]);
            for b in 0..2 {
                m.mean_curvature[a][b] = list(old.mean_curvature[1 - a][1 - b]);
            }
        }
    }
    new
}

/// The integrals treat the inputs differently, so this is exact up to their 1e-14 and the terms that cancel in the sums.
#[test]
fn renaming_the_inputs_renames_the_results() {
    for name in ["tanh", "softplus", "relu", "leaky-relu:-0.4"] {
        let arch = layered(name, "5,20,30,10,1", Parameterization::Standard, Biases::Trained);
        for (xx, yy, xy) in [(0.7, 1.9, 0.8), (1.0, 1.0, -0.9)] {
            let [forth, back] = [pair(xx, yy, xy), pair(yy, xx, xy)].map(|input| two_inputs(&arch, &input).unwrap());
            for (i, (x, y)) in numbers(&forth).into_iter().zip(numbers(&renamed(&back))).enumerate() {
                assert!(apart(x, y) < 1e-11, "{name} number {i}: {x} {y}");
            }
        }
    }
}

/// Corrections are sums over the hidden layers; with two layers made practically infinite each is seen alone.
#[test]
fn corrections_add_up_over_the_layers() {
    for name in ["tanh", "relu"] {
        let at = |widths: &str| {
            let t = two_inputs(&network(name, widths, 1.7, 0.1), &pair(1.0, 0.8, 0.3)).unwrap();
            [t.ntk_mean_shift[1], t.ntk_covariance[1][1], t.ntk_covariance[0][2]].map(Scaled::to_f64)
        };
        let wide = 1_000_000_000;
        let all = at("3,7,11,5,1");
        let alone = [format!("3,7,{wide},{wide},1"), format!("3,{wide},11,{wide},1"), format!("3,{wide},{wide},5,1")];
        let alone = alone.map(|widths| at(&widths));
        for i in 0..3 {
            let sum: f64 = alone.iter().map(|x| x[i]).sum();
            // The wide layers add some 1e-8 of what they add at width 10.
            assert!(apart(sum, all[i]) < 1e-7, "{name} {i}: {sum} {}", all[i]);
        }
    }
}

/// A linear network twice: by the closed forms of az + b|z|, and by quadrature as a polynomial. At L = 2, c = 1 and no
/// bias, $\Theta_{ab} = (u_a\cdot u_b + |v|^2 G_{ab})/n$ with $u$, $v$ standard Gaussian: covariances
/// $(G_{ag}G_{bd} + G_{ad}G_{bg} + 2 G_{ab}G_{gd})/n$.
#[test]
fn a_linear_network_has_its_exact_moments() {
    let gram = [[1.0, 0.3], [0.3, 0.8]];
    let input = pair(1.0, 0.8, 0.3);
    for name in ["linear", "polynomial:0,1"] {
        let t = two_inputs(&network(name, "6,40,1", 1.0, 0.0), &input).unwrap();
        assert!(t.exact);
        for (p, (a, b)) in [(0, 0), (0, 1), (1, 1)].into_iter().enumerate() {
            for (q, (g, d)) in [(0, 0), (0, 1), (1, 1)].into_iter().enumerate() {
                let wick: f64 = gram[a][g] * gram[b][d] + gram[a][d] * gram[b][g] + 2.0 * gram[a][b] * gram[g][d];
                assert!(apart(t.ntk_covariance[p][q].to_f64(), wick / 40.0) < 1e-12, "{name} {p} {q}");
            }
            assert!(t.ntk_mean_shift[p].to_f64().abs() < 1e-14);
        }
    }
    let deep = |name| two_inputs(&network(name, "6,40,20,30,1", 1.3, 0.2), &input).unwrap();
    for (x, y) in numbers(&deep("linear")).into_iter().zip(numbers(&deep("polynomial:0,1"))) {
        assert!((x - y).abs() < 1e-12 * (1.0 + y.abs()), "{x} {y}");
    }
}

/// A leaky relu of slope 1 − ε is a linear function up to ε², and abs is even: without biases $\Theta(x, -x') =
/// \Theta(x, x')$.
#[test]
fn other_kinked_functions_have_their_symmetries() {
    let input = pair(1.0, 0.8, 0.3);
    let nearly = two_inputs(&network("leaky-relu:0.9999", "6,40,20,30,1", 1.3, 0.2), &input).unwrap();
    let linear = two_inputs(&network("linear", "6,40,20,30,1", 1.3, 0.2), &input).unwrap();
    assert!(apart(nearly.ntk_covariance[1][1].to_f64(), linear.ntk_covariance[1][1].to_f64()) < 1e-3);
    let [plus, minus] =
        [0.3, -0.3].map(|xy| two_inputs(&network("abs", "6,40,20,1", 1.0, 0.0), &pair(1.0, 0.8, xy)).unwrap());
    for p in 0..3 {
        close(plus.ntk_mean_shift[p], minus.ntk_mean_shift[p], plus.ntk[0], 1e-13, "abs t1");
        close(plus.ntk_covariance[p][p], minus.ntk_covariance[p][p], plus.ntk_covariance[p][p], 1e-13, "abs Var");
    }
}

/// The infinitely wide kernels are those of the module that carries gaps, at depths where correlations approach one.
#[test]
fn infinitely_wide_kernels_are_those_of_the_gap_recursion() {
    for (name, depth, c, b) in [("relu", 200, 2.0, 0.0), ("tanh", 60, 1.5, 0.05), ("gelu", 20, 1.5, 0.05)] {
        let arch = network(name, &format!("3,100x{},1", depth - 1), c, b);
        let input = pair(1.0, 0.8, 0.3);
        let t = two_inputs(&arch, &input).unwrap();
        let kernel = pair_kernel(&arch, &input).unwrap();
        for (p, q) in [(0, 0), (1, 2), (2, 1)] {
            close(t.ntk[p], kernel.ntk[q], kernel.ntk[q], 1e-11, name);
            close(t.nngp[p], kernel.nngp[q], kernel.nngp[q], 1e-11, name);
        }
    }
}

/// relu without biases is homogeneous: scaling both inputs scales everything, also far beyond the range of `f64`.
#[test]
fn deep_relu_networks_leave_the_range_of_f64() {
    let arch = network("relu", "3,1000000x1199,1", 8.0, 0.0);
    let t = two_inputs(&arch, &pair(1.0, 0.8, 0.3)).unwrap();
    assert!(t.ntk[1].to_finite().is_none() && t.relative_variance.is_finite());
    let critical = two_inputs(&network("relu", "3,1000000x1199,1", 2.0, 0.0), &pair(1.0, 0.8, 0.3)).unwrap();
    assert!(apart(t.relative_variance, critical.relative_variance) < 1e-8);
}

#[test]
fn refuses_what_has_no_first_order_at_two_inputs() {
    let input = pair(1.0, 0.8, 0.3);
    let error = |arch: &Architecture, input: &PairInput| two_inputs(arch, input).unwrap_err();
    let tanh = network("tanh", "4,8,8,1", 1.5, 0.1);
    let with = |spec: ArchitectureSpec| Architecture::try_from(spec).unwrap();
    let infinite = with(ArchitectureSpec { depth: Some(3), ..Default::default() });
    assert_eq!(error(&infinite, &input), FirstOrderError::InfiniteWidth);
    let law = WeightLaw::Uniform;
    let uniform = with(ArchitectureSpec { weight_law: Some(law), ..tanh.to_spec() });
    assert_eq!(error(&uniform, &input), FirstOrderError::WeightLaw { got: law });
    assert!(matches!(error(&network("step", "4,8,1", 1.0, 0.0), &input), FirstOrderError::NoNtk { .. }));
    for name in ["hard-tanh", "elu", "softsign", "relu3"] {
        let error = error(&network(name, "4,8,8,1", 1.0, 0.1), &input);
        assert!(matches!(error, FirstOrderError::NotAnalytic { .. }), "{name}: {error}");
    }
    let relu = network("relu", "4,8,8,1", 2.0, 0.0);
    for (xy, name) in [(1.0, "parallel"), (-1.0, "opposite"), (1.0 - 1e-7, "nearly parallel")] {
        let error = error(&relu, &pair(1.0, 1.0, xy));
        assert!(matches!(error, FirstOrderError::Parallel { layer: 1, .. }), "{name}: {error}");
    }
    assert_eq!(error(&relu, &pair(1.0, 0.0, 0.0)), FirstOrderError::ZeroKernel { layer: 1 });
    assert_eq!(
        error(&network("tanh", "4,8,1", 1.0, 0.0), &pair(0.0, 0.0, 0.0)),
        FirstOrderError::ZeroKernel { layer: 1 }
    );
    assert!(matches!(
        error(&network("exp", "4,8,1", 1.0, 0.0), &pair(1e3, 1e3, 0.0)),
        FirstOrderError::NotFinite { layer: 1 }
    ));
    assert!(matches!(
        error(&network("sin", "4,8,1", 1.0, 0.0), &pair(1e9, 1.0, 0.0)),
        FirstOrderError::NotFinite { layer: 1 }
    ));
}

#[test]
fn movement_is_given_where_it_is_known() {
    let input = pair(1.0, 0.8, 0.3);
    let movement = |name, widths| two_inputs(&network(name, widths, 1.5, 0.1), &input).unwrap().movement.err();
    assert_eq!(movement("relu", "4,8,8,1"), Some(NoMovement::Kinked));
    assert_eq!(movement("tanh", "4,8,8,2"), Some(NoMovement::SeveralOutputs));
    assert_eq!(movement("linear", "4,8,8,1"), None);
    // A single weight layer: nothing is random.
    let flat = two_inputs(&network("relu", "4,1", 1.5, 0.1), &pair(1.0, 1.0, 0.0)).unwrap();
    assert!(flat.exact && flat.scaled_variance == 0.0 && flat.relative_variance == 0.0);
}
