//! What a run found: as a table for people, and as JSON with everything that makes it comparable.

use crate::process::{meminfo, number};
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;
use std::{fmt::Write as _, fs, path::Path, thread, time::SystemTime};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What a workload found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// What it was asked to do.
    pub(crate) settings: Value,
    /// What it measured. Names end with their unit.
    pub(crate) results: Value,
    /// What went wrong: a loss, a duplicate, a reordering, … Empty if nothing did.
    pub(crate) faults: Vec<String>,
}

/// The machine of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_bytes: u64,
    pub(crate) kernel: String,
    /// The kind of file system that the server's data is on.
    pub(crate) file_system: String,
}

impl Machine {
    /// This one, with the file system of a directory.
    ///
    /// # Errors
    /// If /proc can't be read.
    pub(crate) fn this(data_dir: &Path) -> Result<Self> {
        let read = |file: &str| fs::read_to_string(file).with_context(|| file.to_owned());
        Ok(Self {
            cpu: cpu_model(&read("/proc/cpuinfo")?),
            cores: thread::available_parallelism()?.get(),
            memory_bytes: number(&meminfo()?, "MemTotal:")? * 1_024,
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            file_system: file_system(&read("/proc/self/mountinfo")?, &data_dir.canonicalize()?),
        })
    }
}

fn cpu_model(cpuinfo: &str) -> String {
    let line = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
    let name = line.and_then(|line| line.split_once(':'));
    name.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |(_, name)| name.trim().to_owned(),
    )
}

/// The type of the deepest mount that a path is under (proc_pid_mountinfo(5)).
fn file_system(mountinfo: &str, path: &Path) -> String {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        Some((Path::new(mount.split(' ').nth(4)?), kind.split(' ').next()?))
    });
    mounts
        .filter(|(mount, _)| path.starts_with(mount))
        // Of two mounts on one place the later one is what is seen.
        .max_by_key(|(mount, _)| mount.components().count())
        .map_or_else(|| "unknown".to_owned(), |(_, kind)| kind.to_owned())
}

/// A run, with all that makes it comparable to others.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// The version of server and generator: they are one program.
    causerie: &'static str,
    /// How it was built: figures of a debug build say nothing.
    build: &'static str,
    workload: &'static str,
    started: String,
    machine: Machine,
    settings: Value,
    results: Value,
    faults: Vec<String>,
}

impl Report {
    pub(crate) fn new(workload: &'static str, started: String, machine: Machine, outcome: Outcome) -> Self {
        Self {
            causerie: env!("CARGO_PKG_VERSION"),
            build: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            },
            workload,
            started,
            machine,
            settings: outcome.settings,
            results: outcome.results,
            faults: outcome.faults,
        }
    }

    pub(crate) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// For programs.
    ///
    /// # Errors
    /// None that can occur with these values.
    pub(crate) fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// For people.
    pub(crate) fn table(&self) -> String {
        let machine = &self.machine;
        let mut table = format!(
            "{} of Causerie {} ({} build), {}\n{}, {} cores, {:.1} GiB, Linux {}, {}\n",
            self.workload,
            self.causerie,
            self.build,
            self.started,
            machine.cpu,
            machine.cores,
            machine.memory_bytes as f64 / f64::from(1 << 30),
            machine.kernel,
            machine.file_system,
        );
        for (name, value) in [("settings", &self.settings), ("results", &self.results)] {
            // Writing to a string can't fail.
            let _ = write!(table, "\n{name}\n");
            rows(&mut table, value, 1);
        }
        match self.faults.len() {
            0 => table.push_str("\nno faults\n"),
            count => {
                let _ = write!(table, "\nfaults: {count}\n");
                self.faults.iter().for_each(|fault| {
                    let _ = writeln!(table, "  {fault}");
                });
            }
        }
        table
    }
}

/// Columns before the values.
const NAMES: usize = 44;

