//! What a process and the kernel use, from /proc.

use anyhow::{Context, Result};
use std::{fs, ops::Sub, path::Path};

/// Clock ticks a second in /proc (`USER_HZ`): 100 on every architecture that Linux runs on today.
const TICKS_A_SECOND: f64 = 100.0;

/// What a process has used since its start, and what it holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// Seconds of CPU as the program itself, to a hundredth.
    pub(crate) user_seconds: f64,
    /// Seconds of CPU as the kernel on its behalf, to a hundredth.
    pub(crate) system_seconds: f64,
    /// Bytes in memory now.
    pub(crate) resident_bytes: u64,
    /// Bytes that it has caused to be written to disks.
    pub(crate) written_bytes: u64,
}

impl Usage {
    /// What the process with this id has used.
    ///
    /// # Errors
    /// If there is no such process, or it belongs to somebody else.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let folder = format!("/proc/{pid}");
        let folder = Path::new(&folder);
        let read = |name: &str| {
            let file = folder.join(name);
            fs::read_to_string(&file).with_context(|| file.display().to_string())
        };
        let (user_seconds, system_seconds) = cpu(&read("stat")?)?;
        let status = read("status")?;
        let io = read("io")?;
        Ok(Self {
            user_seconds,
            system_seconds,
            resident_bytes: number(&status, "VmRSS:")? * 1_024,
            written_bytes: number(&io, "write_bytes:")?,
        })
    }

    /// What this process has used.
    ///
    /// # Errors
    /// As [`Usage::of`].
    pub(crate) fn own() -> Result<Self> {
        Self::of(std::process::id())
    }

    /// Seconds of CPU in all.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.user_seconds + self.system_seconds
    }
}

/// What was used between two looks; what is held is that of the later one.
impl Sub for Usage {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            user_seconds: self.user_seconds - earlier.user_seconds,
            system_seconds: self.system_seconds - earlier.system_seconds,
            resident_bytes: self.resident_bytes,
            written_bytes: self.written_bytes.saturating_sub(earlier.written_bytes),
        }
    }
}

/// What the kernel holds, for all processes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kernel {
    /// Bytes of the kernel's own objects, sockets among them.
    pub(crate) slab_bytes: u64,
    /// Bytes of TCP data that wait in sockets.
    pub(crate) socket_bytes: u64,
    /// TCP sockets.
    pub(crate) sockets: u64,
}

impl Kernel {
    /// What it holds now.
    ///
    /// # Errors
    /// If /proc can't be read.
    pub(crate) fn now() -> Result<Self> {
        /// Bytes of a page of memory: sockstat counts in pages.
        const PAGE: u64 = 4_096;
        let sockets = fs::read_to_string("/proc/net/sockstat").context("/proc/net/sockstat")?;
        let tcp = sockets
            .lines()
            .find_map(|line| line.strip_prefix("TCP:"))
            .unwrap_or_default();
        let of = |name: &str| {
            let mut words = tcp.split_whitespace();
            words.find(|word| *word == name);
            words.next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0)
        };
        Ok(Self {
            slab_bytes: number(&meminfo()?, "Slab:")? * 1_024,
            socket_bytes: of("mem") * PAGE,
            sockets: of("inuse"),
        })
    }
}

/// /proc/meminfo.
pub(crate) fn meminfo() -> Result<String> {
    fs::read_to_string("/proc/meminfo").context("/proc/meminfo")
}

/// The first number of the line that begins with `name`.
pub(crate) fn number(text: &str, name: &str) -> Result<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .with_context(|| format!("/proc tells no {name}"))
}

/// How many files this process, and any that it starts, may have open.
///
/// # Errors
/// If /proc can't be read.
pub(crate) fn open_files() -> Result<FileLimit> {
    let text = fs::read_to_string("/proc/self/limits").context("/proc/self/limits")?;
    Ok(file_limit(&text))
}

/// How many files a process may have open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileLimit {
    /// Now.
    pub(crate) soft: usize,
    /// After raising it.
    pub(crate) hard: usize,
}

fn file_limit(limits: &str) -> FileLimit {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .unwrap_or_default();
    // "unlimited" is no number.
    let mut numbers = line
        .split_whitespace()
        .map(|word| word.parse().unwrap_or(usize::MAX));
    let soft = numbers.next().unwrap_or(usize::MAX);
    FileLimit {
        soft,
        hard: numbers.next().unwrap_or(soft),
    }
}

/// Seconds as user and as system. The second field is the program's name in parentheses, and may hold anything.
fn cpu(stat: &str) -> Result<(f64, f64)> {
    let parse = || {
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<u64>().ok();
        Some((ticks()?, ticks()?))
    };
    let (user, system) = parse().context("/proc tells no CPU time")?;
    Ok((user as f64 / TICKS_A_SECOND, system as f64 / TICKS_A_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 123 45 6 7 20 0 3 0 99";
        assert_eq!(cpu(stat).unwrap(), (1.23, 0.45));
        assert!(cpu("7 (a").is_err());
    }

    #[test]
    fn limits_are_numbers_or_none() {
        let limit = |line: &str| file_limit(&format!("Limit  Soft\n{line}\n"));
        let told = limit("Max open files            1024                 20000                files");
        assert_eq!((told.soft, told.hard), (1_024, 20_000));
        assert_eq!(
            limit("Max open files  unlimited  unlimited  files").soft,
            usize::MAX
        );
    }

    #[test]
    fn this_process_uses_something() {
        let before = Usage::own().unwrap();
        assert!(before.resident_bytes > 0);
        let used = Usage::own().unwrap() - before;
        assert!(used.cpu_seconds() >= 0.0);
        assert!(Kernel::now().unwrap().slab_bytes > 0);
        assert!(open_files().unwrap().soft > 0);
        // No process has this number: the kernel's greatest is 2^22.
        assert!(Usage::of(u32::MAX).is_err());
    }
}
