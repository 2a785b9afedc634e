//! How one step of gradient descent moves the NTK.

use serde::Serialize;

use super::statics::Tensors;
use super::transition::Transition;
use crate::Scaled;

/// Correlators of the first and second derivative of the NTK along its own gradient, at leading order.
///
/// $dH_{012} = (\partial^2 z_0)(\nabla z_1, \nabla z_2)$. Recursions: docs/theory; there `i_sum`, `ii_sum` are $I$, $II$.
/// `aa` to `ee` are the second moments of three random functionals α, ξ, η of a layer whose covariances with $z$ are
/// $p$, $f$, $q$. For kinked activations these are the formal values that automatic differentiation would give.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MovementTensors {
    /// $E[dH_{i j j} z_i]$.
    pub p: Scaled,
    /// $E[dH_{i i j} z_j]$.
    pub q: Scaled,
    /// A third of the mean of $(\partial^3 z)(\nabla z, \nabla z, \nabla z)$.
    pub r: Scaled,
    /// First pairing of the mean of $\langle (\partial^2 z_1)\nabla z_3, (\partial^2 z_2)\nabla z_4\rangle$: 1 with 2.
    pub s: Scaled,
    /// The same: 1 with 3.
    pub t: Scaled,
    /// The same: 1 with 4.
    pub u: Scaled,
    /// $E\,\alpha\alpha$.
    pub aa: Scaled,
    /// $E\,\alpha\xi$.
    pub ax: Scaled,
    /// $E\,\alpha\eta$.
    pub ae: Scaled,
    /// $E\,\xi\xi$.
    pub xx: Scaled,
    /// $E\,\xi\eta$.
    pub xe: Scaled,
    /// $E\,\eta\eta$.
    pub ee: Scaled,
    /// Sum of squares of $dH_{012}$ with three different neurons, paired with itself.
    pub i_sum: Scaled,
    /// The same, paired with a permutation.
    pub ii_sum: Scaled,
}

/// A random function of one neuron: $\sum_i s_i E_i(z) + \phi'(z)\, Y$ with $E = (\phi''\phi'^2, \phi'^2\phi, \phi'')$ and
/// $Y$ Gaussian, a combination $y$ of the three functionals below.
#[derive(Clone, Copy)]
struct Functional {
    s: [Scaled; 3],
    y: [Scaled; 3],
}

impl MovementTensors {
    /// Layer 1 is linear in its parameters.
    pub(super) fn start() -> Self {
        let o = Scaled::ZERO;
        Self { p: o, q: o, r: o, s: o, t: o, u: o, aa: o, ax: o, ae: o, xx: o, xe: o, ee: o, i_sum: o, ii_sum: o }
    }

    /// One layer up: `old` and `new` are the static tensors below and above.
    pub(super) fn next(&self, step: &Transition, old: &Tensors, new: &Tensors) -> Self {
        let Transition { alpha, iv, c, ntk, g1, h, h1, .. } = *step;
        let (b, f) = (old.b, old.f);
        let square = ntk * ntk;
        let c2 = c * c;
        let x = step.curved.mixed * square * (iv * c2);
        let y = step.curved.square * square * ntk * (iv * c2);
        let y3 = (step.curved.stein - step.curved.square * 3.0) * square * ntk * (iv * c2);
        let m22 = step.curved.curvature * c;
        let m31 = h1 - m22;
        let p = x + (g1 - h) * h * b + g1 * h * self.p;
        let qt = x + ntk * h1 * g1 * f + h * g1 * self.q;
        let [aa, ax, ae, xx, xe, ee] = self.functionals(step, old);
        let w = step.curved.g11 * square * square * (step.c3 * iv * iv);
        let w2 = step.curved.square * square * h * b * (c2 * iv);
        Self {
            p,
            q: new.f * alpha + qt,
            r: p * alpha + y3 + h * (ntk * m31 * b + ntk * h1 * self.p + h * self.r),
            s: new.b * alpha + y + m22 * h * ntk * b + h * h * self.s,
            t: new.f * (alpha * alpha)
                + qt * (2.0 * alpha)
                + y
                + square * h1 * h1 * f
                + ntk * h1 * h * self.q * 2.0
                + h * h * self.t,
            u: y + h * h * self.u,
            aa,
            ax,
            ae,
            xx,
            xe,
            ee,
            i_sum: w + w2 * 2.0 + m22 * h * h * b * b + h * h * h * self.i_sum,
            ii_sum: w + w2 + h * h * h * self.ii_sum,
        }
    }

