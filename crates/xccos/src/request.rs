//! Documents from client to server.

use crate::{
    chat::Post,
    commands::{Command, reply_name},
    envelope::{Envelope, strip_prefix},
    error::DocumentError,
    names::{attribute, element, prefix, reply},
    reader::Element,
};

/// A document from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Number of the envelope, to be echoed as text; empty if the client gave none.
    pub envid: String,
    /// Version; everything that was observed says `1`.
    pub ver: String,
    /// What the client wants, to be done in this order.
    pub primitives: Vec<Primitive>,
}

/// One thing that a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Primitive {
    /// Number within the envelope, to be echoed as text; empty if the client gave none.
    pub seqid: String,
    /// What it is.
    pub kind: PrimitiveKind,
}

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrimitiveKind {
    /// A command, to be answered by a reply.
    Command(Command),
    /// A chat line, to be answered only when it fails, by a reply named [`reply::POST`].
    Post(Post),
    /// A command that this server doesn't know, to be answered by
    /// [`NOT_SUPPORTED`](crate::names::code::NOT_SUPPORTED).
    Unknown {
        /// Its name as sent, without `cmd:`; the reply has the same.
        name: String,
    },
    /// A command or chat line that lacks something or has something wrong, to be answered by
    /// [`INVALID_ARGUMENT`](crate::names::code::INVALID_ARGUMENT).
    Invalid {
        /// Name of the reply.
        name: String,
        /// What is wrong, for people.
        reason: String,
    },
}

impl Document {
    /// Reads a document of at most `max_bytes` (see [`DEFAULT_MAX_DOCUMENT_BYTES`](crate::limits)).
    ///
    /// Unknown elements and attributes are ignored and names of primitives compared without regard to case.
    ///
    /// # Errors
    /// [`DocumentError`] when it isn't an XCCOS document at all, so that a reply isn't possible. What is wrong within one
    /// primitive is reported there, and the others are unharmed.
    pub fn parse(body: &[u8], max_bytes: usize) -> Result<Self, DocumentError> {
        let envelope = Envelope::parse(body, max_bytes)?;
        let primitives = envelope.primitives(&[element::CMD, element::GRPCHAT])?;
        let primitives = primitives
            .into_iter()
            .map(|primitive| Primitive {
                seqid: primitive.attribute_or_empty(attribute::SEQID),
                kind: if primitive.is(element::CMD) {
                    command(primitive)
                } else {
                    post(primitive)
                },
            })
            .collect();
        Ok(Self {
            envid: envelope.envid,
            ver: envelope.ver,
            primitives,
        })
    }
}

fn command(primitive: &Element) -> PrimitiveKind {
    let id = primitive.attribute_or_empty(attribute::ID);
    let name = strip_prefix(&id, prefix::COMMAND).unwrap_or(&id);
    let none = Element::empty(element::DATA);
    let data = primitive.first(element::DATA).unwrap_or(&none);
    match Command::parse(name, data) {
        Some(Ok(command)) => PrimitiveKind::Command(command),
        Some(Err(error)) => PrimitiveKind::Invalid {
            name: reply_name(name).to_owned(),
            reason: error.to_string(),
        },
        None => PrimitiveKind::Unknown {
            name: name.to_owned(),
        },
    }
}

fn post(primitive: &Element) -> PrimitiveKind {
    match Post::parse(primitive) {
        Ok(post) => PrimitiveKind::Post(post),
        Err(error) => PrimitiveKind::Invalid {
            name: reply::POST.to_owned(),
            reason: error.to_string(),
        },
    }
}
