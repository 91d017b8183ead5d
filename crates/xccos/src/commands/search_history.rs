//! `bcbydate`, `bcbymsg` and every other `bc…`: search the messages of rooms.
//!
//! All have the same form and differ in which criteria are there, so one type serves them; the reply has the name of
//! the command.

use std::num::NonZeroU64;

use crate::{
    arguments::truth,
    error::BlockError,
    names::{attribute, element, value},
    reader::Element,
    writer::Writer,
};

/// Searches the messages of rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHistory {
    /// Name of the command after `cmd:`, as sent; the reply has the same.
    pub name: String,
    /// URIs of the rooms, as sent; at least one.
    pub chan_uris: Vec<String>,
    /// Which messages.
    pub query: HistoryQuery,
}

/// Which messages are looked for (`bcq`): those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// So many of the newest.
    pub last: Option<u32>,
    /// At most so many of each room.
    pub limit: Option<u32>,
    /// With these words.
    pub text: Option<HistoryText>,
    /// From this time on (ISO 8601, as sent).
    pub from: Option<String>,
    /// Until this time (ISO 8601, as sent).
    pub to: Option<String>,
    /// From this message on; dates count nothing beside it.
    pub message_id: Option<NonZeroU64>,
    /// By one of these, by SIP URI as sent; nobody means by anyone.
    pub authors: Vec<String>,
    /// Whether the case of words matters.
    pub match_case: bool,
    /// Whether the words must stand together; otherwise any word is enough.
    pub exact_phrase: bool,
    /// Whether the newest are looked at first, which matters when there is a limit.
    pub search_backwards: bool,
    /// Whether the newest stand first in the reply.
    pub sort_backwards: bool,
}

/// Words that messages are searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryText {
    /// How they are matched (`mt`), as sent; the values are unknown.
    pub match_type: Option<String>,
    /// The words, with blanks between them.
    pub words: String,
}

impl SearchHistory {
    pub(crate) fn parse(name: &str, data: &Element) -> Result<Self, BlockError> {
        Ok(Self {
            name: name.to_owned(),
            chan_uris: data.room_uris()?,
            query: HistoryQuery::parse(data.only(element::BCQ)?)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        for uri in &self.chan_uris {
            xml.uri(element::CHANIB, uri);
        }
        self.query.write(xml);
    }
}

impl HistoryQuery {
    /// Whether it asks for nothing but the newest, if for anything.
    pub(crate) fn is_plain(&self) -> bool {
        let plain = Self {
            last: self.last,
            ..Self::default()
        };
        *self == plain
    }

    pub(crate) fn parse(bcq: &Element) -> Result<Self, BlockError> {
        let count = |name| {
            let found: Option<&Element> = bcq.at_most_one(name)?;
            found
                .map(|found| found.required_number(attribute::CNT))
                .transpose()
        };
        let flag = |name| match bcq.at_most_one(name)? {
            Some(flag) => flag.known(name, &flag.text(), truth),
            None => Ok(false),
        };
        let date = |name| match bcq.at_most_one(element::DATE)? {
            Some(date) => date.argument(name),
            None => Ok(None),
        };
        let text = bcq.at_most_one(element::TEXT)?;
        let message = bcq.at_most_one(element::MSGID)?;
        let message = message.map(|message| message.required_number(attribute::ID));
        Ok(Self {
            last: count(element::LAST)?,
            limit: count(element::LIMIT)?,
            text: text.map(HistoryText::parse).transpose()?,
            from: date(attribute::FROM)?,
            to: date(attribute::TO)?,
            message_id: message.transpose()?.and_then(NonZeroU64::new),
            authors: bcq.uris(element::AUTHOR)?,
            match_case: flag(element::MATCH_CASE)?,
            exact_phrase: flag(element::EXACT_PHRASE)?,
            search_backwards: flag(element::SEARCH_BACKWARDS)?,
            sort_backwards: flag(element::SORT_BACKWARDS)?,
        })
    }

    pub(crate) fn write(&self, xml: &mut Writer<'_>) {
        let number = |xml: &mut Writer<'_>, element, attribute, value: Option<u64>| {
            if let Some(value) = value {
                xml.element(element, |xml| xml.number(attribute, value));
            }
        };
        let flag = |xml: &mut Writer<'_>, element, on| {
            if on {
                xml.element(element, |xml| xml.text(value::TRUE));
            }
        };
        xml.element(element::BCQ, |xml| {
            number(xml, element::LAST, attribute::CNT, self.last.map(Into::into));
            if self.from.is_some() || self.to.is_some() {
                xml.element(element::DATE, |xml| {
                    xml.optional(attribute::FROM, self.from.as_deref());
                    xml.optional(attribute::TO, self.to.as_deref());
                });
            }
            number(
                xml,
                element::MSGID,
                attribute::ID,
                self.message_id.map(NonZeroU64::get),
            );
            number(xml, element::LIMIT, attribute::CNT, self.limit.map(Into::into));
            if let Some(text) = &self.text {
                xml.element(element::TEXT, |xml| {
                    xml.optional(attribute::MATCH_TYPE, text.match_type.as_deref());
                    xml.text(&text.words);
                });
            }
            for author in &self.authors {
                xml.uri(element::AUTHOR, author);
            }
            flag(xml, element::MATCH_CASE, self.match_case);
            flag(xml, element::EXACT_PHRASE, self.exact_phrase);
            flag(xml, element::SORT_BACKWARDS, self.sort_backwards);
            flag(xml, element::SEARCH_BACKWARDS, self.search_backwards);
        });
    }
}

impl HistoryText {
    fn parse(text: &Element) -> Result<Self, BlockError> {
        Ok(Self {
            match_type: text.argument(attribute::MATCH_TYPE)?,
            words: text.text_argument()?,
        })
    }
}
