//! What the text of a message must hold to be found, as people type it.
//!
//! # Grammar
//! ```text
//! query  = *( blank / term )
//! term   = ( word / phrase ) *"*"
//! phrase = '"' *( any character but '"' ) '"'
//! word   = 1*( any character but '"' and blanks )
//! ```
//! A blank is a white space or control character. A phrase that isn't closed ends with the query. Words of a phrase stand
//! side by side in the text. With `*` after it, a term also finds words that only begin as its last word does. Every
//! other sign separates words and means nothing more: `AND`, `OR`, `-`, `:` and parentheses are no commands.
//!
//! # Words
//! A word is a run of letters and digits. Scripts that put no blanks between words have no such runs, so there each
//! character counts as a word, and a run of them as a phrase: any part of it is found. [`set_apart`] does that to texts,
//! for the index and for queries alike.

use crate::{
    limits::{MAX_SEARCH_CHARS, MAX_SEARCH_TERMS, MIN_PREFIX_CHARS},
    room::named,
};
use std::{borrow::Cow, fmt, str::FromStr};
use thiserror::Error;

named! {
    /// How much of what was typed a text must hold.
    Match {
        /// Every term.
        All = "all",
        /// One term at least.
        Any = "any",
        /// All of it as one phrase, whatever signs are in it.
        Phrase = "phrase",
    }
}

/// What was typed can't be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextQueryError {
    /// More than [`MAX_SEARCH_TERMS`].
    #[error("A search has at most {MAX_SEARCH_TERMS} words or phrases.")]
    TooManyTerms,
    /// More than [`MAX_SEARCH_CHARS`].
    #[error("A search has at most {MAX_SEARCH_CHARS} characters.")]
    TooLong,
    /// Fewer than [`MIN_PREFIX_CHARS`] before a `*`.
    #[error("A word that ends with * has at least {MIN_PREFIX_CHARS} characters before it.")]
    ShortPrefix,
}

/// What the text of a message must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextQuery {
    terms: Vec<Term>,
    any: bool,
    case_sensitive: bool,
}

/// A word, or words that stand side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    words: String,
    prefix: bool,
}

impl TextQuery {
    /// Reads what was typed. `None` if that is nothing but blanks: it asks for no text.
    ///
    /// A term without a letter or digit can't be found and is left out; if no other is there, the query finds nothing.
    ///
    /// # Errors
    /// [`TextQueryError`] if it is longer than a search may be.
    pub fn parse(text: &str, how: Match, case_sensitive: bool) -> Result<Option<Self>, TextQueryError> {
        if text.chars().all(is_blank) {
            return Ok(None);
        }
        if text.chars().nth(MAX_SEARCH_CHARS).is_some() {
            return Err(TextQueryError::TooLong);
        }
        let terms = match how {
            Match::Phrase => Term::new(text, false)?.into_iter().collect(),
            Match::All | Match::Any => parse_terms(text)?,
        };
        if terms.len() > MAX_SEARCH_TERMS {
            return Err(TextQueryError::TooManyTerms);
        }
        Ok(Some(Self {
            terms,
            any: how == Match::Any,
            case_sensitive,
        }))
    }

    /// What to look for. Nothing is found if this is empty.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// One term is enough; otherwise all must be there.
    #[must_use]
    pub fn any(&self) -> bool {
        self.any
    }

    /// Letters, accents included, must be those that were typed. Otherwise `a`, `A` and `Ä` are the same.
    #[must_use]
    pub fn case_sensitive(&self) -> bool {
        self.case_sensitive
    }

    /// Whether a text holds this, letter by letter: the check after an index that doesn't know the case.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let text = set_apart(text);
        let text: Vec<&str> = words(&text).collect();
        let mut terms = self.terms.iter();
        if self.any {
            terms.any(|term| term.is_in(&text))
        } else {
            !self.terms.is_empty() && terms.all(|term| term.is_in(&text))
        }
    }
}

impl Term {
    /// `None` if there is nothing in it that can be found.
    fn new(typed: &str, prefix: bool) -> Result<Option<Self>, TextQueryError> {
        let typed: String = typed.chars().map(|c| if is_blank(c) { ' ' } else { c }).collect();
        let text = set_apart(typed.trim()).into_owned();
        let Some(last) = words(&text).last() else {
            return Ok(None);
        };
        // Where each character is a word there is nothing to complete.
        let prefix = prefix && !last.chars().all(is_unspaced);
        if prefix && last.chars().count() < MIN_PREFIX_CHARS {
            return Err(TextQueryError::ShortPrefix);
        }
        Ok(Some(Self { words: text, prefix }))
    }