fn rows(table: &mut String, value: &Value, depth: usize) {
    let Value::Object(fields) = value else { return };
    let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
    // Single figures before groups, and "p99 ms" before "p999 ms".
    fields.sort_by_key(|(name, value)| (value.is_object(), name.split('_').collect::<Vec<_>>()));
    for (name, value) in fields {
        let name = format!("{:indent$}{}", "", name.replace('_', " "), indent = depth * 2);
        match value {
            Value::Null => {}
            Value::Object(_) => {
                table.push_str(&name);
                table.push('\n');
                rows(table, value, depth + 1);
            }
            _ => {
                let _ = writeln!(table, "{name:NAMES$}  {}", shown(value));
            }
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => grouped(whole),
            (None, Some(number)) => decimal(number),
            _ => number.to_string(),
        },
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// With commas, as people read it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Three digits that mean something.
fn decimal(number: f64) -> String {
    match number.abs() {
        size if size >= 1_000.0 => {
            let sign = if number < 0.0 { "-" } else { "" };
            format!("{sign}{}", grouped(size.round() as u64))
        }
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        size if size >= 1.0 => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

/// The present, as a report has it.
pub(crate) fn present() -> String {
    #[expect(clippy::disallowed_methods, reason = "a report says when it was made")]
    let now = OffsetDateTime::from(SystemTime::now());
    let now = now.replace_nanosecond(0).unwrap_or(now);
    now.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(faults: Vec<String>) -> Report {
        let machine = Machine {
            cpu: "Some CPU".to_owned(),
            cores: 2,
            memory_bytes: 24 << 30,
            kernel: "6.1".to_owned(),
            file_system: "ext4".to_owned(),
        };
        let outcome = Outcome {
            settings: json!({"rooms": 10, "transport": "tls"}),
            results: json!({
                "deliveries": 1_234_567,
                "latency": {"p50_ms": 1.2345, "p999_ms": 99.99, "p99_ms": 9.0},
                "seconds": 10.5,
                "skipped": null
            }),
            faults,
        };
        Report::new("fanout", "2026-01-02T03:04:05Z".to_owned(), machine, outcome)
    }

    #[test]
    fn the_table_is_readable() {
        let table = report(Vec::new()).table();
        let lines: Vec<&str> = table.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "Some CPU, 2 cores, 24.0 GiB, Linux 6.1, ext4",
                "",
                "settings",
                "  rooms                                       10",
                "  transport                                   tls",
                "",
                "results",
                "  deliveries                                  1,234,567",
                "  seconds                                     10.5",
                "  latency",
                "    p50 ms                                    1.23",
                "    p99 ms                                    9.00",
                "    p999 ms                                   100.0",
                "",
                "no faults",
            ]
        );
        assert!(
            report(vec!["one was lost".to_owned()])
                .table()
                .ends_with("\nfaults: 1\n  one was lost\n")
        );
    }

    #[test]
    fn the_json_has_everything() {
        let json: Value = serde_json::from_str(&report(vec!["x".to_owned()]).json().unwrap()).unwrap();
        assert_eq!(json["results"]["deliveries"], 1_234_567);
        assert_eq!(json["machine"]["file_system"], "ext4");
        assert_eq!(json["faults"], json!(["x"]));
        assert_eq!(json["causerie"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn numbers_are_short_and_whole() {
        let shown: Vec<String> = [0.0, 0.01234, 1.0, 12.34, 123.4, 1_234.5, -1_234.5]
            .map(decimal)
            .into();
        assert_eq!(
            shown,
            ["0.000", "0.012", "1.00", "12.3", "123", "1,235", "-1,235"]
        );
        assert_eq!(
            [0, 999, 1_000, 1_000_000].map(grouped),
            ["0", "999", "1,000", "1,000,000"]
        );
    }

    #[test]
    fn the_file_system_is_that_of_the_deepest_mount() {
        let mounts = "1 0 8:1 / / rw shared:1 - ext4 /dev/sda rw\n2 1 0:5 / /tmp rw - tmpfs tmpfs rw\n";
        assert_eq!(file_system(mounts, Path::new("/tmp/x")), "tmpfs");
        assert_eq!(file_system(mounts, Path::new("/tmpx")), "ext4");
        assert_eq!(file_system("", Path::new("/")), "unknown");
        assert!(Machine::this(Path::new("/")).unwrap().memory_bytes > 0);
    }
}
