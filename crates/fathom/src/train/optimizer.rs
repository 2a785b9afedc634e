//! How steps are made of gradients.

use std::fmt;

use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::TrainError;
use crate::linalg::Real;

/// How a step is made of the gradient $g$ with respect to the parameters ω.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// $\omega \leftarrow \omega - \eta g$.
    #[default]
    GradientDescent,
    /// $m \leftarrow \mu m + g$, $\omega \leftarrow \omega - \eta m$ (Polyak 1964), with $m = 0$ at first.
    Momentum {
        /// μ.
        momentum: f64,
    },
    /// $m \leftarrow \beta_1 m + (1 - \beta_1) g$, $v \leftarrow \beta_2 v + (1 - \beta_2) g^2$,
    /// $\omega \leftarrow \omega - \eta\, \hat m/(\sqrt{\hat v} + \epsilon)$ with $\hat m = m/(1 - \beta_1^s)$ and
    /// $\hat v = v/(1 - \beta_2^s)$ in step $s = 1, 2, \dots$ (Kingma & Ba 2015, algorithm 1). As $g$ is the gradient of a
    /// sum over inputs, ε weighs less than in libraries that take means.
    Adam {
        /// $\beta_1$.
        beta1: f64,
        /// $\beta_2$.
        beta2: f64,
        /// ε.
        epsilon: f64,
    },
}

impl Optimizer {
    /// Adam with the constants of its paper: 0.9, 0.999, $10^{-8}$.
    pub const ADAM: Self = Self::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    /// That its numbers have a meaning.
    pub(super) fn check(self) -> Result<(), TrainError> {
        let share = |name, got: f64| {
            let error = TrainError::OutOfRange { name, allowed: "at least 0 and below 1", got };
            if (0.0..1.0).contains(&got) { Ok(()) } else { Err(error) }
        };
        match self {
            Self::GradientDescent => Ok(()),
            Self::Momentum { momentum } => share("the momentum", momentum),
            Self::Adam { beta1, beta2, epsilon: got } => {
                share("beta1 of Adam", beta1)?;
                share("beta2 of Adam", beta2)?;
                if got.is_finite() && got > 0.0 {
                    return Ok(());
                }
                Err(TrainError::OutOfRange { name: "epsilon of Adam", allowed: "positive and finite", got })
            }
        }
    }

    /// Numbers kept for each parameter.
    pub(super) fn moments(self) -> usize {
        match self {
            Self::GradientDescent => 0,
            Self::Momentum { .. } => 1,
            Self::Adam { .. } => 2,
        }
    }
}

impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GradientDescent => f.write_str("gradient descent"),
            Self::Momentum { momentum } => write!(f, "gradient descent with momentum {momentum}"),
            Self::Adam { beta1, beta2, epsilon } => write!(f, "Adam (β₁ {beta1}, β₂ {beta2}, ε {epsilon:e})"),
        }
    }
}

/// Parameters that one task changes.
const CHUNK: usize = 1 << 15;

/// Changes effective parameters in place.
///
/// # Arguments
/// * `scale`: $c^2$ of these parameters.
/// * `step`: $s$, counted from 1.
/// * `moments`: as many lists as [`Optimizer::moments`], each as long as the parameters; others empty.
pub(super) fn update<T: Real>(
    optimizer: Optimizer,
    (learning_rate, scale, step): (f64, f64, u64),
    parameters: &mut [T],
    gradient: &[T],
    moments: [&mut [T]; 2],
) {
    let [first, second] = moments;
    let chunks = parameters.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
    match optimizer {
        Optimizer::GradientDescent => chunks.for_each(|(parameters, gradient)| {
            let factor = T::from_f64(learning_rate * scale);
            Arch::new().dispatch(Descend { factor, parameters, gradient });
        }),
        Optimizer::Momentum { momentum } => {
            chunks.zip(first.par_chunks_mut(CHUNK)).for_each(|((parameters, gradient), velocity)| {
                let [momentum, scale, rate] = [momentum, scale, learning_rate].map(T::from_f64);
                Arch::new().dispatch(Roll { momentum, scale, rate, parameters, gradient, velocity });
            });
        }
        Optimizer::Adam { beta1, beta2, epsilon } => {
            let corrections = [beta1, beta2].map(|beta| 1.0 - beta.powf(step as f64));
            let factor = scale.sqrt();
            let moments = first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK));
            chunks.zip(moments).for_each(|((parameters, gradient), (mean, square))| {
                let constants = Constants {
                    kept: [beta1, beta2].map(T::from_f64),
                    taken: [1.0 - beta1, 1.0 - beta2].map(T::from_f64),
                    factor: T::from_f64(factor),
                    rate: T::from_f64(factor * learning_rate / corrections[0]),
                    correction: 1.0 / corrections[1],
                    epsilon,
                };
                Arch::new().dispatch(Adapt { constants, parameters, gradient, mean, square });
            });
        }
    }
}

