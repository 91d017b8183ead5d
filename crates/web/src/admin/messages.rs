//! Messages are removed, replaced and cleared. Who administers the server doesn't read rooms by that: what is answered is
//! how many there were, never what they say. What was searched for is a record of the room, also if nothing is changed.

use super::{
    AdminState,
    error::{Answer, ApiError},
    input::{Body, Named, WhatIf, address, moment, optional_word},
    origin::Origin,
    wire::{ClearRoom, MessagesChanged, ReplaceMessages, WhichMessages},
};
use axum::{Json, extract::State};
use causerie_chat::{REPLACED, Retouch};
use causerie_model::{Match, MessageQuery, TextQuery};
use causerie_store::MAX_COUNTED;

/// The search that a request asks for. One that says nothing is refused: it would be for every message.
fn query(which: &WhichMessages) -> Answer<MessageQuery> {
    let at = |field, text: Option<&String>| text.map(|text| moment(field, text)).transpose();
    let how = optional_word("match", which.matching.as_ref())?.unwrap_or(Match::All);
    let text = which.text.as_deref().unwrap_or_default();
    let query = MessageQuery {
        text: TextQuery::parse(text, how, which.case_sensitive)
            .map_err(|error| ApiError::invalid(error.to_string()))?,
        authors: which
            .authors
            .iter()
            .map(|author| address(author))
            .collect::<Answer<_>>()?,
        from: at("from", which.from.as_ref())?,
        to: at("to", which.to.as_ref())?,
        ..MessageQuery::newest(Vec::new(), 0)
    };
    if query.text.is_none() && query.authors.is_empty() && query.from.is_none() && query.to.is_none() {
        let text = "say which messages: by author, time or text; all of a room are taken by clearing it";
        return Err(ApiError::invalid(text));
    }
    Ok(query)
}

async fn retouch(
    state: &AdminState,
    origin: &Origin,
    room: &str,
    which: &WhichMessages,
    retouch: Retouch,
    what_if: bool,
) -> Answer<Json<MessagesChanged>> {
    let query = query(which)?;
    let messages = state
        .chat
        .retouch(&origin.by(), room, &query, &retouch, what_if)
        .await?;
    Ok(Json(MessagesChanged {
        messages,
        at_least: false,
        what_if,
    }))
}

/// Removes messages from a room's history. Each is a record with its text.
#[utoipa::path(post, path = "/v1/rooms/{name}/messages/remove",
    params(("name" = String, Path, description = "The room's name or URI")),
    request_body = WhichMessages,
    responses((status = 200, body = MessagesChanged, description = "How many there were")))]
pub(super) async fn remove_messages(
    State(state): State<AdminState>,
    origin: Origin,
    Named(room): Named<String>,
    WhatIf(what_if): WhatIf,
    Body(which): Body<WhichMessages>,
) -> Answer<Json<MessagesChanged>> {
    retouch(&state, &origin, &room, &which, Retouch::Remove, what_if).await
}

/// Replaces the texts of messages in a room's history. Each is a record with its text as it was.
#[utoipa::path(post, path = "/v1/rooms/{name}/messages/replace",
    params(("name" = String, Path, description = "The room's name or URI")),
    request_body = ReplaceMessages,
    responses((status = 200, body = MessagesChanged, description = "How many there were")))]
pub(super) async fn replace_messages(
    State(state): State<AdminState>,
    origin: Origin,
    Named(room): Named<String>,
    WhatIf(what_if): WhatIf,
    Body(replace): Body<ReplaceMessages>,
) -> Answer<Json<MessagesChanged>> {
    let text = replace.with.unwrap_or_else(|| REPLACED.to_owned());
    let how = Retouch::Replace(text);
    retouch(&state, &origin, &room, &replace.which, how, what_if).await
}

/// Removes all messages of a room up to a moment. That is a record with their number.
#[utoipa::path(post, path = "/v1/rooms/{name}/clear",
    params(("name" = String, Path, description = "The room's name or URI")),
    request_body = ClearRoom,
    responses((status = 200, body = MessagesChanged, description = "How many there were; above a thousand they aren't counted")))]
pub(super) async fn clear(
    State(state): State<AdminState>,
    origin: Origin,
    Named(room): Named<String>,
    WhatIf(what_if): WhatIf,
    Body(ClearRoom { until }): Body<ClearRoom>,
) -> Answer<Json<MessagesChanged>> {
    let until = moment("until", &until)?;
    let messages = state.chat.clear_room(&origin.by(), &room, until, what_if).await?;
    Ok(Json(MessagesChanged {
        messages,
        at_least: messages >= u64::from(MAX_COUNTED),
        what_if,
    }))
}
