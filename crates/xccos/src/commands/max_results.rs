//! `maxResults`: how much a client wants.

use crate::{error::BlockError, limits::MAX_RESULTS, names::attribute, reader::Element, writer::Writer};

/// How many results a client wants. The server has its own limit beside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MaxResults {
    /// It doesn't say.
    #[default]
    Unsaid,
    /// As many as there are (-1).
    All,
    /// So many; at most [`MAX_RESULTS`].
    AtMost(u32),
}

impl MaxResults {
    /// How many to give: what is asked, or `default` if nothing is, but never more than `limit`.
    #[must_use]
    pub fn capped(self, default: u32, limit: u32) -> u32 {
        match self {
            Self::Unsaid => default.min(limit),
            Self::All => limit,
            Self::AtMost(count) => count.min(limit),
        }
    }

    pub(crate) fn parse(element: &Element) -> Result<Self, BlockError> {
        Ok(match element.number::<i64>(attribute::MAX_RESULTS)? {
            None => Self::Unsaid,
            Some(-1) => Self::All,
            Some(count) => match u32::try_from(count).ok().filter(|count| *count <= MAX_RESULTS) {
                Some(count) => Self::AtMost(count),
                None => {
                    return Err(BlockError::Number {
                        element: element.name.clone(),
                        value: count.to_string(),
                    });
                }
            },
        })
    }

    pub(crate) fn write(self, xml: &mut Writer<'_>) {
        match self {
            Self::Unsaid => {}
            Self::All => xml.number(attribute::MAX_RESULTS, -1),
            Self::AtMost(count) => xml.number(attribute::MAX_RESULTS, count),
        }
    }
}
