//! Every size that this crate limits, in one place.
//!
//! An XML parser is the first thing that a stranger's bytes meet after the signature check, so each way in which a small
//! document can cost much time or memory has a cap of its own.

/// Largest document that callers normally accept, in bytes. They pass their own figure to the parsers.
pub const DEFAULT_MAX_DOCUMENT_BYTES: usize = 1024 * 1024;
/// Deepest nesting of elements; the root counts as one.
pub const MAX_DEPTH: usize = 32;
/// Most attributes of one element, namespace declarations included.
pub const MAX_ATTRIBUTES: usize = 64;
/// Longest start tag, in bytes between its angle brackets.
pub const MAX_START_TAG_BYTES: usize = 64 * 1024;
/// Most elements in a document. A tree takes about thirty times the bytes of the shortest elements that make it up.
pub const MAX_ELEMENTS: usize = 65_536;
/// Most namespace declarations in force at one place, those that are overridden included.
pub const MAX_NAMESPACES: usize = 64;
/// Most primitives (`cmd`, `rpl`, `ntc`, `grpchat`) in one envelope. Known clients send one; a search costs far more than
/// the 50 bytes that ask for it.
pub const MAX_PRIMITIVES: usize = 64;

/// Longest text of one argument of a command, in bytes. The longest that the protocol needs is a list of search words.
pub const MAX_ARGUMENT_BYTES: usize = 4 * 1024;
/// Most items in one list of a command: rooms to search, authors, principals of a role.
pub const MAX_LIST_ITEMS: usize = 1_000;
/// Largest `maxResults`: the SDK has a signed number of 32 bits.
pub const MAX_RESULTS: u32 = i32::MAX.unsigned_abs();

// What a post may carry along is limited more tightly than a document, so that it can never make a document, with the
// server's own attributes round it and the depth of a history reply above it, that this crate would refuse.

/// Most additional attributes of a post, the namespace declarations that they need included.
pub const MAX_EXTRA_ATTRIBUTES: usize = 32;
/// Longest text of the additional attributes of a post, in bytes as sent on.
pub const MAX_EXTRA_ATTRIBUTE_BYTES: usize = 32 * 1024;
/// Longest text of the additional children of a post, in bytes as sent on. It can be far longer than what came, because
/// each child gets the namespace declarations that it needs.
pub const MAX_EXTRA_CHILDREN_BYTES: usize = 256 * 1024;
/// Deepest nesting within the additional children of a post; such a child itself counts as one.
pub const MAX_EXTRA_DEPTH: usize = 16;
/// Most namespace declarations in force at one place within the additional children of a post.
pub const MAX_EXTRA_NAMESPACES: usize = 32;
