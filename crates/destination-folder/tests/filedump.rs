//! A stylesheet made for Persistent Chat Server's XML runs unchanged on ours.

use causerie_destination::{Destinations, Place};
use causerie_destination_folder::Folders;
use causerie_formats::{Entry, FormatKind, Options, Person, Room, What, new};
use causerie_model::Timestamp;
use tempfile::TempDir;

/// 2013-05-02T08:00:00Z.
const START: i64 = 1_367_481_600;

fn entry(position: u64, kind: &str, what: What) -> Entry {
    Entry {
        position,
        number: position,
        at: Timestamp::from_unix_seconds(START).plus_seconds(i64::try_from(position).expect("small")),
        who: Person {
            address: "ann@example.test".to_owned(),
            name: Some("Ann <\u{e4}>".to_owned()),
        },
        what,
        kind: kind.to_owned(),
        body: String::new(),
    }
}

#[tokio::test]
async fn a_stylesheet_for_the_original_runs_unchanged() {
    let room = Room {
        uri: "ma-chan://example.test/00000000-0000-4000-8000-000000000001".to_owned(),
        name: Some("Desk".to_owned()),
        category: None,
        present: Vec::new(),
        begins: Timestamp::from_unix_seconds(START),
        ends: Timestamp::from_unix_seconds(START + 9),
    };
    let text = |text: &str| What::Chat {
        id: 3_000_000_000,
        text: text.to_owned(),
    };
    let other = What::Other {
        text: "hidden".to_owned(),
    };
    let entries = [
        entry(1, "JOIN", What::Join),
        entry(2, "CHAT", text("bell \u{7} ]]> <b>&amp;\r\n\u{1f600}")),
        entry(3, "CHANGED", other),
        entry(
            4,
            "FILE",
            What::File {
                upload: true,
                name: "a.docx".to_owned(),
            },
        ),
        entry(
            5,
            "PART",
            What::Part {
                reason: "left".to_owned(),
                not_before: None,
            },
        ),
    ];
    let directory = TempDir::new().expect("a directory");
    let place = Place {
        directory: directory.path().display().to_string(),
        zip: false,
    };
    let to = Folders::new().at(&place).expect("a place");
    let mut staging = to.begin("one").await.expect("begun");
    let mut format = new(FormatKind::Xml, Options::new("one"));
    let mut pieces = format.begin();
    pieces.extend(format.open(&room));
    pieces.extend(entries.iter().flat_map(|entry| format.entry(entry)));
    pieces.extend(format.close());
    pieces.extend(format.end());
    for piece in pieces {
        staging.write(&piece.file, &piece.bytes).await.expect("written");
    }
    staging
        .transform(include_str!("filedump.xsl"), "one.xml", "filedump.xml")
        .await
        .expect("transformed");
    staging.commit().await.expect("committed");
    let bytes = to
        .read("one", "filedump.xml")
        .await
        .expect("read")
        .expect("there");
    let who = |seconds: i64| {
        format!(
            "<LoginName>Ann &lt;\u{e4}&gt;</LoginName>\n        <DateTimeUTC>{}</DateTimeUTC>",
            START + seconds
        )
    };
    let expected = format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<FileDump>
  <Conversation Perspective="Desk">
    <RoomID>ma-chan://example.test/00000000-0000-4000-8000-000000000001</RoomID>
    <StartTimeUTC>{START}</StartTimeUTC>
    <ParticipantEntered>
        {}
      <InternalFlag>true</InternalFlag>
      <ConversationID>ma-chan://example.test/00000000-0000-4000-8000-000000000001</ConversationID>
      <CorporateEmailID>ann@example.test</CorporateEmailID>
    </ParticipantEntered>
    <Message MessageID="3000000000">
        {}
      <Content>bell {} ]]&gt; &lt;b&gt;&amp;amp;&#13;
{}</Content>
    </Message>
    <FileTransferStarted>
        {}
      <FileName>a.docx</FileName>
    </FileTransferStarted>
    <FileTransferEnded>
        {}
      <FileName>a.docx</FileName>
      <Status>Completed</Status>
    </FileTransferEnded>
    <ParticipantLeft>
        {}
    </ParticipantLeft>
    <EndTimeUTC>{}</EndTimeUTC>
  </Conversation>
</FileDump>
"#,
        who(1),
        who(2),
        '\u{fffd}',
        '\u{1f600}',
        who(4),
        who(4),
        who(5),
        START + 9
    );
    let plain = |text: &str| -> Vec<String> { text.lines().map(|line| line.trim().to_owned()).collect() };
    let found = String::from_utf8(bytes).expect("UTF-8");
    assert_eq!(plain(&found), plain(&expected), "{found}");
}
