//! Cases of [`crate::History::search`].

use super::{
    Chain, Database,
    world::{address, ann, commit, find, found, numbers, query, records, typed_query},
};
use crate::{Found, MAX_COUNTED, Parts};
use causerie_model::{ChatId, Match, Message, MessageQuery, Order, Record, SipAddress, Start};

/// Two rooms with something to find.
async fn talk(database: &dyn Database) -> Parts {
    let parts = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    let batch = vec![
        one.post("The quick brown Fox"),
        two.post("fox hunting is not here"),
        one.post("Café Zürich at naïve noon"),
        one.post("foxes and a brown bear"),
        one.post("don't say AND or NEAR(x) or \"quoted\" or c++"),
        one.post("brown, (fox); again!"),
    ];
    commit(&parts, &records(batch)).await;
    parts
}

async fn found_by(parts: &Parts, typed: &str, how: Match, case_sensitive: bool) -> Vec<u64> {
    let query = typed_query(&[1], typed, how, case_sensitive);
    numbers(&find(parts, &query).await.messages)
}

/// In any order.
pub async fn all_words_must_be_in_a_message(database: &dyn Database) {
    let parts = talk(database).await;
    assert_eq!(found(&parts, "brown").await, [1, 3, 5]);
    assert_eq!(found(&parts, "fox brown").await, [1, 5]);
    assert_eq!(found(&parts, "  brown \t bear\n").await, [3]);
    assert_eq!(found(&parts, "fox bear").await, [0; 0]);
}

/// Signs among them don't matter.
pub async fn one_of_any_words_is_enough(database: &dyn Database) {
    let parts = talk(database).await;
    for (typed, expected) in [
        ("bear zurich", &[2, 3][..]),
        ("fox", &[1, 5]),
        ("bear nothing", &[3]),
        ("nothing", &[]),
        ("\"brown bear\" quoted", &[3, 4]),
        ("- bear !!!", &[3]),
    ] {
        assert_eq!(
            found_by(&parts, typed, Match::Any, false).await,
            expected,
            "{typed}"
        );
    }
}

/// Whatever signs stand between.
pub async fn a_phrase_stands_side_by_side(database: &dyn Database) {
    let parts = talk(database).await;
    assert_eq!(found(&parts, "\"brown fox\"").await, [1, 5]);
    assert_eq!(found(&parts, "\"fox brown\"").await, [0; 0]);
    assert_eq!(found(&parts, "\"brown fox\" quick").await, [1]);
    for (typed, expected) in [
        ("brown fox", &[1, 5][..]),
        ("fox brown", &[]),
        ("say AND or", &[4]),
        ("or \"quoted\" or", &[4]),
        ("brown fo*", &[]),
    ] {
        assert_eq!(
            found_by(&parts, typed, Match::Phrase, false).await,
            expected,
            "{typed}"
        );
    }
}

/// The last word of a phrase, too.
pub async fn a_prefix_finds_longer_words(database: &dyn Database) {
    let parts = talk(database).await;
    assert_eq!(found(&parts, "fo*").await, [1, 3, 5]);
    assert_eq!(found(&parts, "foxe*").await, [3]);
    assert_eq!(found(&parts, "FOX*").await, [1, 3, 5]);
    assert_eq!(found(&parts, "caf*").await, [2]);
    assert_eq!(found(&parts, "\"brown be\"*").await, [3]);
    assert_eq!(found(&parts, "\"br bear\"*").await, [0; 0]);
    assert_eq!(found(&parts, "ox*").await, [0; 0]);
}

/// People type as they like.
pub async fn neither_case_nor_accents_matter_to_a_search(database: &dyn Database) {
    let parts = talk(database).await;
    for words in ["CAFÉ", "cafe", "zurich", "ZÜRICH", "naive"] {
        assert_eq!(found(&parts, words).await, [2], "{words}");
    }
}

/// And then accents matter as well.
pub async fn case_matters_if_it_is_asked_for(database: &dyn Database) {
    let parts = talk(database).await;
    for (typed, how, expected) in [
        ("Fox", Match::All, &[1][..]),
        ("fox", Match::All, &[5]),
        ("FOX", Match::All, &[]),
        ("fo*", Match::All, &[3, 5]),
        ("Fo*", Match::All, &[1]),
        ("brown Fox", Match::All, &[1]),
        ("\"brown Fox\"", Match::All, &[1]),
        ("brown fox", Match::Phrase, &[5]),
        ("Fox bear", Match::Any, &[1, 3]),
        ("FOX bear", Match::Any, &[3]),
        ("Café", Match::All, &[2]),
        ("Cafe", Match::All, &[]),
        ("say AND", Match::All, &[4]),
        ("say and", Match::All, &[]),
    ] {
        assert_eq!(
            found_by(&parts, typed, how, true).await,
            expected,
            "{typed} {how}"
        );
    }
}

