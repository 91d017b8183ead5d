//! Notices: what the server tells unasked.

use crate::{
    blocks::{RoomBlock, UserBlock},
    names::{attribute, element, notice, prefix},
    reply::InvitationsReply,
    writer::{Writer, envelope},
};

fn document(envid: &str, name: &str, data: impl FnOnce(&mut Writer<'_>)) -> String {
    let mut out = String::new();
    envelope(&mut out, envid, |xml| {
        xml.open(element::NTC);
        xml.attribute_parts(attribute::ID, &[prefix::NOTICE, name]);
        xml.number(attribute::SEQID, 1);
        xml.open(element::DATA);
        data(xml);
        xml.close(element::DATA);
        xml.close(element::NTC);
    });
    out
}

/// Somebody entered the rooms of his [`associations`](UserBlock::associations), which must be no others than those that
/// the recipient is in too. `ntc:join` for one room, `ntc:bjoin` for several.
#[must_use]
pub fn join(envid: &str, user: &UserBlock<'_>) -> String {
    let name = if user.associations.len() > 1 {
        notice::BATCH_JOIN
    } else {
        notice::JOIN
    };
    document(envid, name, |xml| user.write(xml))
}

/// Somebody left a room.
#[must_use]
pub fn part(envid: &str, chan_uri: &str, user: &UserBlock<'_>) -> String {
    let room = RoomBlock {
        users: vec![user.clone()],
        ..RoomBlock::new(chan_uri)
    };
    document(envid, notice::PART, |xml| room.write(xml))
}

/// Somebody went offline. Known clients understand [`part`], so it is what the server sends.
#[must_use]
pub fn quit(envid: &str, user: &UserBlock<'_>) -> String {
    document(envid, notice::QUIT, |xml| user.write(xml))
}

/// The recipient was invited to rooms; the same blocks as in the reply to `getinv`.
#[must_use]
pub fn invite(envid: &str, invitations: &InvitationsReply<'_>) -> String {
    document(envid, notice::INVITE, |xml| invitations.write(xml))
}

/// A room's properties changed; the block tells all of them.
#[must_use]
pub fn room_changed(envid: &str, room: &RoomBlock<'_>) -> String {
    document(envid, notice::ROOM_CHANGED, |xml| room.write(xml))
}

/// Somebody's permissions changed in the rooms of his [`associations`](UserBlock::associations), which must be no others
/// than those that the recipient is in too.
#[must_use]
pub fn permissions_changed(envid: &str, user: &UserBlock<'_>) -> String {
    document(envid, notice::PERMISSIONS_CHANGED, |xml| user.write(xml))
}
