//! How one step of gradient descent on two inputs moves the NTK between them.

use super::averages::MovingAverages;
use super::pairs::{ByPair, PAIRS, Tensor, pair};
use super::statics::{PairTensors, PairTransition};
use crate::Scaled;

/// Correlators of the derivatives of the NTK; letters as in [`MovementTensors`](super::super::MovementTensors).
///
/// Indices are inputs, in the order of the slots: $dH_{012} z_3$ for `p` and `q`.
#[derive(Clone, Debug)]
pub(super) struct PairMovementTensors {
    p: Tensor,
    q: Tensor,
    r: Tensor,
    s: Tensor,
    t: Tensor,
    u: Tensor,
}

/// One layer of the recursion: the averages, and the static tensors below it.
struct Layer<'a> {
    step: &'a PairTransition<'a>,
    averages: &'a MovingAverages,
    old: &'a PairTensors,
}

impl Layer<'_> {
    fn h(&self, a: usize, b: usize) -> Scaled {
        self.step.h[pair(a, b)]
    }

    fn ntk(&self, a: usize, b: usize) -> Scaled {
        self.step.ntk[pair(a, b)]
    }

    /// $\sum_g c\langle\partial_g(\phi'_a\phi_b)\rangle\, x_g$.
    fn along_value(&self, a: usize, b: usize, x: impl Fn(usize) -> Scaled) -> Scaled {
        let response = &self.step.first[a][b];
        response[0] * x(0) + response[1] * x(1)
    }

    /// $\sum_g c\langle\partial_g(\phi''_a\phi'_b)\rangle\, x_g$.
    fn along_slope(&self, a: usize, b: usize, x: impl Fn(usize) -> Scaled) -> Scaled {
        let response = &self.step.second[a][b];
        response[0] * x(0) + response[1] * x(1)
    }

    /// The innovation that `p` and `q` share.
    fn new_gradient(&self) -> Tensor {
        let factor = self.step.innovation();
        Tensor::from_fn(|a, b, g, d| self.averages.value[a][d][pair(b, g)] * self.ntk(a, b) * self.ntk(a, g) * factor)
    }

    fn next_p(&self, x: &Tensor, p: &Tensor) -> Tensor {
        let c = self.step.around.weight_var;
        Tensor::from_fn(|a, b, g, d| {
            let direct = self.averages.m20[a][d] * c * self.old.b.at(a, b, a, g);
            x.at(a, b, g, d) + self.h(b, g) * (direct + self.along_value(a, d, |i| p.at(a, b, g, i)))
        })
    }

    /// The part of `q` that is not `f`.
    fn next_q_tilde(&self, x: &Tensor, q: &Tensor) -> Tensor {
        Tensor::from_fn(|a, b, g, d| {
            let by_f = self.along_slope(a, b, |i| self.along_value(g, d, |j| self.old.f.at(a, g, i, j)));
            let by_q = self.along_value(g, d, |j| q.at(a, b, g, j));
            x.at(a, b, g, d) + self.ntk(a, b) * by_f + self.h(a, b) * by_q
        })
    }

    /// `new_p` is that of the layer above.
    fn next_r(&self, new_p: &Tensor, p: &Tensor, r: &Tensor) -> Tensor {
        let (alpha, c, factor) = (self.step.around.alpha, self.step.around.weight_var, self.step.innovation());
        Tensor::from_fn(|a, b, g, d| {
            let third = self.averages.third[a][b + g + d];
            let new = third * self.ntk(a, b) * self.ntk(a, g) * self.ntk(a, d) * factor;
            let direct = self.averages.m31[a][b] * c * self.old.b.at(a, g, a, d);
            let by_p = self.along_slope(a, b, |i| p.at(a, g, d, i));
            let below = self.ntk(a, b) * (direct + by_p) + self.h(a, b) * r.at(a, b, g, d);
            new_p.at(a, g, d, b) * alpha + new + self.h(g, d) * below
        })
    }

    /// The innovation that `s`, `t` and `u` share.
    fn new_curvature(&self) -> Tensor {
        let factor = self.step.innovation();
        Tensor::from_fn(|a, b, g, d| {
            let average = self.averages.second[pair(a, b)][pair(g, d)];
            average * self.ntk(a, g) * self.ntk(b, d) * self.ntk(a, b) * factor
        })
    }

    fn next_s(&self, y: &Tensor, new: &PairTensors, s: &Tensor) -> Tensor {
        let (alpha, c) = (self.step.around.alpha, self.step.around.weight_var);
        Tensor::from_fn(|a, b, g, d| {
            let direct = self.averages.m22[pair(a, b)] * c * self.ntk(a, b) * self.old.b.at(a, g, b, d);
            let below = direct + self.h(a, b) * s.at(a, b, g, d);
            new.b.at(a, g, b, d) * alpha + y.at(a, b, g, d) + self.h(g, d) * below
        })
    }

    fn next_t(&self, y: &Tensor, new: &PairTensors, q_tilde: &Tensor, old: &PairMovementTensors) -> Tensor {
        let alpha = self.step.around.alpha;
        let (q, t) = (&old.q, &old.t);
        Tensor::from_fn(|a, b, g, d| {
            let (left, right) = (self.ntk(a, g), self.ntk(b, d));
            let by_f = self.along_slope(a, g, |i| self.along_slope(b, d, |j| self.old.f.at(a, b, i, j)));
            let by_left = self.along_slope(a, g, |i| q.at(b, d, a, i));
            let by_right = self.along_slope(b, d, |i| q.at(a, g, b, i));
            new.f.at(a, b, g, d) * (alpha * alpha)
                + (q_tilde.at(b, d, a, g) + q_tilde.at(a, g, b, d)) * alpha
                + y.at(a, b, g, d)
                + left * (right * by_f + self.h(b, d) * by_left)
                + self.h(a, g) * (right * by_right + self.h(b, d) * t.at(a, b, g, d))
        })
    }
}

