//! Messages: an administrator takes them from history, or their texts.

use super::{ActionError, Context, Plan, room};
use causerie_model::{
    Cause, ChainId, Change, ChatId, Event, Message, Purge, RoomId, Timestamp, chat_id_ranges,
    limits::MAX_MESSAGE_BYTES,
};
use std::sync::Arc;

/// Takes messages away, or replaces their texts. `messages` are as they were read.
pub(super) fn retouch(
    context: &Context<'_>,
    name: &str,
    messages: &[Arc<Message>],
    replacement: Option<&str>,
) -> Result<Plan, ActionError> {
    let room = room::find(context, name)?;
    if replacement.is_some_and(|text| text.is_empty() || text.len() > MAX_MESSAGE_BYTES) {
        return Err(ActionError::Invalid(format!(
            "the text instead has 1 to {MAX_MESSAGE_BYTES} bytes"
        )));
    }
    if messages.iter().any(|message| message.room != room.id) {
        return Err(ActionError::Invalid(
            "the messages are not of this room".to_owned(),
        ));
    }
    let numbers = messages.iter().map(|message| message.chat_id);
    let changes = match replacement {
        Some(text) => numbers
            .map(|chat_id| Change::ReplaceMessage {
                room: room.id,
                chat_id,
                text: text.to_owned(),
            })
            .collect(),
        None if messages.is_empty() => Vec::new(),
        None => vec![Change::RemoveMessages {
            room: room.id,
            chat_ids: numbers.collect(),
        }],
    };
    let events = messages.iter().map(|message| Event::Deleted {
        message: message.clone(),
        replacement: replacement.map(ToOwned::to_owned),
    });
    let what = if replacement.is_some() {
        "message.replace"
    } else {
        "message.remove"
    };
    let plan = Plan::new(changes, ChainId::Room(room.id), what, &room.name);
    Ok(Plan {
        also: events.collect(),
        ..plan.from(format!("messages={}", messages.len()))
    })
}

/// That messages were searched for.
pub(super) fn count(
    context: &Context<'_>,
    name: &str,
    query: &str,
    found: u64,
    rehearsal: bool,
) -> Result<Plan, ActionError> {
    let room = room::find(context, name)?;
    let plan = Plan::new(vec![], ChainId::Room(room.id), "message.search", &room.name);
    Ok(Plan {
        record_only: true,
        ..plan
            .from(query)
            .to(format_args!("found={found} rehearsal={rehearsal}"))
    })
}

/// Takes away all messages of a room up to a moment. At least `count` are there.
pub(super) fn clear(
    context: &Context<'_>,
    name: &str,
    until: Timestamp,
    count: u64,
) -> Result<Plan, ActionError> {
    let room = room::find(context, name)?;
    let changes = if count == 0 {
        vec![]
    } else {
        vec![Change::ClearRoom { room: room.id, until }]
    };
    let plan = Plan::new(changes, ChainId::Room(room.id), "room.clear", &room.name);
    Ok(Plan {
        also: vec![Event::Purged {
            which: Purge::Until(until),
            messages: count,
        }],
        ..plan.from(format!("messages={count} until={until}"))
    })
}

/// Takes away messages of which retention destroys the records. The room may have been removed: its messages stay then.
pub(super) fn erase(room: RoomId, messages: &[ChatId], cause: Cause, origin: &str) -> Plan {
    let change = Change::RemoveMessages {
        room,
        chat_ids: messages.to_vec(),
    };
    let count = messages.len() as u64;
    let chain = ChainId::Room(room);
    let plan = Plan::new(vec![change], chain, "message.erase", chain);
    Plan {
        also: vec![Event::Purged {
            which: Purge::Numbers {
                numbers: chat_id_ranges(messages.iter().copied()),
                cause,
                origin: origin.to_owned(),
            },
            messages: count,
        }],
        // A record of a change is never destroyed, and one of each of these would pile up.
        is_told_by_others: true,
        ..plan.from(format!("messages={count}"))
    }
}
