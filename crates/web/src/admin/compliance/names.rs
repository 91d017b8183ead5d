//! Times and scopes as people name them.

use crate::admin::{
    error::{Answer, ApiError},
    input::moment,
};
use causerie_compliance::{
    Compliance,
    documents::{Category, Room, Scope},
};
use causerie_model::{RoomId, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A time that may be left out.
pub(super) fn time(field: &str, text: Option<&String>) -> Answer<Option<Timestamp>> {
    text.map(|text| moment(field, text)).transpose()
}

/// What the records tell of rooms and categories, those that are gone included.
pub(super) struct Names {
    rooms: BTreeMap<String, Room>,
    categories: BTreeMap<String, Category>,
}

impl Names {
    pub(super) async fn of(service: &Compliance) -> Answer<Self> {
        Ok(Self {
            rooms: service.rooms().await?,
            categories: service.categories().await?,
        })
    }

    fn room(&self, text: &str) -> Answer<Vec<RoomId>> {
        let row = |row: &String| row.parse().ok().map(RoomId);
        let guid = text.parse::<Uuid>().ok();
        let named = self
            .rooms
            .iter()
            .filter(|(id, room)| same(&room.name, text) || Some(room.guid) == guid || id.as_str() == text);
        let rows: Vec<RoomId> = named.filter_map(|(id, _)| row(id)).collect();
        if rows.is_empty() {
            return Err(ApiError::invalid(format!("no record tells of a room '{text}'")));
        }
        Ok(rows)
    }

    /// `global`, `category:NAME`, `category:GUID`, `room:NAME`, `room:GUID` or `room:ROW`.
    pub(super) fn scope(&self, text: &str) -> Answer<Scope> {
        let several = || ApiError::invalid(format!("'{text}' names several: say which by GUID"));
        match text.split_once(':') {
            None if text == "global" => Ok(Scope::Global),
            Some(("room", name)) => match self.room(name)?.as_slice() {
                [one] => Ok(Scope::Room(*one)),
                _ => Err(several()),
            },
            Some(("category", name)) => {
                let guid = name.parse::<Uuid>().ok();
                let named = self
                    .categories
                    .values()
                    .filter(|category| same(&category.name, name) || Some(category.guid) == guid);
                match named.map(|category| category.guid).collect::<Vec<_>>().as_slice() {
                    [] => Err(ApiError::invalid(format!(
                        "no record tells of a category '{name}'"
                    ))),
                    [one] => Ok(Scope::Category(*one)),
                    _ => Err(several()),
                }
            }
            _ => Err(ApiError::invalid(format!(
                "'{text}' is no scope: it must be global, category:NAME or room:NAME"
            ))),
        }
    }

    /// The name of the room of a chain or scope, or of the category of a scope, if it is known.
    pub(super) fn name(&self, scope: &str) -> Option<String> {
        match scope.split_once(':')? {
            ("room", row) => self.rooms.get(row).map(|room| room.name.clone()),
            (_, guid) => self.categories.get(guid).map(|category| category.name.clone()),
        }
    }
}

/// What officers set, with the names that go with its rows and ids.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::admin) struct Listed<T> {
    #[serde(flatten)]
    set: T,
    /// The names of its rooms by their rows, as far as they are known.
    room_names: BTreeMap<String, String>,
    /// The name of its matter, if it has one that there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    matter_name: Option<String>,
}

impl<T> Listed<T> {
    pub(super) fn new(names: &Names, set: T, rooms: &[RoomId], matter_name: Option<String>) -> Self {
        let name = |room: &RoomId| {
            let row = room.to_string();
            let known = names.rooms.get(&row)?;
            Some((row, known.name.clone()))
        };
        Self {
            room_names: rooms.iter().filter_map(name).collect(),
            set,
            matter_name,
        }
    }
}

fn same(name: &str, text: &str) -> bool {
    name.to_lowercase() == text.trim().to_lowercase()
}
