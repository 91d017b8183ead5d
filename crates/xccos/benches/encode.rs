//! What a post costs: reading it once, and writing it once for all its readers.

use causerie_xccos::{ChatLine, Document, Extra, chat::write_grpchat, limits::DEFAULT_MAX_DOCUMENT_BYTES};
use divan::{Bencher, black_box};

const POST: &str = concat!(
    r#"<xccos ver="1" envid="139132350" xmlns="urn:parlano:xml:ns:xccos"><grpchat id="grpchat" seqid="1" "#,
    r#"chanUri="ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9" "#,
    r#"author="sip:ann@fabrikam.example" ts="2013-05-02T08:01:00Z"><chat>Shift change at 9, &lt;please&gt; be "#,
    r#"on time &amp; bring the log of the night</chat></grpchat></xccos>"#,
);

fn main() {
    divan::main();
}

#[divan::bench]
fn parse_post() -> Document {
    Document::parse(black_box(POST.as_bytes()), DEFAULT_MAX_DOCUMENT_BYTES).unwrap()
}

#[divan::bench]
fn encode_grpchat(bencher: Bencher<'_, '_>) {
    let line = ChatLine {
        chan_uri: "ma-chan://fabrikam.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9".into(),
        author: "sip:ann@fabrikam.example".into(),
        author_display: Some("Ann".into()),
        chat_id: Some(84),
        ts: "2013-05-02T08:01:00.5210000Z".into(),
        text: "Shift change at 9, <please> be on time & bring the log of the night".into(),
        extra: Extra::NONE,
    };
    let mut out = String::new();
    bencher.bench_local(|| {
        out.clear();
        write_grpchat(&mut out, "7962449779256945056", black_box(&line));
        out.len()
    });
}
