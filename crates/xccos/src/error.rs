//! Why a document is refused.

use thiserror::Error;

use crate::limits;

/// Why bytes aren't a document of the restricted XML that XCCOS needs: UTF-8, no document type, no comments, no
/// processing instructions, no entities but the five (the rule of RFC 6120 section 11), and none of the [`limits`]
/// passed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum XmlError {
    /// More bytes than the caller allows.
    #[error("the document has {bytes} bytes; {limit} are allowed")]
    TooLarge {
        /// Size of the document.
        bytes: usize,
        /// What the caller allows.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("the document isn't UTF-8 (first bad byte at {0})")]
    NotUtf8(usize),
    /// A byte order mark, or a declaration of another encoding or XML version.
    #[error("only XML 1.0 in UTF-8 without a byte order mark is accepted")]
    Encoding,
    /// A character that XML 1.0 doesn't know, literally or as a reference.
    #[error("the document contains the character U+{0:04X}, which XML can't hold")]
    IllegalCharacter(u32),
    /// `<!DOCTYPE`.
    #[error("a document type declaration isn't accepted")]
    DocumentType,
    /// `<!--`.
    #[error("comments aren't accepted")]
    Comment,
    /// `<?`, or an XML declaration that isn't at the start.
    #[error("processing instructions aren't accepted")]
    ProcessingInstruction,
    /// A reference to an entity other than the five that XML predefines.
    #[error("the entity '{0}' isn't one of the five predefined ones")]
    UnknownEntity(String),
    /// More than [`limits::MAX_DEPTH`] levels.
    #[error("elements are nested deeper than {}", limits::MAX_DEPTH)]
    TooDeep,
    /// More than [`limits::MAX_ELEMENTS`] elements.
    #[error("the document has more than {} elements", limits::MAX_ELEMENTS)]
    TooManyElements,
    /// More than [`limits::MAX_ATTRIBUTES`] attributes.
    #[error("an element has more than {} attributes", limits::MAX_ATTRIBUTES)]
    TooManyAttributes,
    /// More than [`limits::MAX_START_TAG_BYTES`] bytes.
    #[error("a start tag is longer than {} bytes", limits::MAX_START_TAG_BYTES)]
    StartTagTooLong,
    /// More than [`limits::MAX_NAMESPACES`] declarations in force.
    #[error("more than {} namespaces are declared", limits::MAX_NAMESPACES)]
    TooManyNamespaces,
    /// A name that isn't an XML name with at most one prefix.
    #[error("'{0}' isn't a name")]
    Name(String),
    /// A prefix that nothing declares, or a declaration that XML namespaces forbid.
    #[error("the namespace prefix '{0}' isn't declared properly")]
    Prefix(String),
    /// The same attribute twice.
    #[error("the attribute '{0}' is given twice")]
    DuplicateAttribute(String),
    /// Something other than white space outside the root element, or no root element.
    #[error("a document is exactly one element")]
    NotOneElement,
    /// The document ends within an element.
    #[error("the document ends before '{0}' does")]
    Truncated(String),
    /// Anything else that makes it not well formed.
    #[error("the document isn't well-formed XML: {0}")]
    Malformed(String),
}

/// Why a well-formed document isn't an XCCOS document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// It isn't acceptable XML.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// The root isn't `xccos` in the namespace of XCCOS.
    #[error("the root element is '{0}', not 'xccos' in the namespace of XCCOS")]
    Root(String),
    /// More than [`limits::MAX_PRIMITIVES`] primitives.
    #[error("the envelope holds more than {} primitives", limits::MAX_PRIMITIVES)]
    TooManyPrimitives,
    /// A part of a server's document is missing or wrong. (In a client's document this concerns one primitive only,
    /// which is then `Invalid`.)
    #[error(transparent)]
    Block(#[from] BlockError),
}

/// What is wrong with a part of a primitive.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BlockError {
    /// An attribute that the protocol requires.
    #[error("'{element}' has no attribute '{attribute}'")]
    MissingAttribute {
        /// Element that lacks it.
        element: String,
        /// Name of the attribute.
        attribute: &'static str,
    },
    /// An element that the protocol requires.
    #[error("'{parent}' has no element '{element}'")]
    MissingElement {
        /// Element that lacks it.
        parent: String,
        /// Name of the missing one.
        element: &'static str,
    },
    /// Several of an element of which there must be one.
    #[error("'{parent}' has more than one element '{element}'")]
    SeveralElements {
        /// Element that has them.
        parent: String,
        /// Name of the repeated one.
        element: &'static str,
    },
    /// Something that isn't a number, or is too large a one.
    #[error("'{element}' has '{value}' where a number is needed")]
    Number {
        /// Element that holds it.
        element: String,
        /// What is there.
        value: String,
    },
    /// A word that isn't one of those that can stand there.
    #[error("'{element}' has '{value}' as its '{name}', which isn't known")]
    Word {
        /// Element that holds it.
        element: String,
        /// Name of the attribute, `info` or `prop`.
        name: &'static str,
        /// What is there.
        value: String,
    },
    /// An argument longer than [`limits::MAX_ARGUMENT_BYTES`].
    #[error("'{0}' holds a text longer than {max} bytes", max = limits::MAX_ARGUMENT_BYTES)]
    TooLong(String),
    /// More than [`limits::MAX_LIST_ITEMS`] elements of one kind.
    #[error("there are more than {max} elements '{0}'", max = limits::MAX_LIST_ITEMS)]
    TooMany(&'static str),
    /// A post carries more additional attributes or children along than the `MAX_EXTRA_…` limits allow.
    #[error("the message carries too much along: {0}")]
    Extra(&'static str),
}