    /// The words with what was between them, after [`set_apart`]. Has a letter or digit, and no control character.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.words
    }

    /// Whether the last word may go on.
    #[must_use]
    pub fn prefix(&self) -> bool {
        self.prefix
    }

    /// The runs of letters and digits in it, in order; at least one.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        words(&self.words)
    }

    fn is_in(&self, text: &[&str]) -> bool {
        let wanted: Vec<&str> = self.words().collect();
        text.windows(wanted.len().max(1)).any(|window| {
            let mut pairs = window.iter().zip(&wanted).rev();
            let last = pairs
                .next()
                .is_some_and(|(word, last)| word == last || (self.prefix && word.starts_with(last)));
            last && pairs.all(|(word, wanted)| word == wanted)
        })
    }
}

fn parse_terms(text: &str) -> Result<Vec<Term>, TextQueryError> {
    let mut terms = Vec::new();
    let mut rest = text.trim_start_matches(is_blank);
    while !rest.is_empty() {
        let (typed, after) = match rest.strip_prefix('"') {
            Some(phrase) => phrase.split_once('"').unwrap_or((phrase, "")),
            None => {
                let word = rest.split(|c| c == '"' || is_blank(c)).next().unwrap_or(rest);
                let typed = word.trim_end_matches('*');
                (typed, rest.strip_prefix(typed).unwrap_or_default())
            }
        };
        let after_stars = after.trim_start_matches('*');
        terms.extend(Term::new(typed, after_stars.len() < after.len())?);
        rest = after_stars.trim_start_matches(is_blank);
    }
    Ok(terms)
}

/// A text with a blank between a character of a script without blanks and its neighbours, so that each becomes a word:
/// `売上 Q3` to `売 上 Q3`. Nothing else changes, but that zero bytes and variation selectors, which would cut or stick
/// to words, become blanks.
#[must_use]
pub fn set_apart(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unspaced(c) || is_disturbing(c)) {
        return Cow::Borrowed(text);
    }
    let mut apart = String::with_capacity(text.len() * 4 / 3 + 1);
    // Whether the character before is one of its own.
    let mut alone = false;
    for c in text.chars().map(|c| if is_disturbing(c) { ' ' } else { c }) {
        let after_another = !apart.is_empty() && !apart.ends_with(char::is_whitespace);
        if (alone || is_unspaced(c)) && after_another && !c.is_whitespace() {
            apart.push(' ');
        }
        apart.push(c);
        alone = is_unspaced(c);
    }
    Cow::Owned(apart)
}

fn words(apart: &str) -> impl Iterator<Item = &str> {
    apart
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// A zero byte would end a text on its way into the index; a variation selector counts as a mark and would begin a word.
fn is_disturbing(c: char) -> bool {
    matches!(c, '\0' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Characters of scripts that are written without blanks between words: Chinese, Japanese, Thai, Lao, Burmese and Khmer;
/// and those of Korean, where blanks stand between groups of words. Blocks of Unicode 16.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E01}'..='\u{0EFF}'     // Thai, Lao
        | '\u{1000}'..='\u{109F}'   // Myanmar
        | '\u{1100}'..='\u{11FF}'   // Hangul Jamo
        | '\u{1780}'..='\u{17FF}'   // Khmer
        | '\u{2E80}'..='\u{2FDF}'   // CJK radicals
        | '\u{3005}'..='\u{3007}'   // iteration mark, closing mark, zero
        | '\u{3021}'..='\u{3029}'   // Hangzhou numerals
        | '\u{3031}'..='\u{3035}'   // kana repeat marks
        | '\u{3041}'..='\u{318F}'   // Hiragana, Katakana, Bopomofo, Hangul compatibility Jamo
        | '\u{31A0}'..='\u{31BF}'   // Bopomofo extended
        | '\u{31F0}'..='\u{31FF}'   // Katakana phonetic extensions
        | '\u{3400}'..='\u{4DBF}'   // CJK extension A
        | '\u{4E00}'..='\u{9FFF}'   // CJK
        | '\u{A960}'..='\u{A97F}'   // Hangul Jamo extended A
        | '\u{AA60}'..='\u{AA7F}'   // Myanmar extended A
        | '\u{AC00}'..='\u{D7FF}'   // Hangul syllables, Jamo extended B
        | '\u{F900}'..='\u{FAFF}'   // CJK compatibility
        | '\u{FF66}'..='\u{FFDC}'   // half-width Katakana and Hangul
        | '\u{1AFF0}'..='\u{1B16F}' // Kana extensions
        | '\u{20000}'..='\u{3FFFF}' // CJK extensions B and later
    )
}
