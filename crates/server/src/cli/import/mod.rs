//! `causerie import`.

mod file;
mod kind;

pub(super) use file::{Format, to_csv};
pub(super) use kind::Kind;

use super::{
    At,
    api::{Api, form},
    output,
};
use anyhow::{Result, bail};
use causerie_web::admin::wire::{Imported, ImportedChange};
use clap::Args;
use file::{Content, Wrong};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

/// Actions that the entries sent in one request ask for, about: few enough that each is answered soon, and that the bar
/// moves.
const BATCH: usize = 500;

/// What setting a password weighs in actions: hashing it is slow on purpose.
const PASSWORD: usize = 10;

/// Import users, groups, categories, rooms and barriers from a CSV or JSON file.
///
/// What is there is changed to what the file says, or left. Nothing is removed, but entries of lists with --replace-lists.
/// The whole file is tried out first: all that is wrong with it is said at once, and then nothing is changed. docs/import.md
/// has the columns and fields.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie import users.csv --what-if
  causerie import everything.json
  causerie import lists.csv --kind rooms --replace-lists

A CSV file has one kind and a header: address,name,groups,password makes it one of users. Lists are written a;b;c.")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    /// The file: its name ends with .csv or .json
    file: PathBuf,
    /// What a CSV file has, if its columns don't tell
    #[arg(long)]
    kind: Option<Kind>,
    /// Have lists as the file says; otherwise they are added to
    #[arg(long)]
    replace_lists: bool,
}

/// What came of the entries of a kind.
#[derive(Clone, Copy, Default)]
struct Count {
    added: usize,
    changed: usize,
    unchanged: usize,
}

impl Arguments {
    pub(super) async fn run(self) -> Result<()> {
        let api = self.at.api()?;
        let (content, mut wrong) = file::read(&self.file, self.kind)?;
        let asked: Vec<(&str, String)> = if self.replace_lists {
            vec![("replace_lists", true.to_string())]
        } else {
            vec![]
        };
        let value = api.change(&["import"], &asked, true, &content.document()).await?;
        let would: Imported = form(value.clone())?;
        for entry in &would.entries {
            if let Some(error) = &entry.error {
                wrong.push(content.wrong(&entry.kind, entry.index, &error.message));
            }
        }
        if !wrong.is_empty() {
            return Err(self.refusal(wrong));
        }
        let (done, changes) = if self.at.what_if {
            (outcomes(&would, &content, |index| index), would.changes)
        } else {
            self.carry_out(&api, &asked, &content).await?
        };
        self.tell(&content, &done, &changes)
    }

    /// Everything that is wrong, in the order of the file.
    fn refusal(&self, mut wrong: Vec<Wrong>) -> anyhow::Error {
        wrong.sort();
        let lines: Vec<String> = wrong.iter().map(|wrong| format!("\n  {wrong}")).collect();
        anyhow::anyhow!(
            "{}: {} error(s), nothing was changed{}",
            self.file.display(),
            wrong.len(),
            lines.concat()
        )
    }

    /// Sends the entries, so many at a time.
    async fn carry_out(
        &self,
        api: &Api,
        asked: &[(&str, String)],
        content: &Content,
    ) -> Result<(Outcomes, Vec<ImportedChange>)> {
        let bar = ProgressBar::new(content.len() as u64);
        let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {eta:>4}");
        // A template that can't be read would leave the usual look.
        if let Ok(style) = style {
            bar.set_style(style);
        }
        let (mut all, mut changes) = (Outcomes::new(), Vec::new());
        for batch in batches(content) {
            let entries: Vec<&Value> = batch.entries.iter().map(|(_, entry)| entry).collect();
            let value = api
                .change(
                    &["import"],
                    asked,
                    false,
                    &json!({ (batch.kind.as_str()): entries }),
                )
                .await?;
            let imported: Imported = form(value)?;
            let place = |index: usize| batch.entries.get(index).map_or(index, |(place, _)| *place);
            for (entry, outcome) in outcomes(&imported, content, place) {
                // A group comes twice, the second time with its members: what counts is the first.
                all.entry(entry).or_insert(outcome);
            }
            changes.extend(imported.changes);
            if batch.counts {
                bar.inc(batch.entries.len() as u64);
            }
        }
        bar.finish_and_clear();
        Ok((all, changes))
    }

