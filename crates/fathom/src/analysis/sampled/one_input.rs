//! A quick simulation at one input.

use std::ops::ControlFlow;

use crate::sample::{Entry, Event, Observable, Recorder, RunError, Sampler, run};
use crate::spec::{Architecture, Widths};
use crate::statistics::{DRAWS_PER_BLOCK, Estimate, Ledger};

/// Dispersion of $\Theta(x, x)$ of the first output by Monte Carlo, with its standard error; `None` if fewer than two
/// networks have one.
///
/// # Arguments
/// * `arch`: the network, with widths. Outputs after the first do not matter and are not drawn.
/// * `x`: the input.
/// * `draws`: networks to draw, at most; fewer if they would take longer than `seconds` on one core by the cost model of
///   the sampler.
///
/// # Errors
/// [`RunError`], also for networks and inputs that a [`Sampler`] refuses.
///
/// # Example
/// One hidden layer of 10 neurons: the dispersion is exactly $(1 + 5/n)\,g = 1.3$.
/// ```
/// use fathom_ntk::analysis::sampled::dispersion_at_one_input;
/// use fathom_ntk::spec::{Architecture, ArchitectureSpec};
/// let arch = Architecture::try_from(ArchitectureSpec { widths: Some("2,10,1".parse()?), ..Default::default() })?;
/// let sampled = dispersion_at_one_input(&arch, &[1.0, 1.0], 20_000, 7, 1.0)?.expect("there are draws");
/// let error = sampled.standard_error.expect("of many draws").to_f64();
/// assert!((sampled.value.to_f64() - 1.3).abs() < 4.0 * error && error < 0.02);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn dispersion_at_one_input(
    arch: &Architecture,
    x: &[f64],
    draws: u64,
    seed: u64,
    seconds: f64,
) -> Result<Option<Estimate>, RunError> {
    let failed = |source| RunError::Draw { draw: 0, source };
    let widths = arch.widths().unwrap_or_default();
    let one_output = widths.split_last().and_then(|(_, kept)| Widths::new([kept, &[1]].concat()).ok());
    let narrow = one_output.and_then(|widths| arch.with_widths(widths).ok());
    let sampler = Sampler::new(narrow.as_ref().unwrap_or(arch), x, None).map_err(failed)?;
    let recorder = Recorder::new(&sampler, &[Observable::Ntk(Entry::of_inputs(0, 0))])?;
    let affordable = (seconds * 1e9 / sampler.nanoseconds()) as u64;
    let draws = draws.min(affordable.max(2));
    let mut ledger = Ledger::new(recorder.names());
    let mut refused = Ok(());
    let blocks = 0..draws.div_ceil(DRAWS_PER_BLOCK as u64);
    run(&sampler, &recorder, seed, std::slice::from_ref(&blocks), draws, 1, |event| {
        if let Event::Block(block) = event {
            refused = ledger.insert(block.block, block.summary);
        }
        if refused.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    refused?;
    let Some(total) = ledger.total() else { return Ok(None) };
    Ok(total.marginal(0)?.tails(None)?.dispersion())
}
