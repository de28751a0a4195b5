//! What a process costs, as the kernel counts it.

use std::fs;

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Seconds of processor time, its own and the kernel's for it.
    pub cpu_seconds: f64,
    /// Resident memory, in bytes.
    pub memory: u64,
}

impl Usage {
    /// None when the process is gone.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // the name of the program stands in parentheses and may hold spaces
        let (_, fields) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks: u32 = fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?;
        let per_second = u32::try_from(rustix::param::clock_ticks_per_second()).ok()?;
        let pages: u64 = fields.get(21)?.parse().ok()?;
        let memory = pages * u64::try_from(rustix::param::page_size()).ok()?;
        Some(Self { cpu_seconds: f64::from(ticks) / f64::from(per_second), memory })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory() {
        let own = Usage::of(std::process::id()).expect("it runs");
        assert!(own.memory > 100_000, "{own:?}");
        assert!(Usage::of(u32::MAX).is_none());
    }
}