    /// Second moments of the functionals of the next layer: `aa`, `ax`, `ae`, `xx`, `xe`, `ee`.
    fn functionals(&self, step: &Transition, old: &Tensors) -> [Scaled; 6] {
        let Transition { alpha, iv, ntk, c, .. } = *step;
        let o = Scaled::ZERO;
        let square = ntk * ntk * iv;
        let al = Functional { s: [square, o, step.slope * old.b], y: [step.slope, o, o] };
        let xi = Functional { s: [o, ntk * iv, o], y: [o, step.g1_over_c, o] };
        let et = Functional { s: [square, ntk * (iv * alpha), o], y: [o, step.m * (1.0 / c), step.slope] };
        let mean = |left: &Functional, right: &Functional| self.pair(step, old.f, left, right) * step.c3;
        // Fluctuations that the off-diagonal NTK below passes on, independent of the rest.
        let noise = step.h * old.b * iv;
        let mixed = step.curved.mixed * (c * c) * ntk;
        let value_slope = step.innovation.value_slope;
        let curved = step.curved.square * (c * c) * ntk * ntk;
        [
            mean(&al, &al),
            mean(&al, &xi),
            mean(&al, &et),
            mean(&xi, &xi) + noise * value_slope,
            mean(&xi, &et) + noise * (value_slope * alpha + mixed),
            mean(&et, &et) + noise * (value_slope * (alpha * alpha) + mixed * (2.0 * alpha) + curved),
        ]
    }

    /// $E[F F']$ of two functionals, by Gaussian integration by parts over their $Y$.
    fn pair(&self, step: &Transition, f: Scaled, left: &Functional, right: &Functional) -> Scaled {
        let curved = &step.curved;
        let gram = [
            [curved.g11, curved.g12, curved.square],
            [curved.g12, curved.g22, curved.mixed],
            [curved.square, curved.mixed, curved.curvature],
        ];
        // ⟨(E_i φ′)′⟩, with (φ′²φ φ′)′ = φ′⁴ + 3 φφ′²φ″.
        let parts = [curved.stein, step.slope_4 + curved.mixed * 3.0, step.h1_over_c];
        let covariance = [[self.aa, self.ax, self.ae], [self.ax, self.xx, self.xe], [self.ae, self.xe, self.ee]];
        let with_z = [self.p, f, self.q];
        let (left_z, right_z) = (dot(&left.y, &with_z), dot(&right.y, &with_z));
        bilinear(&left.s, &gram, &right.s)
            + dot(&left.s, &parts) * right_z
            + dot(&right.s, &parts) * left_z
            + step.slope * bilinear(&left.y, &covariance, &right.y)
            + step.h1_over_c * left_z * right_z * 2.0
    }

    /// $E[z\, dH] = p + 2q$ of one output.
    pub(super) fn mean_gradient(&self) -> Scaled {
        self.p + self.q * 2.0
    }

    /// $D = 3r + s + t + u$.
    pub(super) fn mean_curvature(&self) -> Scaled {
        self.r * 3.0 + self.s + self.t + self.u
    }

    /// $E[dH^2] = 2I + 4II + aa + 4ee + 4ae$ of one output.
    pub(super) fn dh_squared(&self) -> Scaled {
        self.i_sum * 2.0 + self.aa + (self.ii_sum + self.ee + self.ae) * 4.0
    }

    /// Whether all of them are numbers.
    pub(super) fn is_finite(&self) -> bool {
        [self.mean_gradient(), self.mean_curvature(), self.dh_squared()].iter().all(|x| x.is_finite())
    }
}

fn dot(a: &[Scaled; 3], b: &[Scaled; 3]) -> Scaled {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn bilinear(a: &[Scaled; 3], m: &[[Scaled; 3]; 3], b: &[Scaled; 3]) -> Scaled {
    dot(a, &[dot(&m[0], b), dot(&m[1], b), dot(&m[2], b)])
}
