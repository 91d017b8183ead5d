//! Stylesheets of others, and those who mean harm.

use causerie_destination::{DeliveryError, Destinations, Place};
use causerie_destination_folder::{Enforced, Folders, Sandbox};
use std::{fs, path::Path, time::Duration};
use tempfile::TempDir;

const INPUT: &str = "<a><b>one</b><b>two</b></a>";

fn sheet(inner: &str) -> String {
    format!(
        r#"<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">{inner}</xsl:stylesheet>"#
    )
}

async fn transformed_by(folders: Folders, stylesheet: &str) -> Result<String, DeliveryError> {
    let directory = TempDir::new().expect("a directory");
    let place = Place {
        directory: directory.path().display().to_string(),
        zip: false,
    };
    let to = folders.at(&place)?;
    let mut staging = to.begin("one").await?;
    staging.write("in.xml", INPUT.as_bytes()).await?;
    let done = staging.transform(stylesheet, "in.xml", "out.txt").await;
    let names: Vec<String> = staging
        .files()
        .await
        .map(|files| files.into_iter().map(|file| file.name).collect())
        .unwrap_or_default();
    if done.is_err() {
        assert!(!directory.path().join(".staging-one/out.txt").exists());
        assert!(
            staging.commit().await.is_err(),
            "after a failure nothing is committed"
        );
        done?;
        unreachable!();
    }
    assert_eq!(names, ["in.xml", "out.txt"]);
    staging.commit().await?;
    let bytes = to.read("one", "out.txt").await?.expect("it was made");
    Ok(String::from_utf8(bytes).expect("a text"))
}

async fn transformed(stylesheet: &str) -> Result<String, DeliveryError> {
    transformed_by(Folders::new(), stylesheet).await
}

#[tokio::test]
async fn a_stylesheet_makes_a_file() {
    let stylesheet = sheet(
        r#"<!-- a document (of lines) --><xsl:output method="text"/>
        <xsl:template match="/"><xsl:for-each select="a/b[. != '&quot;']">
        <xsl:value-of select="concat(., ';', '&#10;')"/></xsl:for-each><xsl:text>&amp;&#13;<![CDATA[<&]]></xsl:text></xsl:template>"#,
    );
    assert_eq!(transformed(&stylesheet).await.expect("made"), "one;\ntwo;\n&\r<&");
    Folders::new().check(&stylesheet).expect("good");
}

#[tokio::test]
async fn a_stylesheet_that_says_another_encoding_is_read_as_what_it_is() {
    let stylesheet = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?>{}",
        sheet(r#"<xsl:output method="text"/><xsl:template match="/">ä</xsl:template>"#)
    );
    assert_eq!(transformed(&stylesheet).await.expect("made"), "ä");
}

#[test]
fn what_a_stylesheet_makes_is_the_same_again() {
    let using = |prefix: &str, namespace: &str, call: &str| {
        sheet(&format!(
            r#"<xsl:template match="/" xmlns:{prefix}="{namespace}"><xsl:value-of select="{call}"/></xsl:template>"#
        ))
    };
    let (math, date) = ("http://exslt.org/math", "http://exslt.org/dates-and-times");
    let random = "http://exslt.org/random";
    for (stylesheet, right) in [
        (using("d", date, "d:date-time()"), false),
        (using("d", date, "d:year()"), false),
        (using("m", math, "m:random()"), false),
        (using("m", math, "m:random ()"), false),
        (using("r", random, "r:random-sequence(1)"), false),
        (using("m", math, "m:max(//b)"), true),
        (using("m", math, "//random"), true),
        (using("m", math, "generate-id(//b) = generate-id(//a)"), true),
    ] {
        assert_eq!(Folders::new().check(&stylesheet).is_ok(), right, "{stylesheet}");
    }
}

