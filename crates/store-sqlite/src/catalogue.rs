//! Gives the working set.

use crate::{SqliteStore, row::Row};
use async_trait::async_trait;
use causerie_model::{Catalogue, Category, CategoryId, Change, Group, Node, PrincipalId, Room, RoomId, User};
use causerie_store::{CatalogueStore, StoreError, StoreFault};
use uuid::{Builder, Uuid};

#[async_trait]
impl CatalogueStore for SqliteStore {
    async fn load(&self) -> Result<Catalogue, StoreError> {
        let changes = self
            .reader
            .snapshot(vec![
                (
                    "SELECT kind, id, name, display_name, enabled FROM principals",
                    principal,
                ),
                ("SELECT group_id, member FROM group_members", membership),
                (
                    "SELECT id, guid, name, description, invitations, file_upload, history FROM categories",
                    category,
                ),
                (
                    "SELECT id, guid, category, name, description, room_type, privacy, invitations, disabled \
                     FROM rooms",
                    room,
                ),
                ("SELECT role, principal, node FROM category_roles", |row| {
                    grant(row, Node::Category(CategoryId(row.get(2)?)))
                }),
                ("SELECT role, principal, node FROM room_roles", |row| {
                    grant(row, Node::Room(RoomId(row.get(2)?)))
                }),
            ])
            .await?;
        let mut catalogue = Catalogue::default();
        changes.iter().for_each(|change| catalogue.apply(change));
        Ok(catalogue)
    }

    async fn database_id(&self) -> Result<Uuid, StoreError> {
        let query = sqlx::query("SELECT database_id FROM meta");
        let stored = self.reader.first(query, |row| row.guid(0)).await?;
        let stored = stored
            .ok_or_else(|| StoreError::new(StoreFault::Corrupt, "the room database has no identity"))?;
        // Sixteen random bytes were stored; this marks them as such (RFC 9562 5.4).
        Ok(Builder::from_random_bytes(stored.into_bytes()).into_uuid())
    }
}

fn principal(row: &Row<'_>) -> Result<Change, StoreError> {
    let id = PrincipalId(row.get(1)?);
    Ok(match row.get(0)? {
        "user" => Change::PutUser(User {
            id,
            address: row.parse(2)?,
            display_name: row.get(3)?,
            enabled: row.get(4)?,
        }),
        _ => Change::PutGroup(Group {
            id,
            name: row.get(2)?,
        }),
    })
}

fn membership(row: &Row<'_>) -> Result<Change, StoreError> {
    Ok(Change::AddToGroup {
        group: PrincipalId(row.get(0)?),
        member: PrincipalId(row.get(1)?),
    })
}

fn category(row: &Row<'_>) -> Result<Change, StoreError> {
    Ok(Change::PutCategory(Category {
        id: CategoryId(row.get(0)?),
        guid: row.guid(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        invitations: row.get(4)?,
        file_upload: row.get(5)?,
        history: row.get(6)?,
    }))
}

fn room(row: &Row<'_>) -> Result<Change, StoreError> {
    Ok(Change::PutRoom(Room {
        id: RoomId(row.get(0)?),
        guid: row.guid(1)?,
        category: CategoryId(row.get(2)?),
        name: row.get(3)?,
        description: row.get(4)?,
        room_type: row.parse(5)?,
        privacy: row.parse(6)?,
        invitations: row.parse(7)?,
        disabled: row.get(8)?,
    }))
}

fn grant(row: &Row<'_>, node: Node) -> Result<Change, StoreError> {
    Ok(Change::Grant {
        node,
        role: row.parse(0)?,
        principal: PrincipalId(row.get(1)?),
    })
}