    fn tell(&self, content: &Content, done: &Outcomes, changes: &[ImportedChange]) -> Result<()> {
        let mut counts: BTreeMap<Kind, Count> = BTreeMap::new();
        for (kind, entries) in content.kinds() {
            let count = counts.entry(kind).or_default();
            for index in 0..entries.len() {
                match done.get(&(kind, index)).map(String::as_str) {
                    Some("added") => count.added += 1,
                    Some(_) => count.changed += 1,
                    None => count.unchanged += 1,
                }
            }
        }
        if self.at.json {
            let counts: Map<String, Value> = counts
                .iter()
                .map(|(kind, count)| {
                    let Count {
                        added,
                        changed,
                        unchanged,
                    } = count;
                    let count = json!({"added": added, "changed": changed, "unchanged": unchanged});
                    (kind.as_str().to_owned(), count)
                })
                .collect();
            return output::json(&json!({"what_if": self.at.what_if, "counts": counts, "changes": changes}));
        }
        // What nobody asked for, but follows from what was.
        for change in changes.iter().filter(|change| change.what == "lists.trim") {
            let also = if self.at.what_if {
                "Would also take"
            } else {
                "Also took"
            };
            output::line(&format!(
                "{also} from the lists of {}: {}",
                change.target, change.before
            ))?;
        }
        let rows: Vec<Vec<String>> = counts
            .iter()
            .map(|(kind, count)| {
                vec![
                    kind.as_str().to_owned(),
                    count.added.to_string(),
                    count.changed.to_string(),
                    count.unchanged.to_string(),
                ]
            })
            .collect();
        let headings = if self.at.what_if {
            ["", "WOULD BE ADDED", "WOULD BE CHANGED", "UNCHANGED"]
        } else {
            ["", "ADDED", "CHANGED", "UNCHANGED"]
        };
        output::table(&headings, &rows, "The file is empty.")?;
        if self.at.what_if {
            output::line("Nothing was changed.")?;
        }
        Ok(())
    }
}

/// What came of entries, but of those that were so already.
type Outcomes = HashMap<(Kind, usize), String>;

fn outcomes(imported: &Imported, content: &Content, place: impl Fn(usize) -> usize) -> Outcomes {
    let entries = imported.entries.iter().filter_map(|entry| {
        let (kind, _) = content.kinds().find(|(kind, _)| kind.as_str() == entry.kind)?;
        Some(((kind, place(entry.index)), entry.outcome.clone()))
    });
    entries.collect()
}

/// Entries of one kind, with their places in the file, that are sent together.
struct Batch {
    kind: Kind,
    /// They weren't sent before.
    counts: bool,
    entries: Vec<(usize, Value)>,
}

/// All entries in the order in which one may need another: groups first without their members, who may be other groups or
/// users that come later.
fn batches(content: &Content) -> Vec<Batch> {
    let mut all = Vec::new();
    let members = |entry: &Value| entry.get("members").is_some();
    for (kind, entries) in content.kinds() {
        let entries = entries.iter().cloned().enumerate();
        if kind == Kind::Groups {
            let bare = entries.map(|(index, mut entry)| {
                if let Some(fields) = entry.as_object_mut() {
                    fields.remove("members");
                }
                (index, entry)
            });
            fill(&mut all, kind, true, bare);
        } else {
            fill(&mut all, kind, true, entries);
        }
        // Members of groups come after the users, or where these would be.
        let after_users = content.kinds().any(|(kind, _)| kind == Kind::Users);
        if kind == Kind::Users || (kind == Kind::Groups && !after_users) {
            let groups = content.kinds().filter(|(kind, _)| *kind == Kind::Groups);
            let groups = groups.flat_map(|(_, entries)| entries.iter().cloned().enumerate());
            fill(
                &mut all,
                Kind::Groups,
                false,
                groups.filter(|(_, entry)| members(entry)),
            );
        }
    }
    all
}

fn fill(all: &mut Vec<Batch>, kind: Kind, counts: bool, entries: impl Iterator<Item = (usize, Value)>) {
    let mut weight = BATCH;
    for (index, entry) in entries {
        let heavy = weigh(&entry);
        if weight + heavy > BATCH {
            weight = 0;
            all.push(Batch {
                kind,
                counts,
                entries: Vec::new(),
            });
        }
        weight += heavy;
        if let Some(batch) = all.last_mut() {
            batch.entries.push((index, entry));
        }
    }
}

/// About how many actions an entry asks for.
fn weigh(entry: &Value) -> usize {
    let fields = entry.as_object().into_iter().flatten();
    let fields = fields.map(|(name, value)| match value {
        Value::Array(names) => names.len(),
        _ if name == "password" => PASSWORD,
        _ => 0,
    });
    2 + fields.sum::<usize>()
}

/// Refuses a kind of file that isn't known.
fn unknown_format(file: &std::path::Path) -> Result<Format> {
    bail!("{}: the file's name must end with .csv or .json", file.display())
}