struct Descend<'a, T> {
    factor: T,
    parameters: &'a mut [T],
    gradient: &'a [T],
}

impl<T: Real> NullaryFnOnce for Descend<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (w, g) in self.parameters.iter_mut().zip(self.gradient) {
            *w -= self.factor * *g;
        }
    }
}

struct Roll<'a, T> {
    momentum: T,
    scale: T,
    rate: T,
    parameters: &'a mut [T],
    gradient: &'a [T],
    /// $c\,m$.
    velocity: &'a mut [T],
}

impl<T: Real> NullaryFnOnce for Roll<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for ((w, g), v) in self.parameters.iter_mut().zip(self.gradient).zip(self.velocity) {
            *v = self.momentum * *v + self.scale * *g;
            *w -= self.rate * *v;
        }
    }
}

/// Of one step of Adam.
struct Constants<T> {
    kept: [T; 2],
    taken: [T; 2],
    /// $c$.
    factor: T,
    /// $c\,\eta/(1 - \beta_1^s)$.
    rate: T,
    /// $1/(1 - \beta_2^s)$.
    correction: f64,
    epsilon: f64,
}

struct Adapt<'a, T> {
    constants: Constants<T>,
    parameters: &'a mut [T],
    gradient: &'a [T],
    mean: &'a mut [T],
    square: &'a mut [T],
}

impl<T: Real> NullaryFnOnce for Adapt<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Constants { kept, taken, factor, rate, correction, epsilon } = self.constants;
        let moments = self.mean.iter_mut().zip(self.square);
        for ((w, g), (m, v)) in self.parameters.iter_mut().zip(self.gradient).zip(moments) {
            let g = factor * *g;
            *m = kept[0] * *m + taken[0] * g;
            *v = kept[1] * *v + taken[1] * g * g;
            let size = (v.to_f64() * correction).sqrt() + epsilon;
            *w -= rate * *m / T::from_f64(size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three steps of each optimiser on one parameter ω = W/c with gradients 1, −2, 0.5 with respect to W, in rationals
    /// worked out by hand with c² = 4 (so g = 2, −4, 1), η = 1/8, μ = 1/2.
    #[test]
    fn gradient_descent_and_momentum_take_steps_known_by_hand() {
        let run = |optimizer: Optimizer| {
            let (mut w, mut first) = ([1.0], [0.0]);
            for (step, g) in (1..).zip([1.0, -2.0, 0.5]) {
                let moments: [&mut [f64]; 2] =
                    if optimizer.moments() == 1 { [&mut first, &mut []] } else { [&mut [], &mut []] };
                update(optimizer, (0.125, 4.0, step), &mut w, &[g], moments);
            }
            w[0]
        };
        // W = 1 − (4/8)(1 − 2 + 1/2).
        assert_eq!(run(Optimizer::GradientDescent), 1.25);
        // c m: 4, −6, −1; W = 1 − (4 − 6 − 1)/8.
        assert_eq!(run(Optimizer::Momentum { momentum: 0.5 }), 1.375);
    }

    /// Adam on ω itself, written down from the paper; W = c ω.
    #[test]
    fn adam_takes_the_steps_of_its_paper() {
        let (beta1, beta2, epsilon, rate, c) = (0.8_f64, 0.95_f64, 1e-3, 0.1, 1.7);
        let gradients = [0.3, -1.1, 0.02, 2.0, 0.0];
        let (mut omega, mut m, mut v) = (0.4, 0.0, 0.0);
        let (mut w, mut first, mut second) = ([c * omega], [0.0], [0.0]);
        for (s, g) in (1_i32..).zip(gradients) {
            let of_omega = c * g;
            m = beta1 * m + (1.0 - beta1) * of_omega;
            v = beta2 * v + (1.0 - beta2) * of_omega * of_omega;
            let (m_hat, v_hat): (f64, f64) = (m / (1.0 - beta1.powi(s)), v / (1.0 - beta2.powi(s)));
            omega -= rate * m_hat / (v_hat.sqrt() + epsilon);
            let optimizer = Optimizer::Adam { beta1, beta2, epsilon };
            update(optimizer, (rate, c * c, s as u64), &mut w, &[g], [&mut first, &mut second]);
            // A dozen roundings a step.
            assert!((w[0] - c * omega).abs() < 1e-14, "step {s}: {} {}", w[0], c * omega);
        }
    }
}