/// What must not be, with a secret beside it that must not come out.
#[tokio::test]
async fn no_stylesheet_reads_or_writes_another_file() {
    let directory = TempDir::new().expect("a directory");
    let secret = directory.path().join("secret.xml");
    fs::write(&secret, "<secret>hush</secret>").expect("a file");
    let loot = directory.path().join("loot.xml");
    let inner = r#"<xsl:template match="/">hush</xsl:template>"#;
    let other = directory.path().join("other.xsl");
    fs::write(&other, sheet(inner)).expect("a file");
    let (secret, loot, other) = (secret.display(), loot.display(), other.display());
    let match_all = |select: &str| {
        sheet(&format!(
            r#"<xsl:template match="/"><o><xsl:copy-of select="{select}"/></o></xsl:template>"#
        ))
    };
    let attacks = [
        match_all(&format!("document('{secret}')")),
        match_all(&format!("document  \n ('{secret}')")),
        match_all(&format!("&#100;ocument('{secret}')")),
        match_all(&format!("&#x64;ocument&#x28;'{secret}')")),
        match_all("document('/etc/passwd')"),
        match_all(&format!("document('file://{secret}')")),
        match_all("document('http://127.0.0.1:1/x')"),
        sheet(&format!(
            r#"<xsl:variable name="x" select="document('{secret}')"/><xsl:template match="/"><o><xsl:copy-of select="$x"/></o></xsl:template>"#
        )),
        sheet(&format!(
            r#"<xsl:template match="/"><o x="{{document('{secret}')}}"/></xsl:template>"#
        )),
        sheet(&format!(r#"<xsl:include href="{other}"/>"#)),
        sheet(&format!(r#"<xsl:import href="{other}"/>"#)),
        format!(
            r#"<x:stylesheet version="1.0" xmlns:x="http://www.w3.org/1999/XSL/&#84;ransform"><x:include href="{other}"/></x:stylesheet>"#
        ),
        format!(
            r#"<stylesheet version="1.0" xmlns="http://www.w3.org/1999/XSL/Transform"><import href="{other}"/></stylesheet>"#
        ),
        format!(
            r#"<!DOCTYPE x [<!ENTITY p SYSTEM "{secret}">]>{}"#,
            sheet(r#"<xsl:template match="/"><o>&p;</o></xsl:template>"#)
        ),
        format!(
            r#"<!DOCTYPE x [<!ENTITY d "document">]>{}"#,
            match_all(&format!("&d;('{secret}')"))
        ),
        format!(
            r#"<!doctype x [<!ENTITY d "document">]>{}"#,
            match_all(&format!("&d;('{secret}')"))
        ),
        format!(
            r#"<?xml version="1.0" encoding="UTF-7"?>{}"#,
            match_all(&format!("+AGQ-ocument('{secret}')"))
        ),
        format!(
            r#"<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:d="http://exslt.org/dynamic"><xsl:template match="/"><o><xsl:copy-of select="d:evaluate(concat('docu', 'ment(&quot;{secret}&quot;)'))"/></o></xsl:template></xsl:stylesheet>"#
        ),
        format!(
            r#"<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:s="http://icl.com/saxon"><xsl:template match="/"><o><xsl:copy-of select="s:evaluate(concat('docu', 'ment(&quot;{secret}&quot;)'))"/></o></xsl:template></xsl:stylesheet>"#
        ),
        sheet(&format!(
            r#"<xsl:template match="/"><xsl:document href="{loot}">hush</xsl:document></xsl:template>"#
        )),
        format!(
            r#"<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:e="http://exslt.org/common" extension-element-prefixes="e"><xsl:template match="/"><e:document href="{loot}">hush</e:document></xsl:template></xsl:stylesheet>"#
        ),
        format!(
            r#"<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:e="org.apache.xalan.xslt.extensions.Redirect" extension-element-prefixes="e"><xsl:template match="/"><e:write file="{loot}">hush</e:write></xsl:template></xsl:stylesheet>"#
        ),
        format!(
            r#"<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:e="http://icl.com/saxon" extension-element-prefixes="e"><xsl:template match="/"><e:output href="{loot}">hush</e:output></xsl:template></xsl:stylesheet>"#
        ),
    ];
    for attack in attacks {
        if let Ok(out) = transformed(&attack).await {
            assert!(!out.contains("hush") && !out.contains("root:"), "{attack}\n{out}");
        }
        assert!(!Path::new(&loot.to_string()).exists(), "{attack}");
    }
}

#[tokio::test]
async fn ways_to_other_files_are_refused_by_name() {
    for (stylesheet, word) in [
        (sheet(r#"<xsl:include href="x"/>"#), "xsl:include"),
        (sheet(r#"<xsl:template match="document('x')"/>"#), "document()"),
        (format!("<!DOCTYPE x>{}", sheet("")), "DOCTYPE"),
        (sheet("&x;"), "entity"),
        (
            sheet(r#"<o xmlns:d="http://exslt.org/dynamic"/>"#),
            "exslt.org/dynamic",
        ),
        (sheet("<a></b>"), "well-formed"),
    ] {
        let error = Folders::new().check(&stylesheet).expect_err("refused");
        assert!(error.0.contains(word), "{error}");
        assert_eq!(transformed(&stylesheet).await.expect_err("refused").0, error.0);
    }
}

#[tokio::test]
async fn a_stylesheet_has_a_longest_length() {
    let around = sheet("<!---->").len();
    let longest = sheet(&format!("<!--{}-->", "x".repeat(1024 * 1024 - around)));
    Folders::new().check(&longest).expect("good");
    assert!(Folders::new().check(&format!("{longest} ")).is_err());
}

#[tokio::test]
async fn the_processor_says_what_is_wrong() {
    let stylesheet = sheet(
        r#"<xsl:template match="/"><xsl:message terminate="yes">no such room</xsl:message></xsl:template>"#,
    );
    let error = transformed(&stylesheet).await.expect_err("it ends");
    assert!(error.0.contains("no such room"), "{error}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named_with_its_package() {
    let folders = Folders::new().with_program("/nowhere/xsltproc");
    let error = transformed_by(folders, &sheet("")).await.expect_err("no program");
    assert!(error.0.contains("install the package xsltproc"), "{error}");
}

/// Passes its program on, after this command of the shell, which sees all words.
fn sandbox(first: &str) -> Folders {
    let script = format!(r#"{first}; while [ "$1" != -- ]; do shift; done; shift; exec "$@""#);
    Folders::new().with_sandbox(Sandbox::new("/bin/sh", ["-c", &script, "the-sandbox", "leading"]))
}

fn one_line() -> String {
    sheet(r#"<xsl:output method="text"/><xsl:template match="/">one</xsl:template>"#)
}

#[tokio::test]
async fn the_processor_runs_through_the_sandbox() {
    for enforced in [Enforced::Fully, Enforced::Partly, Enforced::Not] {
        let folders = sandbox(&format!("echo {enforced} >&2"));
        assert_eq!(transformed_by(folders, &one_line()).await.expect("made"), "one");
    }
    // The words that it gets.
    let folders = sandbox("echo >&2 $*; false || exit 3");
    let error = transformed_by(folders, &one_line()).await.expect_err("it ends").0;
    let (before, after) = error.split_once(" -- ").expect("a program");
    assert!(
        before.contains(": leading --input /") && before.ends_with("/in.xml"),
        "{error}"
    );
    assert!(after.contains("/xsltproc --nonet"), "{error}");
}

#[tokio::test]
async fn a_sandbox_that_says_nothing_is_none() {
    for first in ["true", "echo hello >&2", "echo; echo fully enforced >&1"] {
        let error = transformed_by(sandbox(first), &one_line())
            .await
            .expect_err("refused");
        assert!(error.0.contains("its sandbox doesn't say"), "{first}: {error}");
    }
}

#[tokio::test]
async fn what_the_sandbox_says_is_not_what_the_processor_says() {
    let stylesheet = sheet(
        r#"<xsl:template match="/"><xsl:message terminate="yes">no such room</xsl:message></xsl:template>"#,
    );
    let error = transformed_by(sandbox("echo fully enforced >&2"), &stylesheet).await;
    let error = error.expect_err("it ends").0;
    assert!(
        error.contains("no such room") && !error.contains("enforced"),
        "{error}"
    );
}

/// Calls itself ever more: without a deadline, for hours.
fn endless() -> String {
    sheet(
        r#"<xsl:template match="/"><xsl:call-template name="f"><xsl:with-param name="n" select="60"/></xsl:call-template></xsl:template>
        <xsl:template name="f"><xsl:param name="n"/><xsl:if test="$n &gt; 0">
        <xsl:call-template name="f"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>
        <xsl:call-template name="f"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>
        </xsl:if></xsl:template>"#,
    )
}

#[tokio::test]
async fn what_takes_too_long_is_ended() {
    let folders = Folders::new().with_deadline(Duration::from_millis(500));
    let error = transformed_by(folders, &endless()).await.expect_err("too long");
    assert!(error.0.contains("longer than"), "{error}");
}

#[tokio::test]
async fn what_makes_too_much_is_ended() {
    let stylesheet = sheet(r#"<xsl:output method="text"/><xsl:template match="/">0123456789</xsl:template>"#);
    let made = transformed_by(Folders::new().with_output_bytes(10), &stylesheet).await;
    assert_eq!(made.expect("just enough"), "0123456789");
    let error = transformed_by(Folders::new().with_output_bytes(9), &stylesheet).await;
    assert!(error.expect_err("too much").0.contains("more than 9 bytes"));
}

#[tokio::test]
async fn a_file_is_not_made_twice() {
    let directory = TempDir::new().expect("a directory");
    let place = Place {
        directory: directory.path().display().to_string(),
        zip: false,
    };
    let to = Folders::new().at(&place).expect("a place");
    let mut staging = to.begin("one").await.expect("begun");
    staging.write("in.xml", INPUT.as_bytes()).await.expect("written");
    assert!(staging.transform(&sheet(""), "in.xml", "in.xml").await.is_err());
    let mut staging = {
        drop(staging);
        to.begin("one").await.expect("begun")
    };
    assert!(
        staging
            .transform(&sheet(""), "none.xml", "out.xml")
            .await
            .is_err()
    );
    for bad in ["../x", ".x", "a/b", ""] {
        assert!(staging.transform(&sheet(""), bad, "out.xml").await.is_err());
    }
}
