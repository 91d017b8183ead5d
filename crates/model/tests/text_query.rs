//! What people type into a search box, and what of it is looked for.

use causerie_model::{
    Match, TextQuery, TextQueryError,
    limits::{MAX_SEARCH_CHARS, MAX_SEARCH_TERMS, MIN_PREFIX_CHARS},
    set_apart,
};
use proptest::prelude::*;

fn parse(text: &str) -> TextQuery {
    TextQuery::parse(text, Match::All, false)
        .expect("a good query")
        .expect("it isn't blank")
}

/// Each term's text, a prefix with a star.
fn terms(query: &TextQuery) -> Vec<String> {
    let star = |prefix| if prefix { "*" } else { "" };
    let terms = query.terms().iter();
    terms
        .map(|term| format!("{}{}", term.text(), star(term.prefix())))
        .collect()
}

fn exact(text: &str, how: Match) -> TextQuery {
    TextQuery::parse(text, how, true)
        .expect("a good query")
        .expect("it isn't blank")
}

#[test]
fn words_phrases_and_prefixes_are_told_apart() {
    for (typed, expected) in [
        ("fox", vec!["fox"]),
        ("  brown\t fox\n", vec!["brown", "fox"]),
        ("\"brown fox\" bear", vec!["brown fox", "bear"]),
        ("fox* \"brown be\"*", vec!["fox*", "brown be*"]),
        ("fox**", vec!["fox*"]),
        ("\"never closed", vec!["never closed"]),
        ("one\"two three\"four", vec!["one", "two three", "four"]),
        ("\"ab\"*c", vec!["ab*", "c"]),
        ("don't c++ a:b", vec!["don't", "c++", "a:b"]),
        ("AND OR NOT NEAR(x)", vec!["AND", "OR", "NOT", "NEAR(x)"]),
        ("fo*x", vec!["fo*x"]),
        ("x - y", vec!["x", "y"]),
        ("a\0b", vec!["a", "b"]),
        ("\"a\0b\"", vec!["a b"]),
    ] {
        assert_eq!(terms(&parse(typed)), expected, "{typed:?}");
    }
}

#[test]
fn nothing_typed_asks_for_no_text_and_signs_alone_ask_for_what_nobody_wrote() {
    for blank in ["", " ", "\t\n", "\u{3000}", "\0"] {
        for how in [Match::All, Match::Any, Match::Phrase] {
            assert_eq!(TextQuery::parse(blank, how, false), Ok(None), "{blank:?}");
        }
    }
    for signs in ["!!!", "\"\"", "*", "\"", "- -", "\"*\"*", "\u{FE0F}"] {
        for how in [Match::All, Match::Any, Match::Phrase] {
            let query = TextQuery::parse(signs, how, true).unwrap().unwrap();
            assert_eq!(query.terms(), [], "{signs:?}");
            assert!(!query.is_in(signs) && !query.is_in("anything"), "{signs:?}");
        }
    }
}

#[test]
fn an_exact_phrase_has_no_signs_that_mean_something() {
    assert_eq!(terms(&exact("\"one\" two*", Match::Phrase)), ["\"one\" two*"]);
    assert!(!exact("\"one\" two*", Match::Phrase).terms()[0].prefix());
}

#[test]
fn terms_are_limited_at_their_edge() {
    let many = |count| TextQuery::parse(&"ab ".repeat(count), Match::Any, false);
    assert_eq!(
        many(MAX_SEARCH_TERMS).unwrap().unwrap().terms().len(),
        MAX_SEARCH_TERMS
    );
    assert_eq!(many(MAX_SEARCH_TERMS + 1), Err(TextQueryError::TooManyTerms));
    // Within a phrase words are no terms.
    assert!(TextQuery::parse(&"ab ".repeat(MAX_SEARCH_TERMS + 1), Match::Phrase, false).is_ok());
}

#[test]
fn characters_are_limited_at_their_edge() {
    for how in [Match::All, Match::Phrase] {
        let long = |count| TextQuery::parse(&"東".repeat(count), how, false);
        assert!(long(MAX_SEARCH_CHARS).is_ok());
        assert_eq!(long(MAX_SEARCH_CHARS + 1), Err(TextQueryError::TooLong));
    }
}

#[test]
fn prefixes_are_limited_at_their_edge() {
    let prefix = |count| TextQuery::parse(&format!("{}*", "x".repeat(count)), Match::All, false);
    assert!(prefix(MIN_PREFIX_CHARS).unwrap().unwrap().terms()[0].prefix());
    assert_eq!(prefix(MIN_PREFIX_CHARS - 1), Err(TextQueryError::ShortPrefix));
    // The last word counts; and where each character is a word, there is nothing to complete.
    let short_end = TextQuery::parse("\"long x\"*", Match::All, false);
    assert_eq!(short_end, Err(TextQueryError::ShortPrefix));
    assert_eq!(terms(&parse("東*")), ["東"]);
}