/// `fox` isn't `foxes`.
pub async fn words_match_as_a_whole(database: &dyn Database) {
    let parts = talk(database).await;
    assert_eq!(found(&parts, "fox").await, [1, 5]);
    assert_eq!(found(&parts, "fo").await, [0; 0]);
    assert_eq!(found(&parts, "don't").await, [4]);
}

/// Chinese, Japanese, Korean and Thai.
pub async fn any_part_of_a_run_without_blanks_is_found(database: &dyn Database) {
    let parts = database.open().await;
    let mut one = Chain::of_room(1);
    let texts = [
        "明天上午在东京大学开会",
        "東京タワーで会いましょう",
        "서울시청에서 만나요",
        "พรุ่งนี้ประชุมที่กรุงเทพ",
        "Q3売上report2026年",
        "京东",
    ];
    commit(
        &parts,
        &records(texts.iter().map(|text| one.post(text)).collect()),
    )
    .await;
    for (typed, expected) in [
        ("大学", &[1][..]),
        ("东京大学", &[1]),
        ("京大", &[1]),
        ("学大", &[]),
        ("东京", &[1]),
        ("京东", &[6]),
        ("会", &[1, 2]),
        ("タワー", &[2]),
        ("京タ", &[2]),
        ("会いま*", &[2]),
        ("시청", &[3]),
        ("청서울", &[]),
        ("서울 만나", &[3]),
        ("ประชุม", &[4]),
        ("กรุงเทพ", &[4]),
        ("q3 report2026", &[5]),
        ("売上", &[5]),
        ("売上report2026年", &[5]),
        ("\"上 report2026\"", &[5]),
        ("report", &[]),
    ] {
        assert_eq!(found(&parts, typed).await, expected, "{typed}");
        assert_eq!(found_by(&parts, typed, Match::Phrase, false).await, {
            // In an exact phrase the sign has no meaning, and blanks count for nothing either.
            let in_order = !matches!(typed, "서울 만나" | "q3 report2026");
            if in_order { expected } else { &[] }
        });
    }
    assert_eq!(found_by(&parts, "Q3売", Match::All, true).await, [5]);
    assert_eq!(found_by(&parts, "q3売", Match::All, true).await, [0; 0]);
    // Any part of any run, and nothing that is in none.
    for (number, text) in (1..).zip(texts) {
        let run: Vec<char> = text.chars().collect();
        for length in 1..=run.len().min(4) {
            for part in run
                .windows(length)
                .filter(|part| !part.iter().any(char::is_ascii))
            {
                let part: String = part.iter().collect();
                if part.chars().any(char::is_alphanumeric) {
                    assert!(found(&parts, &part).await.contains(&number), "{part} in {text}");
                }
            }
        }
    }
}

/// Thai vowels count; a sign that chooses a picture doesn't stick to the word after it.
pub async fn marks_belong_to_words(database: &dyn Database) {
    let parts = database.open().await;
    let mut one = Chain::of_room(1);
    let texts = ["กินข้าว", "กันข้าว", "\u{2764}\u{FE0F}fox", "cafe\u{301}s हिन्दी"];
    commit(
        &parts,
        &records(texts.iter().map(|text| one.post(text)).collect()),
    )
    .await;
    assert_eq!(found(&parts, "กิน").await, [1]);
    assert_eq!(found(&parts, "กัน").await, [2]);
    assert_eq!(found(&parts, "fox").await, [3]);
    assert_eq!(found(&parts, "cafés").await, [4]);
    assert_eq!(found(&parts, "हिन्दी").await, [4]);
    assert_eq!(found(&parts, "हन्दी").await, [0; 0]);
}

