//! Settings of servers.

use super::{ActionError, Context, Plan, clean_url};
use causerie_model::{
    ChainId, Change, Configuration, Scope,
    limits::{DEFAULT_CHAT_HISTORY_RANGE, MAX_FILE_KB, MAX_PARTICIPANT_UPDATE_LIMIT},
};
use std::ops::RangeInclusive;

/// What changes about settings: `Some(None)` has the next wider scope decide.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationChange {
    /// `DefaultChatHistory`.
    pub default_chat_history: Option<Option<u16>>,
    /// `MaxFileSizeKB`.
    pub max_file_kb: Option<Option<u32>>,
    /// `ParticipantUpdateLimit`.
    pub participant_update_limit: Option<Option<u32>>,
    /// `RoomManagementUrl`; empty for the built-in page.
    pub room_management_url: Option<Option<String>>,
}

fn describe(configuration: &Configuration) -> String {
    fn word<T: ToString>(value: Option<&T>) -> String {
        value.map_or_else(|| "-".to_owned(), ToString::to_string)
    }
    format!(
        "default-chat-history={} max-file-kb={} participant-update-limit={} room-management-url={}",
        word(configuration.default_chat_history.as_ref()),
        word(configuration.max_file_kb.as_ref()),
        word(configuration.participant_update_limit.as_ref()),
        word(configuration.room_management_url.as_ref())
    )
}

fn within(name: &str, value: Option<u32>, range: &RangeInclusive<u32>) -> Result<(), ActionError> {
    match value {
        Some(value) if !range.contains(&value) => Err(ActionError::Invalid(format!(
            "{name} is {value}; it must be from {} to {}",
            range.start(),
            range.end()
        ))),
        _ => Ok(()),
    }
}

pub(super) fn set(
    context: &Context<'_>,
    scope: &Scope,
    change: &ConfigurationChange,
) -> Result<Plan, ActionError> {
    if matches!(scope, Scope::Tag(_)) {
        let text = "settings are global, of a site, or of a service";
        return Err(ActionError::Invalid(text.to_owned()));
    }
    let old = context.catalogue.configuration(scope);
    let mut new = old
        .cloned()
        .unwrap_or_else(|| Configuration::empty(scope.clone()));
    if let Some(value) = change.default_chat_history {
        let range =
            u32::from(*DEFAULT_CHAT_HISTORY_RANGE.start())..=u32::from(*DEFAULT_CHAT_HISTORY_RANGE.end());
        within("default-chat-history", value.map(u32::from), &range)?;
        new.default_chat_history = value;
    }
    if let Some(value) = change.max_file_kb {
        within("max-file-kb", value, &(1..=MAX_FILE_KB))?;
        new.max_file_kb = value;
    }
    if let Some(value) = change.participant_update_limit {
        within(
            "participant-update-limit",
            value,
            &(0..=MAX_PARTICIPANT_UPDATE_LIMIT),
        )?;
        new.participant_update_limit = value;
    }
    if let Some(url) = &change.room_management_url {
        new.room_management_url = match url.as_deref() {
            Some("") | None => url.clone(),
            Some(url) => Some(clean_url(url)?),
        };
    }
    let (before, after) = (old.map(describe).unwrap_or_default(), describe(&new));
    let changes = if old == Some(&new) {
        vec![]
    } else {
        vec![Change::PutConfiguration(new)]
    };
    Ok(Plan::new(changes, ChainId::System, "settings.set", scope)
        .from(before)
        .to(after))
}

pub(super) fn remove(context: &Context<'_>, scope: &Scope) -> Result<Plan, ActionError> {
    let old = context.catalogue.configuration(scope);
    let old = old.ok_or_else(|| ActionError::NotFound {
        kind: "settings for",
        name: scope.to_string(),
    })?;
    let changes = vec![Change::RemoveConfiguration(scope.clone())];
    Ok(Plan::new(changes, ChainId::System, "settings.remove", scope).from(describe(old)))
}
