//! Good messages spoilt the way attackers and bugs spoil them; `CAUSERIE_FUZZ_CASES` says how many (default 2000).
use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::common::frames;
use crate::properties::{good, read_all};

#[derive(Clone, Debug)]
enum Mutation {
    /// Puts these octets over or between what is there.
    Put {
        at: prop::sample::Index,
        octets: Vec<u8>,
        over: bool,
    },
    /// Takes octets out.
    Cut { at: prop::sample::Index, length: usize },
    /// Says a line again.
    Repeat { line: prop::sample::Index, times: usize },
    /// Takes every such octet out of one line.
    Strip {
        line: prop::sample::Index,
        separator: u8,
    },
    /// Makes a line very long.
    Stretch {
        line: prop::sample::Index,
        with: u8,
        length: usize,
    },
    /// Exchanges two lines.
    Swap {
        one: prop::sample::Index,
        two: prop::sample::Index,
    },
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static [u8]> = vec![
        b"%s%n%x%d%p",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n ",
        b"\0",
        b"\xff\xfe",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\"",
        b"\\",
        b"<",
        b">",
        b";",
        b",",
        b";;",
        b",,",
        b":",
        b"@",
        b"%",
        b"%00",
        b"=",
        b"?",
        b"[",
        b"]",
        b"*",
        b" ",
        b"\t",
        b"-1",
        b"4294967296",
        b"99999999999999999999999999",
        b"2147483648",
        b"SIP/2.0",
        b"Content-Length: 7\r\n",
        b"../../",
        "é".as_bytes(),
    ];
    prop_oneof![
        prop::sample::select(known).prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 1..8)
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), octets(), any::<bool>()).prop_map(|(at, octets, over)| Mutation::Put { at, octets, over }),
        2 => (index(), 1_usize..40).prop_map(|(at, length)| Mutation::Cut { at, length }),
        1 => (index(), prop_oneof![1_usize..3, Just(300)]).prop_map(|(line, times)| Mutation::Repeat { line, times }),
        2 => (index(), prop::sample::select(b":;,=<>\"@ /".to_vec()))
            .prop_map(|(line, separator)| Mutation::Strip { line, separator }),
        1 => (index(), prop::sample::select(b"A;,\"\\%( <".to_vec()), prop_oneof![200_usize..3000, Just(70_000)])
            .prop_map(|(line, with, length)| Mutation::Stretch { line, with, length }),
        1 => (index(), index()).prop_map(|(one, two)| Mutation::Swap { one, two }),
    ]
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn apply(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let mut all = lines(bytes);
    let count = all.len();
    match mutation {
        Mutation::Put { at, octets, over } => {
            let at = at.index(bytes.len());
            let end = if *over {
                (at + octets.len()).min(bytes.len())
            } else {
                at
            };
            bytes.splice(at..end, octets.iter().copied());
            return;
        }
        Mutation::Cut { at, length } => {
            let at = at.index(bytes.len());
            bytes.drain(at..(at + length).min(bytes.len()));
            return;
        }
        Mutation::Repeat { line, times } => {
            let at = line.index(count);
            let line = all[at].clone();
            all.splice(at..at, std::iter::repeat_n(line, *times));
        }
        Mutation::Strip { line, separator } => all[line.index(count)].retain(|byte| byte != separator),
        Mutation::Stretch { line, with, length } => {
            let line = &mut all[line.index(count)];
            let at = line.len() / 2;
            line.splice(at..at, std::iter::repeat_n(*with, *length));
        }
        Mutation::Swap { one, two } => all.swap(one.index(count), two.index(count)),
    }
    *bytes = all.concat();
}

#[test]
fn spoilt_messages_are_refused_or_read_but_never_panic() {
    let cases = std::env::var("CAUSERIE_FUZZ_CASES")
        .ok()
        .map_or(2000, |text| text.parse().expect("a number of cases"));
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(
            &(good(), prop::collection::vec(mutation(), 1..6)),
            |(mut bytes, mutations)| {
                for mutation in &mutations {
                    apply(&mut bytes, mutation);
                }
                if let Err(error) = frames(&bytes)
                    && let Some(response) = error.response(Some("t"))
                {
                    prop_assert_eq!(response.status(), Some(error.status()));
                }
                read_all(Bytes::from(bytes));
                Ok(())
            },
        )
        .unwrap();
}
