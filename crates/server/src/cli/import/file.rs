//! Reading and writing files of entries. A row of CSV becomes the same object that a JSON document has.

use super::{
    kind::{Column, Kind},
    unknown_format,
};
use anyhow::{Context, Result, bail};
use causerie_web::admin::wire::Import;
use serde_json::{Map, Value, json};
use std::{collections::HashMap, fmt, fs, path::Path};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Format {
    /// One kind, a row each.
    Csv,
    /// All kinds in one document.
    Json,
}

impl Format {
    /// What a file's name says.
    pub(in crate::cli) fn of(file: &Path) -> Result<Self> {
        let extension = file.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            _ => unknown_format(file),
        }
    }
}

/// Where something is in a file: of CSV the line, of JSON the kind and the place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Line(u64),
    Entry(Kind, usize, String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Entry(kind, index, name) => write!(f, "{}[{index}] ({name})", kind.as_str()),
        }
    }
}

/// Something wrong in a file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wrong {
    at: Place,
    what: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

/// The entries of a file, and where each is.
#[derive(Default)]
pub(super) struct Content {
    kinds: Vec<(Kind, Vec<Value>, Vec<Place>)>,
}

impl Content {
    /// The kinds that there are, in the order of import.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (Kind, &[Value])> {
        let kinds = self.kinds.iter();
        kinds.map(|(kind, entries, _)| (*kind, entries.as_slice()))
    }

    /// Entries of all kinds.
    pub(super) fn len(&self) -> usize {
        self.kinds().map(|(_, entries)| entries.len()).sum()
    }

    /// All of it, as it is sent.
    pub(super) fn document(&self) -> Value {
        let kinds = self.kinds();
        let kinds: Map<String, Value> = kinds
            .map(|(kind, entries)| (kind.as_str().to_owned(), entries.into()))
            .collect();
        kinds.into()
    }

    /// What is wrong with an entry.
    pub(super) fn wrong(&self, kind: &str, index: usize, what: &str) -> Wrong {
        let found = self.kinds.iter().find(|(known, ..)| known.as_str() == kind);
        let at = found.and_then(|(.., places)| places.get(index)).cloned();
        Wrong {
            at: at.unwrap_or(Place::Line(0)),
            what: what.to_owned(),
        }
    }
}

/// Reads a file: what is good in it, and all that isn't.
pub(super) fn read(file: &Path, kind: Option<Kind>) -> Result<(Content, Vec<Wrong>)> {
    let format = Format::of(file)?;
    let name = || file.display().to_string();
    let bytes = fs::read(file).with_context(name)?;
    // What spreadsheets write before UTF-8.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    match format {
        Format::Csv => of_csv(bytes, kind).with_context(name),
        Format::Json if kind.is_some() => bail!("--kind is for CSV files: a JSON document names its kinds"),
        Format::Json => of_json(bytes).with_context(name),
    }
}

fn of_json(bytes: &[u8]) -> Result<(Content, Vec<Wrong>)> {
    let document: Import = serde_json::from_slice(bytes)?;
    let document = serde_json::to_value(document)?;
    let mut content = Content::default();
    let mut wrong = Vec::new();
    for kind in Kind::ALL {
        let entries = document.get(kind.as_str()).and_then(Value::as_array);
        let Some(entries) = entries.filter(|entries| !entries.is_empty()) else {
            continue;
        };
        let places: Vec<Place> = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| Place::Entry(kind, index, key(kind, entry)))
            .collect();
        wrong.extend(twice(kind, entries, &places));
        content.kinds.push((kind, entries.clone(), places));
    }
    Ok((content, wrong))
}

fn key(kind: Kind, entry: &Value) -> String {
    let key = entry.get(kind.key()).and_then(Value::as_str);
    key.unwrap_or_default().trim().to_owned()
}

/// Entries that are there already: which of them is meant can't be told.
fn twice(kind: Kind, entries: &[Value], places: &[Place]) -> Vec<Wrong> {
    let mut seen: HashMap<String, &Place> = HashMap::new();
    let mut wrong = Vec::new();
    for (entry, at) in entries.iter().zip(places) {
        let name = key(kind, entry);
        if let Some(first) = seen.get(&name.to_lowercase()) {
            wrong.push(Wrong {
                at: at.clone(),
                what: format!("'{name}' is there already: {first}"),
            });
        } else {
            seen.insert(name.to_lowercase(), at);
        }
    }
    wrong
}

