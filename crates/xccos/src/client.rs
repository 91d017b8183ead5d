//! Documents from client to server, written: for the terminal client, the load generator and tests.

use crate::{
    chat::Post,
    commands::Command,
    names::{attribute, element, prefix},
    writer::envelope,
};

/// The document that carries a command.
#[must_use]
pub fn command(envid: &str, command: &Command) -> String {
    let mut out = String::new();
    envelope(&mut out, envid, |xml| {
        xml.open(element::CMD);
        xml.attribute_parts(attribute::ID, &[prefix::COMMAND, command.sent_name()]);
        xml.number(attribute::SEQID, 1);
        xml.open(element::DATA);
        command.write(xml);
        xml.close(element::DATA);
        xml.close(element::CMD);
    });
    out
}

/// The document that carries a post.
#[must_use]
pub fn post(envid: &str, post: &Post) -> String {
    let mut out = String::new();
    envelope(&mut out, envid, |xml| post.write(xml));
    out
}