/// Whatever somebody types is words to be found, and never an error.
pub async fn signs_in_a_search_are_not_commands(database: &dyn Database) {
    let parts = talk(database).await;
    for (typed, expected) in [
        ("brown OR bear", &[][..]),
        ("and NEAR", &[4]),
        ("AND", &[3, 4]),
        ("NOT fox", &[]),
        ("NEAR(x)", &[4]),
        ("\"quoted\"", &[4]),
        ("text:fox", &[]),
        ("room:1", &[]),
        ("fox -brown", &[1, 5]),
        ("^fox", &[1, 5]),
        ("fox\" OR \"bear", &[]),
        ("\"fox\") OR text : (\"bear", &[]),
        ("fox'; DROP TABLE messages; --", &[]),
    ] {
        assert_eq!(found(&parts, typed).await, expected, "{typed}");
    }
    for hostile in [
        "\"", "\"\"\"", "*", "NEAR(", "-", "(", ")", ":", "'", "\\", "%", "{a b}:", "\0", "\u{1}", "a\0b",
        "x\"y", "fox\"*", "\u{FE0F}", "\u{301}", "\u{F8FF}",
    ] {
        for how in [Match::All, Match::Any, Match::Phrase] {
            for case_sensitive in [false, true] {
                found_by(&parts, hostile, how, case_sensitive).await;
            }
        }
    }
    // Nothing was dropped.
    assert_eq!(found(&parts, "fox").await, [1, 5]);
}

/// Not everything, as no text at all would.
pub async fn signs_alone_find_nothing(database: &dyn Database) {
    let parts = talk(database).await;
    for typed in ["-", "\"\"", "!!! ???", "*", "Ⓐ"] {
        for how in [Match::All, Match::Any, Match::Phrase] {
            for case_sensitive in [false, true] {
                let found = found_by(&parts, typed, how, case_sensitive).await;
                assert_eq!(found, [0; 0], "{typed:?} {how}");
            }
        }
    }
    assert_eq!(found(&parts, " ").await, [1, 2, 3, 4, 5]);
}

/// Nor do rooms that can't be.
pub async fn no_room_finds_nothing(database: &dyn Database) {
    let parts = talk(database).await;
    for rooms in [&[][..], &[3], &[0], &[-1], &[-1, 0]] {
        for typed in ["", "fox"] {
            let found = find(&parts, &query(rooms, typed)).await;
            assert_eq!(found, Found::default(), "{rooms:?} {typed:?}");
        }
    }
}

/// An adapter may index a room's row beside the text.
pub async fn a_room_is_no_word(database: &dyn Database) {
    let parts = database.open().await;
    let (mut one, mut twelve) = (Chain::of_room(1), Chain::of_room(12));
    commit(
        &parts,
        &records(vec![one.post("number 12"), twelve.post("nothing")]),
    )
    .await;
    let places = async |room, typed| find(&parts, &query(&[room], typed)).await.total;
    assert_eq!(places(1, "12").await, 1);
    assert_eq!(places(12, "12").await, 0);
    assert_eq!(places(1, "nothing").await, 0);
    assert_eq!(places(2, "nothing").await, 0);
    assert_eq!(places(12, "nothing").await, 1);
}

/// Two people in two rooms.
async fn crowd(database: &dyn Database) -> (Parts, Vec<Message>) {
    let parts = database.open().await;
    let (mut one, mut two) = (Chain::of_room(1), Chain::of_room(2));
    let bob = || address("bob@x.test");
    let mut batch: Vec<Record> = vec![
        one.post("fox one"),
        two.post_by(bob(), "Fox two"),
        two.post("nothing"),
        one.post_by(bob(), "fox Fox"),
        one.join(),
        one.post_by(bob(), "Fox three"),
        two.post("fox four"),
        one.post("nothing"),
    ];
    commit(&parts, &records(batch.clone())).await;
    let later = vec![
        one.post("FOX five"),
        two.post_by(bob(), "fox six"),
        one.post("fox seven"),
    ];
    commit(&parts, &records(later.clone())).await;
    batch.extend(later);
    let messages = super::world::messages(&batch);
    (parts, messages)
}

/// What a search is for, said in another way.
fn expected(all: &[Message], query: &MessageQuery, has_text: fn(&str) -> bool) -> Found {
    let fits = |message: &&Message| {
        let in_time =
            query.from.is_none_or(|from| message.at >= from) && query.to.is_none_or(|to| message.at < to);
        let in_place = match query.start {
            None => in_time,
            Some(Start::After(id)) => message.chat_id > id,
            Some(Start::Before(id)) => message.chat_id < id,
        };
        in_place
            && query.rooms.contains(&message.room)
            && has_text(&message.text)
            && (query.authors.is_empty() || query.authors.contains(&message.author))
    };
    let mut matching: Vec<Message> = all.iter().filter(fits).cloned().collect();
    let total = matching.len();
    if query.scan == Order::NewestFirst {
        matching.reverse();
    }
    matching.truncate(query.limit as usize);
    if query.scan != query.order {
        matching.reverse();
    }
    Found {
        more: total > matching.len(),
        total: u32::try_from(total).expect("a few"),
        messages: matching,
    }
}

