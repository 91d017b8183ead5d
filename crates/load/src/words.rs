//! Made-up words, so that old messages can be searched.

use crate::arrivals::Dice;

/// How many words there are.
pub(crate) const VOCABULARY: usize = 10_000;

/// Fewest and most words of a message: about a hundred bytes on average.
const WORDS: (usize, usize) = (4, 25);

/// How many characters runs are of.
const CHARACTERS: usize = 3_000;

/// Characters of the shortest and the longest run: about a hundred bytes on average.
const RUN: (usize, usize) = (10, 50);

const CONSONANTS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";
const VOWELS: &[u8; 5] = b"aeiou";

/// A word of three syllables, each number another one.
pub(crate) fn word(number: usize) -> String {
    let mut word = String::with_capacity(6);
    for syllable in [number, number / 100, number * 7] {
        let syllable = syllable % 100;
        word.push(char::from(CONSONANTS[syllable / VOWELS.len()]));
        word.push(char::from(VOWELS[syllable % VOWELS.len()]));
    }
    word
}

/// The number of a word, as people talk: a few are in most messages and most are rare.
pub(crate) fn any(dice: &mut Dice) -> usize {
    const STEPS: usize = 1 << 20;
    let fraction = dice.below(STEPS) as f64 / STEPS as f64;
    (fraction.powi(3) * VOCABULARY as f64) as usize
}

/// A run of as many characters of a script without blanks between words, Chinese; a few of them are in most runs.
pub(crate) fn run(dice: &mut Dice, length: usize) -> String {
    /// Where the characters begin in Unicode.
    const FIRST: u32 = 0x4e00;
    (0..length)
        .filter_map(|_| char::from_u32(FIRST + (any(dice) % CHARACTERS) as u32))
        .collect()
}

/// A message: mostly words, in one of ten a run.
pub(crate) fn text(dice: &mut Dice) -> String {
    if dice.below(10) == 0 {
        let (shortest, longest) = RUN;
        let length = shortest + dice.below(longest - shortest + 1);
        return run(dice, length);
    }
    let (least, most) = WORDS;
    let count = least + dice.below(most - least + 1);
    let mut text = String::with_capacity(count * 7);
    for n in 0..count {
        if n > 0 {
            text.push(' ');
        }
        text.push_str(&word(any(dice)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_number_is_another_word() {
        let words: HashSet<String> = (0..VOCABULARY).map(word).collect();
        assert_eq!(words.len(), VOCABULARY);
    }

    #[test]
    fn messages_are_about_a_hundred_bytes() {
        let mut dice = Dice::new(1);
        let bytes: usize = (0..1_000).map(|_| text(&mut dice).len()).sum();
        assert!((80_000..120_000).contains(&bytes), "{bytes}");
    }
}
