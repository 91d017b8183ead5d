//! Reading the file, with errors that say where and what else might have been meant.

use super::Config;
use std::{
    fmt,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// Everything that is wrong with a configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    file: PathBuf,
    problems: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [problem] => write!(f, "{}: {problem}", self.file.display()),
            problems => {
                write!(f, "{}:", self.file.display())?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, "\n  - {problem}"))
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads and checks a configuration.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn load(file: &Path) -> Result<Config, ConfigError> {
    let fail = |problems| ConfigError {
        file: file.to_owned(),
        problems,
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => format!(
                "; make one with: causerie config example > {}, or try causerie serve --demo",
                file.display()
            ),
            _ => String::new(),
        };
        fail(vec![format!("{error}{hint}")])
    })?;
    let config = parse(&text).map_err(fail)?;
    config.check().map_err(fail)?;
    Ok(config)
}

/// Reads a configuration without checking what its values mean.
pub(super) fn parse(text: &str) -> Result<Config, Vec<String>> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        vec![format!("line {}: {}", line(text, error.span()), error.message())]
    })?;
    let mut unknown = Vec::new();
    let known = known_keys();
    find_unknown(&table, &known, "", &mut unknown);
    if !unknown.is_empty() {
        let names = paths(&known);
        return Err(unknown
            .iter()
            .map(|path| describe_unknown(path, &names))
            .collect());
    }
    let failed =
        |error: toml::de::Error| vec![format!("line {}: {}", line(text, error.span()), error.message())];
    let deserializer = toml::Deserializer::parse(text).map_err(failed)?;
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let (line, message) = (line(text, error.inner().span()), error.inner().message());
        vec![format!("line {line}: {}: {message}", error.path())]
    })
}

fn line(text: &str, span: Option<std::ops::Range<usize>>) -> usize {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    before.matches('\n').count() + 1
}

/// Every key that there is, in tables as in the file.
fn known_keys() -> Table {
    // Plain texts, numbers and lists in structures: there is nothing in it that TOML lacks.
    Table::try_from(Config::default()).unwrap_or_default()
}

/// The full names of all keys and tables.
pub(super) fn paths(table: &Table) -> Vec<String> {
    let mut all = Vec::new();
    for (key, value) in table {
        all.push(key.clone());
        if let Value::Table(inner) = value {
            all.extend(paths(inner).into_iter().map(|path| format!("{key}.{path}")));
        }
    }
    all
}

fn find_unknown(table: &Table, known: &Table, prefix: &str, unknown: &mut Vec<String>) {
    for (key, value) in table {
        match (known.get(key), value) {
            (None, _) => unknown.push(format!("{prefix}{key}")),
            (Some(Value::Table(known)), Value::Table(inner)) => {
                find_unknown(inner, known, &format!("{prefix}{key}."), unknown);
            }
            _ => {}
        }
    }
}

fn describe_unknown(path: &str, names: &[String]) -> String {
    match nearest(path, names) {
        Some(name) => format!("unknown key '{path}' — did you mean '{name}'?"),
        None => format!("unknown key '{path}'; `causerie config example` prints all that there are"),
    }
}

/// The key that was probably meant: the same one in another table, or one that is a few slips away.
fn nearest<'a>(path: &str, names: &'a [String]) -> Option<&'a str> {
    let last = |path: &str| path.rsplit('.').next().map(str::to_owned);
    let slips = |name: &&String| strsim::damerau_levenshtein(path, name);
    let close = names.iter().min_by_key(slips).filter(|name| slips(name) <= 2);
    let same = || {
        names
            .iter()
            .find(|name| name.contains('.') && last(name) == last(path))
    };
    let alike = || {
        let likeness = |name: &String| strsim::jaro_winkler(path, name);
        let best = names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        best.filter(|name| likeness(name) > 0.85)
    };
    close.or_else(same).or_else(alike).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EXAMPLE;

    fn problems(text: &str) -> String {
        parse(text).unwrap_err().join("\n")
    }

    #[test]
    fn the_manual_has_every_key_at_its_default() {
        let table: Table = EXAMPLE.parse().unwrap();
        let (mut written, mut known) = (paths(&table), paths(&known_keys()));
        written.sort();
        known.sort();
        assert_eq!(written, known);
        let config = parse(EXAMPLE).unwrap();
        assert_eq!(config.check(), Ok(()));
        // The domain has no default.
        assert_eq!(
            config,
            Config {
                domain: "example.test".to_owned(),
                ..Config::default()
            }
        );
    }

    #[test]
    fn every_key_of_the_manual_has_a_comment() {
        let mut previous = "";
        for line in EXAMPLE.lines() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(previous.starts_with('#'), "no comment before: {line}");
            }
            previous = line;
        }
    }

    #[test]
    fn nothing_set_is_the_default() {
        assert_eq!(parse(""), Ok(Config::default()));
    }

    #[test]
    fn a_misspelt_key_is_told_with_the_one_that_was_meant() {
        for (text, told) in [
            (
                "[sip]\ntsl = \"off\"",
                "unknown key 'sip.tsl' — did you mean 'sip.tls'?",
            ),
            ("domian = \"x\"", "unknown key 'domian' — did you mean 'domain'?"),
            (
                "message_size = 1",
                "unknown key 'message_size' — did you mean 'chat.message_size'?",
            ),
            (
                "[sip.deadline]\nwrite = 1",
                "unknown key 'sip.deadline' — did you mean 'sip.deadlines'?",
            ),
            (
                "[sip.limits]\nsign_in = 1",
                "unknown key 'sip.limits.sign_in' — did you mean 'sip.deadlines.sign_in'?",
            ),
            (
                "frobnicate = 1",
                "unknown key 'frobnicate'; `causerie config example` prints all that there are",
            ),
        ] {
            assert_eq!(problems(text), told);
        }
        assert_eq!(
            parse("a = 1\nb = 2").unwrap_err().len(),
            2,
            "all are told at once"
        );
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_told_with_line_and_key() {
        for (text, told) in [
            ("\n[chat]\nmessage_size = \"8k\"", "line 3: chat.message_size: "),
            (
                "[sip]\ntcp = \"localhost\"",
                "line 2: sip.tcp: 'localhost' must be an IP address with a port",
            ),
            (
                "[log]\nformat = \"xml\"",
                "line 2: log.format: unknown variant `xml`, expected `text` or `json`",
            ),
            ("sip = 1", "line 1: sip: "),
            ("domain = \"x", "line 1: "),
        ] {
            assert!(problems(text).contains(told), "{}", problems(text));
        }
    }
}
