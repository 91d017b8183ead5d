//! Carries out changes, row by row: they are rare.

use crate::{
    message_change::{clear, remove, replace},
    writer::Transaction,
};
use causerie_model::{Category, Change, Node, PrincipalId, Role, Room};
use causerie_store::{StoreError, StoreFault};

// A row that exists is changed only if it is the same thing: a group can't become a user, and a GUID never changes.
const PUT_PRINCIPAL: &str = "
    INSERT INTO principals (id, kind, name, name_key, display_name, enabled) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, name_key = excluded.name_key, display_name = excluded.display_name,
        enabled = excluded.enabled
    WHERE kind = excluded.kind";

const PUT_CATEGORY: &str = "
    INSERT INTO categories (id, guid, name, name_key, description, invitations, file_upload, history)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, name_key = excluded.name_key, description = excluded.description,
        invitations = excluded.invitations, file_upload = excluded.file_upload, history = excluded.history
    WHERE guid = excluded.guid";

const PUT_ROOM: &str = "
    INSERT INTO rooms (id, guid, category, name, name_key, description, room_type, privacy, invitations, disabled)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (id) DO UPDATE SET
        category = excluded.category, name = excluded.name, name_key = excluded.name_key,
        description = excluded.description, room_type = excluded.room_type, privacy = excluded.privacy,
        invitations = excluded.invitations, disabled = excluded.disabled
    WHERE guid = excluded.guid";

/// Carries out one change.
pub(crate) async fn carry_out(transaction: &mut Transaction<'_>, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::PutUser(user) => {
            let query = sqlx::query(PUT_PRINCIPAL)
                .bind(user.id.0)
                .bind("user")
                .bind(user.address.as_str().to_owned())
                .bind(user.address.as_str().to_owned())
                .bind(user.display_name.clone())
                .bind(user.enabled);
            transaction.change(query, "a user was put where a group is").await
        }
        Change::PutGroup(group) => {
            let query = sqlx::query(PUT_PRINCIPAL)
                .bind(group.id.0)
                .bind("group")
                .bind(group.name.clone())
                .bind(group.name.to_lowercase())
                .bind("")
                .bind(true);
            transaction.change(query, "a group was put where a user is").await
        }
        // Everything that belongs to the principal has ON DELETE CASCADE.
        Change::RemoveUser(id) => remove_principal(transaction, *id, "user").await,
        Change::RemoveGroup(id) => remove_principal(transaction, *id, "group").await,
        Change::AddToGroup { group, member } => {
            let query = sqlx::query("INSERT INTO group_members VALUES (?1, ?2) ON CONFLICT DO NOTHING")
                .bind(group.0)
                .bind(member.0);
            transaction.execute(query).await.map(drop)
        }
        Change::RemoveFromGroup { group, member } => {
            let query = sqlx::query("DELETE FROM group_members WHERE group_id = ?1 AND member = ?2")
                .bind(group.0)
                .bind(member.0);
            transaction.execute(query).await.map(drop)
        }
        Change::PutCategory(category) => put_category(transaction, category).await,
        Change::RemoveCategory(id) => {
            let query = sqlx::query("DELETE FROM categories WHERE id = ?1").bind(id.0);
            transaction.execute(query).await.map(drop)
        }
        Change::PutRoom(room) => put_room(transaction, room).await,
        Change::RemoveRoom(id) => {
            let query = sqlx::query("DELETE FROM rooms WHERE id = ?1").bind(id.0);
            transaction.execute(query).await.map(drop)
        }
        Change::Grant {
            node,
            role,
            principal,
        } => {
            let sql = match node {
                Node::Category(_) => "INSERT INTO category_roles VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                Node::Room(_) => "INSERT INTO room_roles VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            };
            change_role(transaction, sql, *node, *role, *principal).await
        }
        Change::Revoke {
            node,
            role,
            principal,
        } => {
            let sql = match node {
                Node::Category(_) => {
                    "DELETE FROM category_roles WHERE node = ?1 AND role = ?2 AND principal = ?3"
                }
                Node::Room(_) => "DELETE FROM room_roles WHERE node = ?1 AND role = ?2 AND principal = ?3",
            };
            change_role(transaction, sql, *node, *role, *principal).await
        }
        Change::ReplaceMessage { room, chat_id, text } => replace(transaction, *room, *chat_id, text).await,
        Change::RemoveMessage { room, chat_id } => remove(transaction, *room, *chat_id).await,
        Change::ClearRoom { room, until } => clear(transaction, *room, *until).await,
    }
}

async fn remove_principal(
    transaction: &mut Transaction<'_>,
    id: PrincipalId,
    kind: &'static str,
) -> Result<(), StoreError> {
    let query = sqlx::query("DELETE FROM principals WHERE id = ?1 AND kind = ?2")
        .bind(id.0)
        .bind(kind);
    transaction.execute(query).await.map(drop)
}

async fn put_category(transaction: &mut Transaction<'_>, category: &Category) -> Result<(), StoreError> {
    let query = sqlx::query(PUT_CATEGORY)
        .bind(category.id.0)
        .bind(category.guid.as_bytes().to_vec())
        .bind(category.name.clone())
        .bind(category.name.to_lowercase())
        .bind(category.description.clone())
        .bind(category.invitations)
        .bind(category.file_upload)
        .bind(category.history);
    transaction.change(query, "a category's GUID can't change").await
}

async fn put_room(transaction: &mut Transaction<'_>, room: &Room) -> Result<(), StoreError> {
    let query = sqlx::query(PUT_ROOM)
        .bind(room.id.0)
        .bind(room.guid.as_bytes().to_vec())
        .bind(room.category.0)
        .bind(room.name.clone())
        .bind(room.name.to_lowercase())
        .bind(room.description.clone())
        .bind(room.room_type.as_str())
        .bind(room.privacy.as_str())
        .bind(room.invitations.as_str())
        .bind(room.disabled);
    transaction.change(query, "a room's GUID can't change").await
}

async fn change_role(
    transaction: &mut Transaction<'_>,
    sql: &'static str,
    node: Node,
    role: Role,
    principal: PrincipalId,
) -> Result<(), StoreError> {
    if !role.fits(node) {
        return Err(StoreError::new(
            StoreFault::Conflict,
            format!("the role {role} isn't held on such a node"),
        ));
    }
    let row = match node {
        Node::Category(id) => id.0,
        Node::Room(id) => id.0,
    };
    let query = sqlx::query(sql).bind(row).bind(role.as_str()).bind(principal.0);
    transaction.execute(query).await.map(drop)
}