impl PairMovementTensors {
    /// Layer 1 is linear in its parameters.
    pub(super) fn start() -> Self {
        let o = Tensor::ZERO;
        Self { p: o, q: o, r: o, s: o, t: o, u: o }
    }

    /// One layer up: `old` and `new` are the static tensors below and above.
    pub(super) fn next(
        &self,
        step: &PairTransition<'_>,
        averages: &MovingAverages,
        old: &PairTensors,
        new: &PairTensors,
    ) -> Self {
        let layer = Layer { step, averages, old };
        let (x, y) = (layer.new_gradient(), layer.new_curvature());
        let p = layer.next_p(&x, &self.p);
        let q_tilde = layer.next_q_tilde(&x, &self.q);
        let alpha = step.around.alpha;
        Self {
            q: Tensor::from_fn(|a, b, g, d| new.f.at(a, g, b, d) * alpha + q_tilde.at(a, b, g, d)),
            r: layer.next_r(&p, &self.p, &self.r),
            s: layer.next_s(&y, new, &self.s),
            t: layer.next_t(&y, new, &q_tilde, self),
            u: Tensor::from_fn(|a, b, g, d| y.at(a, b, g, d) + layer.h(a, d) * layer.h(b, g) * self.u.at(a, b, g, d)),
            p,
        }
    }

    /// $E[dH_{012} z_3]$.
    fn gradient(&self, a: usize, b: usize, g: usize, d: usize) -> Scaled {
        self.p.at(a, b, g, d) + self.q.at(a, b, g, d) + self.q.at(a, g, b, d)
    }

    /// Mean of $(\partial^3 z_0)(\nabla z_1, \nabla z_2, \nabla z_3)$.
    fn third(&self, a: usize, b: usize, g: usize, d: usize) -> Scaled {
        self.r.at(a, b, g, d) + self.r.at(a, g, b, d) + self.r.at(a, d, b, g)
    }

    /// Mean of $\langle(\partial^2 z_1)\nabla z_3, (\partial^2 z_2)\nabla z_4\rangle$.
    fn second(&self, a: usize, b: usize, g: usize, d: usize) -> Scaled {
        self.s.at(a, b, g, d) + self.t.at(a, b, g, d) + self.u.at(a, b, g, d)
    }

    /// For training input $a$ and each pair $(x, y)$, the mean derivative of $\Theta(x, y)$ along $z_a\nabla z_a$.
    pub(super) fn gradients(&self, a: usize) -> ByPair {
        PAIRS.map(|(x, y)| self.gradient(x, a, y, a) + self.gradient(y, a, x, a))
    }

    /// For training inputs $a$ and $b$ and each pair, the mean second derivative along $\nabla z_a$ and $\nabla z_b$.
    pub(super) fn curvatures(&self, a: usize, b: usize) -> ByPair {
        PAIRS.map(|(x, y)| {
            self.third(x, a, b, y) + self.third(y, a, b, x) + self.second(x, y, a, b) + self.second(x, y, b, a)
        })
    }

    /// Whether all of them are numbers.
    pub(super) fn is_finite(&self) -> bool {
        [&self.p, &self.q, &self.r, &self.s, &self.t, &self.u].iter().all(|x| x.is_finite())
    }
}
