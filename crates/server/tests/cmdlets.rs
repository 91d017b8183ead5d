//! The table of docs/cmdlets.md: every published cmdlet is in it once, with commands and options that exist, or with
//! the reason why there is none.

use std::process::Command;

const TABLE: &str = include_str!("../../../docs/cmdlets.md");

/// What a row without a command begins with; the reason follows.
const NO_COMMAND: &str = "no command yet: ";

/// The published cmdlets, in the order of the table: what they do, and with what of `CsPersistentChat`.
const CMDLETS: [(&str, &[&str]); 13] = [
    ("Category", &["Get", "New", "Set", "Remove"]),
    ("Room", &["Get", "New", "Set", "Remove", "Clear"]),
    ("Message", &["Remove"]),
    ("Addin", &["Get", "New", "Set", "Remove"]),
    ("Configuration", &["Get", "New", "Set", "Remove"]),
    ("ComplianceConfiguration", &["Get", "New", "Set", "Remove"]),
    ("Policy", &["Get", "New", "Set", "Remove", "Grant"]),
    ("Endpoint", &["Get", "New", "Remove"]),
    ("EligiblePrincipal", &["Get"]),
    ("ActiveServer", &["Set"]),
    ("State", &["Get", "Set"]),
    ("Data", &["Export", "Import"]),
    ("Message", &["Test"]),
];

/// A row of the table.
struct Row {
    number: usize,
    cmdlet: &'static str,
    command: &'static str,
    parameters: &'static str,
}

impl Row {
    /// The commands without their first word: `room list`.
    fn commands(&self) -> Vec<&'static str> {
        quoted(self.command)
            .map(|command| {
                let rest = command.strip_prefix("causerie ");
                rest.unwrap_or_else(|| panic!("{}: {command}", self.cmdlet))
            })
            .collect()
    }
}

/// What stands between backticks.
fn quoted(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('`').skip(1).step_by(2)
}

fn rows() -> Vec<Row> {
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, cmdlet, command, parameters] = cells[..] else {
            return None;
        };
        let number = number.parse().ok()?;
        Some(Row {
            number,
            cmdlet,
            command,
            parameters,
        })
    };
    TABLE.lines().filter_map(row).collect()
}

/// The help of a command, if there is that very command.
fn help(command: &str) -> Result<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_causerie"))
        .args(command.split(' '))
        .arg("--help")
        .output()
        .expect("the program starts");
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() && help.contains(&format!("Usage: causerie {command} ")) {
        Ok(help)
    } else {
        Err(format!("there is no command `causerie {command}`"))
    }
}

#[test]
fn every_cmdlet_is_there_once() {
    let expected: Vec<String> = CMDLETS
        .iter()
        .flat_map(|(noun, verbs)| {
            verbs
                .iter()
                .map(move |verb| format!("{verb}-CsPersistentChat{noun}"))
        })
        .collect();
    assert_eq!(expected.len(), 37);
    let rows = rows();
    let found: Vec<&str> = rows.iter().map(|row| row.cmdlet).collect();
    assert_eq!(found, expected);
    assert!(rows.iter().map(|row| row.number).eq(1..=37));
}

#[test]
fn a_row_without_a_command_says_why() {
    for row in rows() {
        let reason = row.command.strip_prefix(NO_COMMAND);
        assert_eq!(reason.is_some(), row.commands().is_empty(), "{}", row.cmdlet);
        assert_ne!(reason, Some(""), "{}", row.cmdlet);
    }
}

/// Each command of the table can be asked for its help, and each option that a row names is in the help of one of its
/// commands.
#[test]
fn every_command_and_option_is_there() {
    let mut missing = Vec::new();
    for row in rows() {
        let mut all = String::new();
        let mut complete = true;
        for command in row.commands() {
            match help(command) {
                Ok(help) => all += &help,
                Err(error) => {
                    complete = false;
                    missing.push(format!("{}: {error}", row.cmdlet));
                }
            }
        }
        // What options a command that isn't there would have can't be asked.
        let options = quoted(row.parameters).flat_map(str::split_whitespace);
        for option in options.filter(|word| complete && word.starts_with("--")) {
            let known = all.split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
            if !row.command.starts_with(NO_COMMAND) && !known.into_iter().any(|word| word == option) {
                missing.push(format!("{}: {} has no {option}", row.cmdlet, row.command));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
