//! Gives the working set.

use crate::{SqliteStore, row::Row};
use async_trait::async_trait;
use causerie_model::{
    Addin, AddinId, Alias, Audit, Barrier, BarrierId, Catalogue, Category, CategoryId, Change, Configuration,
    Group, Node, Policy, PrincipalId, Room, RoomId, User,
};
use causerie_store::{CatalogueStore, StoreError, StoreFault};
use uuid::{Builder, Uuid};

#[async_trait]
impl CatalogueStore for SqliteStore {
    async fn load(&self) -> Result<Catalogue, StoreError> {
        let changes = self
            .reader
            .snapshot(vec![
                (
                    "SELECT kind, id, name, display_name, enabled, group_kind, policy, site FROM principals",
                    principal,
                ),
                ("SELECT group_id, member FROM group_members", membership),
                (
                    "SELECT version, created_by, created_on, updated_by, updated_on, \
                     id, guid, name, description, invitations, file_upload, history, compliance FROM categories",
                    category,
                ),
                (
                    "SELECT version, created_by, created_on, updated_by, updated_on, \
                     id, guid, category, name, description, room_type, privacy, invitations, disabled, addin \
                     FROM rooms",
                    room,
                ),
                ("SELECT role, principal, node FROM category_roles", |row| {
                    grant(row, Node::Category(CategoryId(row.get(2)?)))
                }),
                ("SELECT role, principal, node FROM room_roles", |row| {
                    grant(row, Node::Room(RoomId(row.get(2)?)))
                }),
                ("SELECT id, name, one, other FROM barriers", barrier),
                ("SELECT id, guid, name, url FROM addins", addin),
                (
                    "SELECT scope, enable_persistent_chat, description FROM policies",
                    policy,
                ),
                (
                    "SELECT scope, default_chat_history, max_file_kb, participant_update_limit, \
                     room_management_url FROM configurations",
                    configuration,
                ),
                ("SELECT address, display_name FROM aliases", alias),
            ])
            .await?;
        let mut catalogue = Catalogue::default();
        changes.iter().for_each(|change| catalogue.apply(change));
        Ok(catalogue)
    }

    async fn unannounced(&self) -> Result<Vec<Node>, StoreError> {
        let query = sqlx::query("SELECT kind, id FROM unannounced ORDER BY kind, id");
        let make = |row: &Row<'_>| {
            Ok(match row.get(0)? {
                "category" => Node::Category(CategoryId(row.get(1)?)),
                _ => Node::Room(RoomId(row.get(1)?)),
            })
        };
        self.reader.all(query, make).await
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
            policy: row.get(6)?,
            site: row.get(7)?,
        }),
        _ => Change::PutGroup(Group {
            id,
            name: row.get(2)?,
            kind: row.parse(5)?,
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
        audit: audit(row)?,
        id: CategoryId(row.get(5)?),
        guid: row.guid(6)?,
        name: row.get(7)?,
        description: row.get(8)?,
        invitations: row.get(9)?,
        file_upload: row.get(10)?,
        history: row.get(11)?,
        compliance: row.parse(12)?,
    }))
}

fn room(row: &Row<'_>) -> Result<Change, StoreError> {
    Ok(Change::PutRoom(Room {
        audit: audit(row)?,
        id: RoomId(row.get(5)?),
        guid: row.guid(6)?,
        category: CategoryId(row.get(7)?),
        name: row.get(8)?,
        description: row.get(9)?,
        room_type: row.parse(10)?,
        privacy: row.parse(11)?,
        invitations: row.parse(12)?,
        disabled: row.get(13)?,
        addin: row.get::<Option<i64>>(14)?.map(AddinId),
    }))
}

/// The first five columns.
fn audit(row: &Row<'_>) -> Result<Audit, StoreError> {
    Ok(Audit {
        version: row.unsigned(0)?,
        created_by: row.get(1)?,
        created_on: row.time(2)?,
        updated_by: row.get(3)?,
        updated_on: row.time(4)?,
    })
}

fn barrier(row: &Row<'_>) -> Result<Change, StoreError> {
    Ok(Change::PutBarrier(Barrier {
        id: BarrierId(row.get(0)?),
        name: row.get(1)?,
        sides: [PrincipalId(row.get(2)?), PrincipalId(row.get(3)?)],
    }))
}

fn addin(row: &Row<'_>) -> Result<Change, StoreError> {
    Ok(Change::PutAddin(Addin {
        id: AddinId(row.get(0)?),
        guid: row.guid(1)?,
        name: row.get(2)?,
        url: row.get(3)?,
    }))
}

fn policy(row: &Row<'_>) -> Result<Change, StoreError> {
    Ok(Change::PutPolicy(Policy {
        scope: row.parse(0)?,
        enable_persistent_chat: row.get(1)?,
        description: row.get(2)?,
    }))
}

fn configuration(row: &Row<'_>) -> Result<Change, StoreError> {
    Ok(Change::PutConfiguration(Configuration {
        scope: row.parse(0)?,
        default_chat_history: row.get(1)?,
        max_file_kb: row.get(2)?,
        participant_update_limit: row.get(3)?,
        room_management_url: row.get(4)?,
    }))
}

fn alias(row: &Row<'_>) -> Result<Change, StoreError> {
    Ok(Change::PutAlias(Alias {
        address: row.parse(0)?,
        display_name: row.get(1)?,
    }))
}

fn grant(row: &Row<'_>, node: Node) -> Result<Change, StoreError> {
    Ok(Change::Grant {
        node,
        role: row.parse(0)?,
        principal: PrincipalId(row.get(1)?),
    })
}
