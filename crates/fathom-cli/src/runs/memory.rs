//! How much memory a command may take.

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
