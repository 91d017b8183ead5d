//! `causerie sandbox`, which XSLT runs in: what programs do in it that they can do outside.
//!
//! Each attack is made twice, without the sandbox and with it. The first must get through: else it shows nothing.

use causerie_destination_folder::Enforced;
use landlock::{ABI, Access, AccessFs, LandlockStatus, Ruleset, RulesetAttr};
use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixListener},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_causerie");
/// Starts a program on a kernel without Landlock.
const WITHOUT_LANDLOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/without_landlock.py");
const PYTHON: [&str; 4] = ["/usr/bin/python3", "-I", "-S", "-c"];
const INPUT: &str = "<a>the input</a>";

/// What the kernel knows, asked without the program.
fn kernel() -> ABI {
    let asked = thread::spawn(|| {
        // Only this thread is restricted, and it ends.
        let ruleset = Ruleset::default().handle_access(AccessFs::from_all(ABI::V1));
        ruleset
            .unwrap()
            .create()
            .unwrap()
            .restrict_self()
            .unwrap()
            .landlock
    });
    match asked.join().unwrap() {
        LandlockStatus::Available { effective_abi, .. } => effective_abi,
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => ABI::Unsupported,
    }
}

/// Whether the kernel is too old to show something; says so.
fn skipped(needed: ABI) -> bool {
    let known = kernel();
    if known < needed {
        println!("SKIPPED: this takes {needed} of Landlock; the kernel has {known}.");
    }
    known < needed
}

/// A folder with an input, and a secret beside it.
struct Bed(TempDir);

impl Bed {
    fn new() -> Self {
        let bed = Self(TempDir::new().unwrap());
        fs::write(bed.input(), INPUT).unwrap();
        fs::write(bed.file("secret"), "<a>hush</a>").unwrap();
        bed
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn input(&self) -> PathBuf {
        self.file("in.xml")
    }

    /// The files, by name, with what is in them.
    fn files(&self) -> Vec<(String, Option<String>)> {
        let entries = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap());
        let mut files: Vec<_> = entries
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read_to_string(entry.path()).ok())
            })
            .collect();
        files.sort();
        files
    }

    fn run(&self, sandboxed: bool, program: &[String], stdin: &str) -> Ran {
        let input = self.input();
        let wall = ["sandbox", "--input", input.to_str().unwrap(), "--"];
        let wall = [BINARY].into_iter().chain(wall).filter(|_| sandboxed);
        let words: Vec<&str> = wall.chain(program.iter().map(String::as_str)).collect();
        Ran::of(&words, self.0.path(), stdin)
    }
}

/// What a program did.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(words: &[&str], directory: &Path, stdin: &str) -> Self {
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .current_dir(directory)
            .env("XML_CATALOG_FILES", "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who ends early doesn't read it.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    fn says(&self, word: &str) -> bool {
        self.out.contains(word) || self.err.contains(word)
    }
}

fn words(first: &[&str], more: &[&str]) -> Vec<String> {
    first.iter().chain(more).map(|&word| word.to_owned()).collect()
}

/// A stylesheet's attack.
fn sheet(inner: &str) -> String {
    format!(
        r#"<xsl:stylesheet version="1.1" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:e="http://exslt.org/common" extension-element-prefixes="e"><xsl:template match="/"><o>made of <xsl:value-of select="a"/>{inner}</o></xsl:template></xsl:stylesheet>"#
    )
}

fn transform(bed: &Bed) -> Vec<String> {
    let input = bed.input();
    words(&["/usr/bin/xsltproc", "-"], &[input.to_str().unwrap()])
}

/// A program that says `reached` if it did it.
#[track_caller]
fn is_kept_from(needed: ABI, program: &[String]) {
    if skipped(needed) {
        return;
    }
    let bed = Bed::new();
    let outside = bed.run(false, program, "");
    assert!(outside.says("reached"), "{program:?}: {}", outside.err);
    let inside = bed.run(true, program, "");
    assert!(!inside.says("reached"), "{program:?}");
    assert!(
        inside.err.contains("not permitted") || inside.err.contains("denied"),
        "{}",
        inside.err
    );
}

