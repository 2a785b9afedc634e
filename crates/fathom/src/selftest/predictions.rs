//! Kinds of vectors about what infinitely wide networks predict.

use super::fields::{Evaluation, Fields, reason};
use super::infinite::network;
use crate::Scaled;
use crate::infinite::{PairInput, PairKernel, pair_kernel};
use crate::predict::{
    Covariance, Distinct, Kernel, KernelKind, Method, PredictOptions, Prediction, Targets, TestBlock, Time, predict,
};

/// Most inputs of a vector.
const MAX_INPUTS: usize = 200;

/// Inputs on a circle with $|x|^2 = n_0$, by their angles, and targets.
struct Circle {
    train: Vec<f64>,
    test: Vec<f64>,
    targets: Vec<f64>,
}

impl Circle {
    /// Reads `train … angles A,A,… ; y=Y,Y,… ; test angles A,A,…`.
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("the field data is not understood: {text}");
        let [train, targets, test] = text.split(';').collect::<Vec<_>>()[..] else { return Err(wrong()) };
        if !train.contains("circle") || !train.contains("=1)") {
            return Err(wrong());
        }
        let numbers = |part: &str, after: &str| -> Option<Vec<f64>> {
            let (_, list) = part.rsplit_once(after)?;
            list.split(',').map(|number| number.trim().parse().ok().filter(|x: &f64| x.is_finite())).collect()
        };
        let circle = Self {
            train: numbers(train, "angles").ok_or_else(wrong)?,
            test: numbers(test, "angles").ok_or_else(wrong)?,
            targets: numbers(targets, "y=").ok_or_else(wrong)?,
        };
        if circle.train.len() + circle.test.len() > MAX_INPUTS {
            return Err(format!("at most {MAX_INPUTS} inputs are evaluated"));
        }
        Ok(circle)
    }

    fn angle(&self, i: usize) -> f64 {
        if i < self.train.len() { self.train[i] } else { self.test[i - self.train.len()] }
    }

    fn count(&self) -> usize {
        self.train.len() + self.test.len()
    }
}

/// Both kernels of a vector, and its targets.
struct Case {
    ntk: Kernel,
    nngp: Kernel,
    targets: Targets,
}

impl Case {
    fn of(v: &mut Fields<'_>) -> Result<Self, String> {
        let activation = v.activation("act")?;
        let depth = v.depth_for("L", &activation)?;
        let arch = network(activation, depth, v.number("sw2")?, v.number("sb2")?)?;
        let circle = Circle::parse(v.text("data")?)?;
        let count = circle.count();
        let mut pairs: Vec<PairKernel> = Vec::with_capacity(count * (count + 1) / 2);
        for j in 0..count {
            for i in 0..=j {
                let half = 0.5 * (circle.angle(i) - circle.angle(j));
                let (sine, cosine) = half.sin_cos();
                let input = PairInput::from_gaps(1.0, 1.0, 2.0 * sine * sine, 2.0 * cosine * cosine);
                pairs.push(pair_kernel(&arch, &input.map_err(reason)?).map_err(reason)?);
            }
        }
        let kernel = |kind| {
            let pair = |i: usize, j: usize| pairs[j * (j + 1) / 2 + i];
            Kernel::from_pairs(count, circle.train.len(), kind, TestBlock::Diagonal, pair).map_err(reason)
        };
        Ok(Self {
            ntk: kernel(KernelKind::Ntk)?,
            nngp: kernel(KernelKind::Nngp)?,
            targets: Targets::new(&circle.targets, 1, &Distinct::all(circle.train.len())).map_err(reason)?,
        })
    }

    fn predict(&self, method: Method, covariance: Covariance, times: Vec<Time>) -> Result<Prediction, String> {
        let options = PredictOptions { method, covariance, times, ..PredictOptions::default() };
        predict(Some(&self.ntk), Some(&self.nngp), &self.targets, &options).map_err(reason)
    }
}

fn scaled(values: &[f64]) -> Vec<Scaled> {
    values.iter().copied().map(Scaled::from).collect()
}

/// `krr`: the fully trained network and the posterior mean, and the condition number of the NTK.
pub(super) fn regression(v: &mut Fields<'_>) -> Evaluation {
    let case = Case::of(v)?;
    let ntk = case.predict(Method::Ntk, Covariance::None, vec![Time::Infinite, Time::Flow(0.0)])?;
    v.compare_list("ntk_pred", &scaled(&ntk.at[0].mean), 0.0);
    let least = ntk.lambda_min.ok_or("no eigenvalues")?;
    v.compare("cond_ntk", ntk.lambda_max / least);
    let nngp = case.predict(Method::Nngp, Covariance::None, vec![Time::Infinite])?;
    v.compare_list("nngp_pred", &scaled(&nngp.at[0].mean), 0.0);
    Ok(())
}

/// `dynamics`: variance at the end of training, and means after $10/\lambda_{max}$ of gradient flow and after ten steps at
/// rate $1/\lambda_{max}$.
pub(super) fn dynamics(v: &mut Fields<'_>) -> Evaluation {
    let case = Case::of(v)?;
    let end = case.predict(Method::Ntk, Covariance::Diagonal, vec![Time::Infinite, Time::Flow(0.0)])?;
    v.compare("lambda_max", end.lambda_max);
    v.compare_list("var_inf", &scaled(end.at[0].variance.as_deref().unwrap_or_default()), 0.0);
    let rate = (Scaled::ONE / end.lambda_max).to_f64();
    let times = vec![Time::Flow(10.0 * rate), Time::Steps { learning_rate: rate, steps: 10 }];
    let [flow, steps] = &case.predict(Method::Ntk, Covariance::None, times)?.at[..] else {
        return Err("no prediction".into());
    };
    v.compare_list("flow_mean_at_t_10_over_lmax", &scaled(&flow.mean), 0.0);
    v.compare_list("gd_mean_10_steps_lr_1_over_lmax", &scaled(&steps.mean), 0.0);
    Ok(())
}