#[test]
fn scripts_without_blanks_are_set_apart() {
    for (text, apart) in [
        ("plain, old\ntext", "plain, old\ntext"),
        ("売上Q3報告", "売 上 Q3 報 告"),
        ("売上 Q3", "売 上 Q3"),
        ("東京。大阪", "東 京 。 大 阪"),
        ("カタカナとひらがな", "カ タ カ ナ と ひ ら が な"),
        ("서울 시청", "서 울 시 청"),
        ("กิน", "ก ิ น"),
        ("𠀀b", "𠀀 b"),
        ("\u{2764}\u{FE0F}fox\0x", "\u{2764} fox x"),
    ] {
        assert_eq!(set_apart(text), apart);
        assert_eq!(set_apart(apart), apart, "once is enough");
    }
}

#[test]
fn case_and_accents_count_letter_by_letter() {
    let text = "The Quick brown, Fox; visits Café 東京タワー!";
    for (typed, how, found) in [
        ("Quick", Match::All, true),
        ("quick", Match::All, false),
        ("Fox The", Match::All, true),
        ("Fox the", Match::All, false),
        ("Fox the", Match::Any, true),
        ("fox the", Match::Any, false),
        ("Fo", Match::All, false),
        ("Fo*", Match::All, true),
        ("fo*", Match::All, false),
        ("\"brown Fox\"", Match::All, true),
        ("\"Fox brown\"", Match::All, false),
        ("\"brown Fo\"*", Match::All, true),
        ("\"brow Fox\"", Match::All, false),
        ("brown  Fox", Match::Phrase, true),
        ("Café", Match::All, true),
        ("Cafe", Match::All, false),
        ("京タ", Match::All, true),
        ("京ワ", Match::All, false),
        ("Quick visits", Match::Phrase, false),
    ] {
        assert_eq!(exact(typed, how).is_in(text), found, "{typed} {how}");
    }
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9äéß]{2,6}"
}

proptest! {
    #[test]
    fn whatever_is_typed_is_read_within_the_limits(text in any::<String>(), how in 0..3usize) {
        if let Ok(Some(query)) = TextQuery::parse(&text, Match::ALL[how], true) {
            prop_assert!(query.terms().len() <= MAX_SEARCH_TERMS);
            for term in query.terms() {
                prop_assert!(term.words().next().is_some());
                prop_assert!(!term.text().contains(char::is_control));
            }
            let _ = query.is_in(&text);
        }
    }

    #[test]
    fn signs_of_the_grammar_are_read_whatever_their_order(text in "[ab \"*東]{0,40}") {
        if let Ok(Some(query)) = TextQuery::parse(&text, Match::All, false) {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            let kept: String = query.terms().iter().map(|term| letters(term.text())).collect();
            prop_assert_eq!(kept, letters(&text), "no letter is lost");
        }
    }

    #[test]
    fn what_is_written_by_the_grammar_is_read_so(
        wanted in prop::collection::vec((prop::collection::vec(word(), 1..4), any::<bool>()), 1..8)
    ) {
        let written: Vec<String> = wanted
            .iter()
            .map(|(words, prefix)| {
                let words = if words.len() == 1 { words[0].clone() } else { format!("\"{}\"", words.join(" ")) };
                words + if *prefix { "*" } else { "" }
            })
            .collect();
        let expected: Vec<String> = wanted
            .iter()
            .map(|(words, prefix)| words.join(" ") + if *prefix { "*" } else { "" })
            .collect();
        prop_assert_eq!(terms(&parse(&written.join(" "))), expected);
    }

    #[test]
    fn a_phrase_is_in_every_text_that_it_was_cut_from(
        words in prop::collection::vec(word(), 1..8),
        cut in any::<prop::sample::Index>(),
        length in 1..4usize,
    ) {
        let start = cut.index(words.len());
        let phrase = words[start..words.len().min(start + length)].join(" ");
        prop_assert!(exact(&phrase, Match::Phrase).is_in(&words.join(", ")));
    }

    #[test]
    fn any_part_of_a_run_is_found(
        text in "[東京大阪カナ가나다กข]{1,30}",
        cut in any::<prop::sample::Index>(),
        length in 1..6usize,
    ) {
        let characters: Vec<char> = text.chars().collect();
        let start = cut.index(characters.len());
        let part: String = characters[start..characters.len().min(start + length)].iter().collect();
        prop_assert!(exact(&part, Match::All).is_in(&text));
        let within_words = format!("abc{text}def");
        prop_assert!(exact(&part, Match::All).is_in(&within_words));
    }

    #[test]
    fn setting_apart_loses_and_adds_nothing_but_blanks(text in any::<String>()) {
        let solid = |text: &str| -> String {
            let kept = |c: &char| !c.is_whitespace() && *c != '\0' && set_apart(&c.to_string()) != " ";
            text.chars().filter(kept).collect()
        };
        prop_assert_eq!(solid(&set_apart(&text)), solid(&text));
        if text.is_ascii() && !text.contains('\0') {
            prop_assert_eq!(set_apart(&text), text.as_str());
        }
    }
}