#[test]
fn a_stylesheet_reads_no_other_file() {
    if skipped(ABI::V1) {
        return;
    }
    for (path, found) in [
        ("/etc/passwd", "root:"),
        ("file:///etc/passwd", "root:"),
        ("SECRET", "hush"),
        ("secret", "hush"),
    ] {
        let bed = Bed::new();
        let path = path.replace("SECRET", bed.file("secret").to_str().unwrap());
        let attack = sheet(&format!(r#"<xsl:copy-of select="document('{path}')"/>"#));
        let outside = bed.run(false, &transform(&bed), &attack);
        assert!(outside.says(found), "{path}: {}", outside.err);
        let inside = bed.run(true, &transform(&bed), &attack);
        assert!(!inside.says(found), "{path}");
        assert!(inside.err.contains("failed to load"), "{}", inside.err);
        assert!(inside.out.contains("made of the input"), "{}", inside.out);
    }
}

#[test]
fn a_stylesheet_includes_no_other() {
    if skipped(ABI::V1) {
        return;
    }
    let bed = Bed::new();
    fs::write(bed.file("other.xsl"), sheet("hush")).unwrap();
    let attack = format!(
        r#"<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:include href="{}"/></xsl:stylesheet>"#,
        bed.file("other.xsl").display()
    );
    assert!(bed.run(false, &transform(&bed), &attack).says("hush"));
    assert!(!bed.run(true, &transform(&bed), &attack).says("hush"));
}

#[test]
fn a_stylesheet_writes_no_file() {
    if skipped(ABI::V1) {
        return;
    }
    for element in ["xsl:document", "e:document"] {
        for target in ["loot", "in.xml", "secret"] {
            let bed = Bed::new();
            let before = bed.files();
            let attack = sheet(&format!(
                r#"<{element} href="{}"><loot/></{element}>"#,
                bed.file(target).display()
            ));
            bed.run(true, &transform(&bed), &attack);
            assert_eq!(bed.files(), before, "{element} {target}");
            bed.run(false, &transform(&bed), &attack);
            assert_ne!(bed.files(), before, "{element} {target}");
        }
    }
}

#[test]
fn a_program_changes_nothing() {
    for (needed, script) in [
        (ABI::V1, "echo > loot"),
        (ABI::V1, "echo hush >> in.xml"),
        (ABI::V1, ": > in.xml"),
        (ABI::V1, "rm in.xml"),
        (ABI::V1, "rm secret"),
        (ABI::V1, "mv secret loot"),
        (ABI::V1, "mkdir loot"),
        (ABI::V1, "mkfifo loot"),
        (ABI::V1, "ln -s / loot"),
        (ABI::V1, "ln in.xml loot"),
        // Without opening it.
        (
            ABI::V3,
            "/usr/bin/python3 -I -S -c 'import os; os.truncate(\"in.xml\", 0)'",
        ),
    ] {
        if skipped(needed) {
            continue;
        }
        let bed = Bed::new();
        let before = names_and_texts(&bed);
        let program = words(&["/bin/sh", "-c", script], &[]);
        let inside = bed.run(true, &program, "");
        assert_eq!(names_and_texts(&bed), before, "{script}");
        assert_ne!(inside.code, Some(0), "{script}");
        let outside = bed.run(false, &program, "");
        assert_eq!(outside.code, Some(0), "{script}: {}", outside.err);
        assert_ne!(names_and_texts(&bed), before, "{script}");
    }
}

/// As [`Bed::files`], without reading what would never end.
fn names_and_texts(bed: &Bed) -> Vec<(String, Option<String>)> {
    let loot = bed.file("loot");
    if fs::symlink_metadata(&loot).is_ok_and(|loot| !loot.is_file()) {
        return vec![("loot".to_owned(), None)];
    }
    bed.files()
}

#[test]
fn a_program_reads_nothing_but_its_input() {
    if skipped(ABI::V1) {
        return;
    }
    for (script, found) in [
        ("cat secret", "hush"),
        ("cat /etc/passwd", "root:"),
        ("ls .", "secret"),
        ("ls /", "etc"),
        // Of the process that started it: its environment, and its open files by way of the system.
        ("tr '\\0' '\\n' < /proc/$PPID/environ", "PATH="),
        ("ls -l /proc/$PPID/fd", " -> "),
    ] {
        let bed = Bed::new();
        let program = words(&["/bin/sh", "-c", script], &[]);
        let outside = bed.run(false, &program, "");
        assert!(outside.says(found), "{script}: {}", outside.err);
        let inside = bed.run(true, &program, "");
        assert!(!inside.says(found), "{script}: {}{}", inside.out, inside.err);
        assert_ne!(inside.code, Some(0), "{script}");
    }
    let bed = Bed::new();
    let inside = bed.run(
        true,
        &words(&["/bin/sh", "-c", "cat in.xml; cat; exit 7"], &[]),
        "<b/>",
    );
    assert_eq!(inside.out, format!("{INPUT}<b/>"));
    assert_eq!(inside.code, Some(7));
}

#[test]
fn a_program_reaches_no_tcp_port() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect =
        format!("import socket; socket.create_connection((\"127.0.0.1\", {port})); print(\"reached\")");
    is_kept_from(ABI::V4, &words(&PYTHON, &[&connect]));
    let bind = "import socket; socket.socket().bind((\"127.0.0.1\", 0)); print(\"reached\")";
    is_kept_from(ABI::V4, &words(&PYTHON, &[bind]));
}

#[test]
fn a_program_reaches_no_other_process() {
    let name = format!("causerie-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _listener = UnixListener::bind_addr(&address).unwrap();
    let connect =
        format!("import socket; socket.socket(socket.AF_UNIX).connect(\"\\0{name}\"); print(\"reached\")");
    is_kept_from(ABI::V6, &words(&PYTHON, &[&connect]));
    let signal = "import os; os.kill(os.getppid(), 0); print(\"reached\")";
    is_kept_from(ABI::V6, &words(&PYTHON, &[signal]));
}

#[test]
fn a_program_gains_no_rights() {
    let bed = Bed::new();
    // PR_GET_NO_NEW_PRIVS
    let ask = "import ctypes; print(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))";
    let ran = bed.run(true, &words(&PYTHON, &[ask]), "");
    assert_eq!(ran.out, "1\n", "{}", ran.err);
}

#[test]
fn how_far_it_holds_is_said() {
    let bed = Bed::new();
    let known = kernel();
    let expected = if known == ABI::Unsupported {
        Enforced::Not
    } else if known < ABI::V6 {
        Enforced::Partly
    } else {
        Enforced::Fully
    };
    let ran = bed.run(true, &words(&["/bin/sh", "-c", "echo said >&2"], &[]), "");
    assert_eq!(ran.err, format!("{expected}\nsaid\n"));

    let input = bed.input();
    let program = [
        "sandbox",
        "--input",
        input.to_str().unwrap(),
        "--",
        "/bin/cat",
        "secret",
    ];
    let without: Vec<&str> = [WITHOUT_LANDLOCK, BINARY].into_iter().chain(program).collect();
    let ran = Ran::of(&without, bed.0.path(), "");
    assert_eq!(
        (ran.err, ran.out),
        (format!("{}\n", Enforced::Not), "<a>hush</a>".to_owned())
    );
}

#[test]
fn without_an_input_nothing_runs() {
    let bed = Bed::new();
    let folder = bed.0.path().to_str().unwrap();
    for (input, told) in [("none.xml", "none.xml: No such file"), (folder, "isn't a file")] {
        let program = [BINARY, "sandbox", "--input", input, "--", "/bin/echo", "it runs"];
        let ran = Ran::of(&program, bed.0.path(), "");
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
        assert!(ran.err.contains(told), "{}", ran.err);
    }
    let ran = bed.run(true, &words(&["/nowhere/xsltproc"], &[]), "");
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("/nowhere/xsltproc can't be run: No such file"),
        "{}",
        ran.err
    );
}