fn of_csv(bytes: &[u8], kind: Option<Kind>) -> Result<(Content, Vec<Wrong>)> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header: Vec<String> = reader
        .headers()?
        .iter()
        .map(|column| column.trim().to_ascii_lowercase())
        .collect();
    let kind = kind_of(&header, kind)?;
    let (mut entries, mut places, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let at = Place::Line(line);
                let what = "the line isn't UTF-8 text".to_owned();
                wrong.push(Wrong { at, what });
                continue;
            }
        };
        let at = Place::Line(record.position().map_or(0, csv::Position::line));
        match row(kind, &header, &record) {
            Ok(entry) => {
                entries.push(entry);
                places.push(at);
            }
            Err(what) => wrong.push(Wrong { at, what }),
        }
    }
    wrong.extend(twice(kind, &entries, &places));
    let kinds = vec![(kind, entries, places)];
    Ok((Content { kinds }, wrong))
}

/// The kind whose columns these are.
fn kind_of(header: &[String], said: Option<Kind>) -> Result<Kind> {
    for (index, column) in header.iter().enumerate() {
        if header.iter().take(index).any(|other| other == column) {
            bail!("the column '{column}' is there twice");
        }
    }
    let foreign = |kind: Kind| header.iter().find(move |column| kind.column(column).is_none());
    let fits = |kind: &Kind| header.iter().any(|column| column == kind.key()) && foreign(*kind).is_none();
    let columns = |kind: Kind| {
        let columns: Vec<&str> = kind.columns().iter().map(|(column, _)| *column).collect();
        columns.join(", ")
    };
    if let Some(kind) = said {
        if let Some(column) = foreign(kind) {
            bail!(
                "{} have no column '{column}', but: {}",
                kind.as_str(),
                columns(kind)
            );
        }
        if !fits(&kind) {
            bail!("the column '{}' is missing", kind.key());
        }
        return Ok(kind);
    }
    let fitting: Vec<Kind> = Kind::ALL.into_iter().filter(fits).collect();
    match fitting[..] {
        [kind] => Ok(kind),
        [] => bail!(
            "the columns are those of no kind: say which with --kind to hear what is wrong with them; docs/import.md \
             lists them"
        ),
        _ => {
            let kinds: Vec<&str> = fitting.iter().map(|kind| kind.as_str()).collect();
            bail!("the columns may be those of {}: say --kind", kinds.join(" or "))
        }
    }
}

/// A row as an object. An empty cell says nothing.
fn row(kind: Kind, header: &[String], record: &csv::StringRecord) -> Result<Value, String> {
    if record.len() != header.len() {
        let (cells, columns) = (record.len(), header.len());
        return Err(format!("there are {cells} cells for {columns} columns"));
    }
    let mut fields = Map::new();
    for (name, cell) in header.iter().zip(record) {
        let Some(column) = kind.column(name) else { continue };
        let exact = name == "password";
        let cell = if exact { cell } else { cell.trim() };
        if cell.is_empty() {
            continue;
        }
        let value = match column {
            Column::Text => json!(cell),
            Column::Name => json!(if cell == "-" { "" } else { cell }),
            Column::Flag => json!(flag(name, cell)?),
            Column::List => json!(split(cell)),
        };
        fields.insert(name.clone(), value);
    }
    let entry = Value::Object(fields);
    let alone = json!({ (kind.as_str()): [&entry] });
    match serde_json::from_value::<Import>(alone) {
        Ok(_) => Ok(entry),
        Err(error) => Err(error.to_string()),
    }
}

fn flag(name: &str, cell: &str) -> Result<bool, String> {
    match cell.to_ascii_lowercase().as_str() {
        "yes" | "on" | "true" | "1" => Ok(true),
        "no" | "off" | "false" | "0" => Ok(false),
        _ => Err(format!("{name}: '{cell}' is neither yes nor no")),
    }
}

