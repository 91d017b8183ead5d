//! Rules for the source text that no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

const MAX_LINES: usize = 800;
/// Where SQL may be besides store adapters: in tests that tamper with databases or judge them apart from the adapters, and
/// where a server for them is started.
const MAY_HAVE_SQL: [&str; 3] = [
    "crates/server/tests/attacks/judge.rs",
    "crates/server/tests/attacks/tampered.rs",
    "crates/testkit/src/postgres.rs",
];

/// What is wrong with this Rust file, a sentence each. The path is relative to the project.
fn untidy(path: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let lines = text.lines().count();
    if lines > MAX_LINES {
        wrong.push(format!(
            "{path} has {lines} lines; more than {MAX_LINES} want to be two files"
        ));
    }
    // Put together here, so that this file does not find itself.
    let unfinished = [concat!("todo", "!("), concat!("unimplemented", "!(")];
    let sql = [
        concat!("SELECT", " "),
        concat!("INSERT ", "INTO"),
        concat!("DELETE ", "FROM"),
    ];
    for (number, line) in (1..).zip(text.lines()) {
        if unfinished.iter().any(|word| line.contains(word)) {
            wrong.push(format!("{path}:{number} is unfinished: {}", line.trim()));
        }
        let may_have_sql = path.starts_with("crates/store-") || MAY_HAVE_SQL.contains(&path);
        if !may_have_sql && sql.iter().any(|word| line.contains(word)) {
            wrong.push(format!(
                "{path}:{number} has SQL, which belongs into a store adapter: {}",
                line.trim()
            ));
        }
    }
    wrong
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_source_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the root of the project");
    let mut files = Vec::new();
    rust_files(&root.join("crates"), &mut files);
    rust_files(&root.join("xtask"), &mut files);
    assert!(
        files.iter().any(|file| file.ends_with("xtask/tests/tidy.rs")),
        "finds this file: {files:?}"
    );
    let wrong: Vec<_> = files
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).expect("UTF-8");
            untidy(
                &file.strip_prefix(root).expect("below the root").to_string_lossy(),
                &text,
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn long_files_are_found() {
    assert_eq!(untidy("crates/a/src/lib.rs", &"\n".repeat(MAX_LINES)), [""; 0]);
    assert_eq!(
        untidy("crates/a/src/lib.rs", &"\n".repeat(MAX_LINES + 1)).len(),
        1
    );
}

#[test]
fn unfinished_work_is_found() {
    for word in ["todo", "unimplemented"] {
        let text = format!("fn f() {{\n    {word}!(\"later\")\n}}\n");
        let wrong = untidy("crates/store-sqlite/src/lib.rs", &text);
        assert!(
            wrong.len() == 1 && wrong[0].contains("lib.rs:2 is unfinished"),
            "{wrong:?}"
        );
    }
}

#[test]
fn sql_is_found_outside_of_the_store_adapters() {
    for text in [
        ["SELECT", " id"],
        ["INSERT", " INTO room"],
        ["DELETE", " FROM room"],
    ]
    .map(|words| words.concat())
    {
        assert_eq!(untidy("crates/chat/src/post.rs", &text).len(), 1, "{text}");
        assert_eq!(
            untidy("crates/store-sqlite/src/post.rs", &text),
            [""; 0],
            "{text}"
        );
    }
}