/// Texts, people, times, places, limits, both directions and both orders, in one room and in two.
pub async fn every_criterion_holds_with_every_other(database: &dyn Database) {
    type Texts = [(&'static str, bool, fn(&str) -> bool); 4];
    let (parts, all) = crowd(database).await;
    let texts: Texts = [
        ("", false, |_| true),
        ("fox", false, |text| text.to_lowercase().contains("fox")),
        ("fox", true, |text| text.contains("fox")),
        ("absent", false, |_| false),
    ];
    let [first, third, last] = [0, 4, all.len() - 1].map(|at| all[at].at);
    let times = [
        (None, None),
        (Some(third), None),
        (None, Some(third)),
        (Some(first), Some(last)),
        (Some(last.plus_seconds(1)), None),
        (None, Some(first)),
        (Some(last), Some(first)),
    ];
    let places = [
        None,
        Some(Start::Before(ChatId(3))),
        Some(Start::After(ChatId(3))),
        Some(Start::After(ChatId(6))),
        Some(Start::Before(ChatId(1))),
    ];
    let people: [Vec<SipAddress>; 3] = [
        Vec::new(),
        vec![address("bob@x.test")],
        vec![ann(), address("nobody@x.test")],
    ];
    let mut queries = Vec::new();
    for rooms in [&[1][..], &[2], &[1, 2], &[2, 3]] {
        for (typed, case_sensitive, has_text) in texts {
            for authors in &people {
                for (from, to) in times {
                    // A place overrides times, whatever they are.
                    let places = if from == Some(third) {
                        &places[..]
                    } else {
                        &places[..1]
                    };
                    for &start in places {
                        let query = MessageQuery {
                            authors: authors.clone(),
                            from,
                            to,
                            start,
                            ..typed_query(rooms, typed, Match::All, case_sensitive)
                        };
                        queries.push((query, has_text));
                    }
                }
            }
        }
    }
    let orders = [Order::OldestFirst, Order::NewestFirst];
    for (query, has_text) in queries {
        let matches = expected(&all, &query, has_text).total;
        for scan in orders {
            for order in orders {
                // None, fewer than match, exactly those that match, and more.
                for limit in [0, matches.saturating_sub(1), matches, matches + 1] {
                    let query = MessageQuery {
                        scan,
                        order,
                        limit,
                        ..query.clone()
                    };
                    let expected = expected(&all, &query, has_text);
                    assert_eq!(find(&parts, &query).await, expected, "{query:?}");
                }
            }
        }
    }
}

/// A number that was never given, or no longer, is a place all the same.
pub async fn a_place_needs_no_message(database: &dyn Database) {
    let parts = talk(database).await;
    for typed in ["", "brown"] {
        for (start, any) in [
            (Start::Before(ChatId(u64::MAX)), true),
            (Start::Before(ChatId(0)), false),
            (Start::After(ChatId(0)), true),
            (Start::After(ChatId(u64::MAX)), false),
        ] {
            for rooms in [&[1][..], &[1, 3]] {
                let query = MessageQuery {
                    start: Some(start),
                    ..query(rooms, typed)
                };
                let found = find(&parts, &query).await;
                assert_eq!(!found.messages.is_empty(), any, "{query:?}");
            }
        }
    }
}

/// At the bound and beyond it; a greater limit raises it.
pub async fn matches_are_counted_up_to_a_bound(database: &dyn Database) {
    let parts = database.open().await;
    let mut one = Chain::of_room(1);
    let posts = (0..MAX_COUNTED).map(|_| one.post("Fox")).collect();
    commit(&parts, &records(posts)).await;
    let counts = async |limit| {
        let mut counts = Vec::new();
        for (typed, case_sensitive) in [("", false), ("fox", false), ("Fox", true)] {
            let query = MessageQuery {
                limit,
                ..typed_query(&[1], typed, Match::All, case_sensitive)
            };
            let found = find(&parts, &query).await;
            counts.push((found.messages.len(), found.total, found.more));
        }
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
        counts[0]
    };
    let n = MAX_COUNTED;
    let all = n as usize;
    assert_eq!(counts(5).await, (5, n, true));
    assert_eq!(counts(n).await, (all, n, false));
    assert_eq!(counts(n + 1).await, (all, n, false));
    assert_eq!(counts(u32::MAX).await, (all, n, false));
    commit(&parts, &records(vec![one.post("Fox")])).await;
    assert_eq!(counts(0).await, (0, n, true));
    assert_eq!(counts(5).await, (5, n, true));
    assert_eq!(counts(n).await, (all, n, true));
    assert_eq!(counts(n + 1).await, (all + 1, n + 1, false));
}
