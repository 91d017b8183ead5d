//! The stamp that every message carries in its text, by which receivers know which post it is and when it was due.

use std::fmt::Write as _;

/// What stands before a stamp in the text of a message.
const MARK: &str = "load:";
/// Hexadecimal digits of run, sender, sequence and due time.
const DIGITS: [usize; 4] = [8, 8, 8, 16];
/// A stamp in a text, in bytes; the shortest text that a load run can post.
pub(crate) const STAMP_BYTES: usize = MARK.len() + DIGITS[0] + DIGITS[1] + DIGITS[2] + DIGITS[3];
/// What fills a text up to its size. Words, so that a search index has the work that real texts make.
const FILLER: &str = " the quick brown fox jumps over the lazy dog while five wizards box";

/// Which post a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    /// A random number of the run: messages of another run are foreign.
    pub(crate) run: u32,
    /// The endpoint that posted it.
    pub(crate) sender: u32,
    /// How many posts this endpoint had made before.
    pub(crate) sequence: u32,
    /// When the post was due, in nanoseconds since the run began. Latency counts from here, however late it was sent.
    pub(crate) due: u64,
}

impl Stamp {
    /// The text of a message of `size` bytes with this stamp, or of [`STAMP_BYTES`] if that is more.
    pub(crate) fn text(self, size: usize) -> String {
        let mut text = String::with_capacity(size.max(STAMP_BYTES));
        let Self {
            run,
            sender,
            sequence,
            due,
        } = self;
        // Writing to a String can't fail.
        let _ = write!(text, "{MARK}{run:08x}{sender:08x}{sequence:08x}{due:016x}");
        while text.len() < size {
            let left = (size - text.len()).min(FILLER.len());
            text.push_str(FILLER.get(..left).unwrap_or_default());
        }
        text
    }

    /// The stamp at the beginning of a text.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let mut rest = text.strip_prefix(MARK.as_bytes())?;
        let mut parts = [0; 4];
        for (part, digits) in parts.iter_mut().zip(DIGITS) {
            let (number, after) = rest.split_at_checked(digits)?;
            *part = hexadecimal(number)?;
            rest = after;
        }
        let [run, sender, sequence, due] = parts;
        Some(Self {
            run: run as u32,
            sender: sender as u32,
            sequence: sequence as u32,
            due,
        })
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u64::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_stamp_is_read_back(run: u32, sender: u32, sequence: u32, due: u64, size in 0_usize..300) {
            let stamp = Stamp { run, sender, sequence, due };
            let text = stamp.text(size);
            prop_assert_eq!(text.len(), size.max(STAMP_BYTES));
            prop_assert_eq!(Stamp::read(text.as_bytes()), Some(stamp));
        }

        #[test]
        fn a_damaged_stamp_is_another_or_none(place in 0..STAMP_BYTES, byte: u8) {
            let stamp = Stamp { run: 1, sender: 2, sequence: 3, due: 4 };
            let mut text = stamp.text(STAMP_BYTES).into_bytes();
            prop_assume!(text[place] != byte);
            text[place] = byte;
            prop_assert_ne!(Stamp::read(&text), Some(stamp));
        }
    }

    #[test]
    fn a_text_without_stamp_has_none() {
        assert_eq!(Stamp::read(b""), None);
        assert_eq!(Stamp::read(b"load:0000000"), None);
        assert_eq!(Stamp::read(b"hello"), None);
    }
}
