//! How much memory a command may take.

use crate::error::CommandError;
use crate::flags::usage;

/// What is left free of the memory that is available, as a divisor.
const RESERVE: u64 = 10;
/// Where the system does not say how much is available: 16 GiB.
const DEFAULT: u64 = 16 << 30;

/// Bytes from `--memory`, or else nine tenths of what the system has available.
pub(crate) fn allowed_bytes(mebibytes: Option<u64>) -> u64 {
    let available = || {
        let text = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes << 10)
    };
    let own = || available().map_or(DEFAULT, |bytes| bytes - bytes / RESERVE);
    mebibytes.map_or_else(own, |mebibytes| mebibytes.saturating_mul(1 << 20))
}

/// Refuses more threads than there is memory for.
///
/// # Arguments
/// * `bytes`: of one thread, which draws one network at a time.
pub(crate) fn check_threads(bytes: u64, threads: u64, allowed: u64) -> Result<(), CommandError> {
    let needed = bytes.saturating_mul(threads);
    if needed <= allowed {
        return Ok(());
    }
    let remedy = match allowed / bytes.max(1) {
        0 => "use smaller widths or fewer inputs".into(),
        fit => format!("use --threads {fit}, smaller widths or fewer inputs"),
    };
    let [bytes, needed, allowed] = [bytes, needed, allowed].map(|bytes| bytes.div_ceil(1 << 20));
    Err(usage(format!(
        "drawing networks with {threads} threads needs {needed} MiB of memory, {bytes} for each, and {allowed} are \
         available: {remedy}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_threads_are_advised_as_fit() {
        assert!(check_threads(3 << 20, 4, 12 << 20).is_ok());
        let refused = |threads, allowed: u64| check_threads(3 << 20, threads, allowed << 20).unwrap_err().to_string();
        let message = refused(4, 11);
        assert!(message.contains("12 MiB") && message.contains("11 are available: use --threads 3,"), "{message}");
        assert!(refused(1, 2).ends_with("use smaller widths or fewer inputs"));
        assert!(check_threads(u64::MAX, 2, u64::MAX).is_ok(), "saturates");
    }
}
