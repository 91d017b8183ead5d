//! Every size that the domain limits, in one place. Limits of a protocol live with its crate, those of operation in the
//! configuration.

/// Longest name of a room or category, in characters (`tblNode.nodeName` of the original).
pub const MAX_NAME_CHARS: usize = 256;
/// Longest description of a room or category, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 256;
/// Longest display name of a user or name of a group, in characters.
pub const MAX_DISPLAY_NAME_CHARS: usize = 256;
/// Longest SIP address without its scheme, in bytes.
pub const MAX_ADDRESS_BYTES: usize = 256;
/// Longest label of a stored preference, in characters.
pub const MAX_PREFERENCE_LABEL_CHARS: usize = 255;
/// Largest content of a stored preference, in bytes.
pub const MAX_PREFERENCE_BYTES: usize = 64 * 1024;
/// Most entries in a user's contact list.
pub const MAX_CONTACTS: usize = 1_000;
/// Most groups in a user's contact list.
pub const MAX_CONTACT_GROUPS: usize = 128;
/// Largest message that may be configured, in bytes of UTF-8.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// Longest name of an add-in, in characters (`tblSiopWhiteList` of the original).
pub const MAX_ADDIN_NAME_CHARS: usize = 50;
/// Longest URL of an add-in or of a room management page, in bytes.
pub const MAX_URL_BYTES: usize = 255;
/// Fewest and most messages of a room that may be kept in memory (`DefaultChatHistory`).
pub const DEFAULT_CHAT_HISTORY_RANGE: std::ops::RangeInclusive<u16> = 1..=500;
/// Largest `MaxFileSizeKB` that may be set: 4 GB.
pub const MAX_FILE_KB: u32 = 4 * 1024 * 1024;
/// Largest `ParticipantUpdateLimit` that may be set.
pub const MAX_PARTICIPANT_UPDATE_LIMIT: u32 = 100_000;
/// Most words and phrases of one search. The index looks each of them up, and what they cost together grows faster than
/// their number.
pub const MAX_SEARCH_TERMS: usize = 32;
/// Longest text of one search, in characters. In scripts without blanks each character is looked up by itself.
pub const MAX_SEARCH_CHARS: usize = 256;
/// Fewest characters before the `*` of a search: a single one would begin too large a part of all words.
pub const MIN_PREFIX_CHARS: usize = 2;
