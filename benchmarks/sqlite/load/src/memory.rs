//! The memory of this process, as Linux tells it.

/// What is resident now, in KiB; 0 where the system does not tell.
#[must_use]
pub fn resident_kib() -> u64 {
    line("VmRSS:")
}

/// The most that was resident so far, in KiB; 0 where the system does not tell.
#[must_use]
pub fn peak_kib() -> u64 {
    line("VmHWM:")
}

fn line(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