/// The names of a list: `;` is between them, and `\` before a `;` or `\` that is part of one.
fn split(cell: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut characters = cell.chars();
    while let Some(c) = characters.next() {
        match (c, names.last_mut()) {
            ('\\', Some(name)) => name.extend(characters.next()),
            (';', _) => names.push(String::new()),
            (c, Some(name)) => name.push(c),
            (_, None) => {}
        }
    }
    let names = names.iter().map(|name| name.trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names = names.map(|name| name.replace('\\', "\\\\").replace(';', "\\;"));
    names.collect::<Vec<_>>().join("; ")
}

/// The entries of a kind as CSV.
pub(in crate::cli) fn to_csv(kind: Kind, document: &Import) -> Result<String> {
    let document = serde_json::to_value(document)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    // A password is never exported.
    let columns = kind.columns().iter().filter(|(name, _)| *name != "password");
    let columns: Vec<_> = columns.collect();
    writer.write_record(columns.iter().map(|(name, _)| name))?;
    let entries = document.get(kind.as_str()).and_then(Value::as_array);
    for entry in entries.into_iter().flatten() {
        let cells = columns.iter().map(|(name, column)| {
            let value = entry.get(name).unwrap_or(&Value::Null);
            match (column, value) {
                (Column::Flag, value) => match value.as_bool() {
                    Some(true) => "yes".to_owned(),
                    Some(false) => "no".to_owned(),
                    None => String::new(),
                },
                (Column::List, value) => {
                    let names = value.as_array().into_iter().flatten();
                    join(names.filter_map(Value::as_str))
                }
                (Column::Name, Value::String(text)) if text.is_empty() => "-".to_owned(),
                (_, value) => value.as_str().unwrap_or_default().to_owned(),
            }
        });
        writer.write_record(cells)?;
    }
    let bytes = writer.into_inner().context("the rows can't be written")?;
    Ok(String::from_utf8(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str, kind: Option<Kind>) -> (Value, Vec<String>) {
        let (content, wrong) = of_csv(text.as_bytes(), kind).unwrap();
        (
            content.document(),
            wrong.iter().map(ToString::to_string).collect(),
        )
    }

    #[track_caller]
    fn refused(text: &str, kind: Option<Kind>) -> String {
        of_csv(text.as_bytes(), kind).err().unwrap().to_string()
    }

    #[test]
    fn columns_tell_the_kind_and_cells_become_fields() {
        let (document, wrong) = content(
            "Address, Name ,enabled,policy,groups,password\n\
             ann@x.test,\"Smith, Ann\",no,-,Desk; Floor \\; 2, secret 1 \n\
             bob@x.test,,,,,\n",
            None,
        );
        assert_eq!(wrong, [""; 0]);
        let ann = json!({"address": "ann@x.test", "name": "Smith, Ann", "enabled": false, "policy": "",
            "groups": ["Desk", "Floor ; 2"], "password": " secret 1 "});
        assert_eq!(document, json!({"users": [ann, {"address": "bob@x.test"}]}));
        let (document, _) = content("name,sides\nWall,A;B\n", None);
        assert_eq!(
            document,
            json!({"barriers": [{"name": "Wall", "sides": ["A", "B"]}]})
        );
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_line() {
        let (document, wrong) = content(
            "name,category,disabled\nA,C,maybe\n\"B\nb\",C\nA,C,yes\na,C,no\n,C,no\n",
            None,
        );
        assert_eq!(
            wrong,
            [
                "line 2: disabled: 'maybe' is neither yes nor no",
                "line 3: there are 2 cells for 3 columns",
                "line 7: missing field `name`",
                "line 6: 'a' is there already: line 5",
            ]
        );
        assert_eq!(document["rooms"].as_array().unwrap().len(), 2);
        let (_, wrong) = content("name,sides\nWall,A\n", None);
        assert!(wrong[0].starts_with("line 2: invalid length 1"), "{wrong:?}");
    }

    #[test]
    fn a_header_that_fits_nothing_or_too_much_is_refused() {
        assert!(refused("name,members\nX,\n", None).contains("groups or rooms"));
        assert_eq!(content("name,members\nX,\n", Some(Kind::Groups)).1, [""; 0]);
        assert!(refused("name,colour\nX,\n", None).contains("no kind"));
        assert!(refused("name,colour\nX,\n", Some(Kind::Rooms)).contains("no column 'colour'"));
        assert!(refused("category\nX\n", Some(Kind::Rooms)).contains("'name' is missing"));
        assert!(refused("name,NAME\nX,Y\n", None).contains("twice"));
    }

    #[test]
    fn lists_come_back_as_they_were() {
        let names = ["a;b", "c\\d", "e"];
        assert_eq!(split(&join(names.into_iter())), names);
        assert_eq!(split(""), [""; 0]);
        assert_eq!(split("a;;b;"), ["a", "b"]);
    }
}
