//! Which chains have records in a range of positions, asked for in pieces: a database that is asked for all at once may take
//! longer over it than it is given for one question.

use crate::{Compliance, ComplianceError};
use causerie_model::ChainId;
use causerie_records::ChainSpan;
use std::collections::BTreeMap;

/// So many positions are looked at in one question.
const PIECE: u64 = 1_000_000;

/// The pieces of a range: positions after the first number, up to the second.
fn pieces(after: u64, up_to: u64) -> impl Iterator<Item = (u64, u64)> {
    let mut begin = after;
    std::iter::from_fn(move || {
        if begin >= up_to {
            return None;
        }
        let piece = (begin, up_to.min(begin.saturating_add(PIECE)));
        begin = piece.1;
        Some(piece)
    })
}

/// Adds a span of a later piece. Numbers and times of a chain rise with positions.
fn append(all: &mut BTreeMap<ChainId, ChainSpan>, span: &ChainSpan) {
    let known = all.entry(span.chain).or_insert(ChainSpan { records: 0, ..*span });
    known.last = span.last;
    known.ends = span.ends;
    known.records += span.records;
}

impl Compliance {
    /// For each chain that has records at positions after `after` up to `up_to`, which they are, by chain.
    pub(crate) async fn spans(&self, after: u64, up_to: u64) -> Result<Vec<ChainSpan>, ComplianceError> {
        let mut all = BTreeMap::new();
        for (after, up_to) in pieces(after, up_to) {
            self.goes_on()?;
            let spans = self.needs().records.spans(after, up_to).await?;
            spans.iter().for_each(|span| append(&mut all, span));
        }
        Ok(all.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causerie_model::{RoomId, Timestamp};

    fn span(room: i64, (first, last): (u64, u64), records: u64, (begins, ends): (i64, i64)) -> ChainSpan {
        ChainSpan {
            chain: ChainId::Room(RoomId(room)),
            first,
            last,
            records,
            begins: Timestamp(begins),
            ends: Timestamp(ends),
        }
    }

    #[test]
    fn a_range_is_cut_into_pieces_without_a_gap() {
        let cut = |after, up_to| pieces(after, up_to).collect::<Vec<_>>();
        assert_eq!(cut(7, 7), []);
        assert_eq!(cut(7, 7 + PIECE), [(7, 7 + PIECE)]);
        assert_eq!(cut(7, 8 + PIECE), [(7, 7 + PIECE), (7 + PIECE, 8 + PIECE)]);
        assert_eq!(cut(u64::MAX - 1, u64::MAX), [(u64::MAX - 1, u64::MAX)]);
    }

    #[test]
    fn what_the_pieces_tell_of_a_chain_is_one_span() {
        let mut all = BTreeMap::new();
        append(&mut all, &span(1, (3, 5), 2, (10, 20)));
        append(&mut all, &span(2, (1, 1), 1, (15, 15)));
        append(&mut all, &span(1, (6, 9), 4, (21, 30)));
        let all: Vec<_> = all.into_values().collect();
        assert_eq!(all, [span(1, (3, 9), 6, (10, 30)), span(2, (1, 1), 1, (15, 15))]);
    }
}
