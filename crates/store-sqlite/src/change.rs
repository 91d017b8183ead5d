//! Carries out changes, row by row: they are rare.

use crate::{
    message_change,
    writer::{Query, Transaction},
};
use causerie_model::{
    Addin, Audit, Barrier, Category, Change, Configuration, Node, Policy, PrincipalId, Role, Room,
};
use causerie_store::{StoreError, StoreFault};

// A row that exists is changed only if it is the same thing: a group can't become a user, and a GUID never changes.
const PUT_PRINCIPAL: &str = "
    INSERT INTO principals (id, kind, name, name_key, display_name, enabled, group_kind, policy, site)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, name_key = excluded.name_key, display_name = excluded.display_name,
        enabled = excluded.enabled, group_kind = excluded.group_kind, policy = excluded.policy,
        site = excluded.site
    WHERE kind = excluded.kind";

const PUT_CATEGORY: &str = "
    INSERT INTO categories (
        version, created_by, created_on, updated_by, updated_on,
        id, guid, name, name_key, description, invitations, file_upload, history, compliance)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
    ON CONFLICT (id) DO UPDATE SET
        version = excluded.version, updated_by = excluded.updated_by, updated_on = excluded.updated_on,
        name = excluded.name, name_key = excluded.name_key, description = excluded.description,
        invitations = excluded.invitations, file_upload = excluded.file_upload, history = excluded.history,
        compliance = excluded.compliance
    WHERE guid = excluded.guid";

const PUT_ROOM: &str = "
    INSERT INTO rooms (
        version, created_by, created_on, updated_by, updated_on,
        id, guid, category, name, name_key, description, room_type, privacy, invitations, disabled, addin)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
    ON CONFLICT (id) DO UPDATE SET
        version = excluded.version, updated_by = excluded.updated_by, updated_on = excluded.updated_on,
        category = excluded.category, name = excluded.name, name_key = excluded.name_key,
        description = excluded.description, room_type = excluded.room_type, privacy = excluded.privacy,
        invitations = excluded.invitations, disabled = excluded.disabled, addin = excluded.addin
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
                .bind(user.enabled)
                .bind(None::<&str>)
                .bind(user.policy.clone())
                .bind(user.site.clone());
            transaction.change(query, "a user was put where a group is").await
        }
        Change::PutGroup(group) => {
            let query = sqlx::query(PUT_PRINCIPAL)
                .bind(group.id.0)
                .bind("group")
                .bind(group.name.clone())
                .bind(group.name.to_lowercase())
                .bind("")
                .bind(true)
                .bind(Some(group.kind.as_str()))
                .bind(None::<String>)
                .bind(None::<String>);
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
        Change::Invite { room, principal } => {
            let sql = "INSERT INTO invitation_queue (room, principal) VALUES (?1, ?2)";
            let query = sqlx::query(sql).bind(room.0).bind(principal.0);
            transaction.execute(query).await.map(drop)
        }
        Change::Announce(node) => {
            let (kind, id) = match node {
                Node::Category(id) => ("category", id.0),
                Node::Room(id) => ("room", id.0),
            };
            let sql = "DELETE FROM unannounced WHERE kind = ?1 AND id = ?2";
            let query = sqlx::query(sql).bind(kind).bind(id);
            transaction.execute(query).await.map(drop)
        }
        Change::PutBarrier(barrier) => put_barrier(transaction, barrier).await,
        Change::RemoveBarrier(id) => remove(transaction, "DELETE FROM barriers WHERE id = ?1", id.0).await,
        Change::PutAddin(addin) => put_addin(transaction, addin).await,
        Change::RemoveAddin(id) => remove(transaction, "DELETE FROM addins WHERE id = ?1", id.0).await,
        Change::PutPolicy(policy) => put_policy(transaction, policy).await,
        Change::RemovePolicy(scope) => {
            remove(
                transaction,
                "DELETE FROM policies WHERE scope = ?1",
                scope.to_string(),
            )
            .await
        }
        Change::PutConfiguration(configuration) => put_configuration(transaction, configuration).await,
        Change::RemoveConfiguration(scope) => {
            let sql = "DELETE FROM configurations WHERE scope = ?1";
            remove(transaction, sql, scope.to_string()).await
        }
        Change::PutAlias(alias) => {
            let query = sqlx::query("INSERT OR REPLACE INTO aliases VALUES (?1, ?2)")
                .bind(alias.address.as_str().to_owned())
                .bind(alias.display_name.clone());
            transaction.execute(query).await.map(drop)
        }
        Change::RemoveAlias(address) => {
            let sql = "DELETE FROM aliases WHERE address = ?1";
            remove(transaction, sql, address.as_str().to_owned()).await
        }
        Change::ReplaceMessage { room, chat_id, text } => {
            message_change::replace(transaction, *room, *chat_id, text).await
        }
        Change::RemoveMessages { room, chat_ids } => {
            message_change::remove(transaction, *room, chat_ids).await
        }
        Change::ClearRoom { room, until } => message_change::clear(transaction, *room, *until).await,
    }
}

/// Deletes the row with this key, if it is there.
async fn remove<'q, K>(transaction: &mut Transaction<'_>, sql: &'static str, key: K) -> Result<(), StoreError>
where
    K: sqlx::Encode<'q, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + 'q,
    'q: 'static,
{
    transaction.execute(sqlx::query(sql).bind(key)).await.map(drop)
}

async fn put_barrier(transaction: &mut Transaction<'_>, barrier: &Barrier) -> Result<(), StoreError> {
    let [one, other] = barrier.sides;
    let query = sqlx::query(
        "INSERT INTO barriers (id, name, name_key, one, other) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET
             name = excluded.name, name_key = excluded.name_key, one = excluded.one, other = excluded.other",
    )
    .bind(barrier.id.0)
    .bind(barrier.name.clone())
    .bind(barrier.name.to_lowercase())
    .bind(one.0)
    .bind(other.0);
    transaction.execute(query).await.map(drop)
}

async fn put_addin(transaction: &mut Transaction<'_>, addin: &Addin) -> Result<(), StoreError> {
    let query = sqlx::query(
        "INSERT INTO addins (id, guid, name, name_key, url) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, url = excluded.url
         WHERE guid = excluded.guid",
    )
    .bind(addin.id.0)
    .bind(addin.guid.as_bytes().to_vec())
    .bind(addin.name.clone())
    .bind(addin.name.to_lowercase())
    .bind(addin.url.clone());
    transaction.change(query, "an add-in's GUID can't change").await
}

async fn put_policy(transaction: &mut Transaction<'_>, policy: &Policy) -> Result<(), StoreError> {
    let query = sqlx::query("INSERT OR REPLACE INTO policies VALUES (?1, ?2, ?3)")
        .bind(policy.scope.to_string())
        .bind(policy.enable_persistent_chat)
        .bind(policy.description.clone());
    transaction.execute(query).await.map(drop)
}

async fn put_configuration(
    transaction: &mut Transaction<'_>,
    configuration: &Configuration,
) -> Result<(), StoreError> {
    let query = sqlx::query("INSERT OR REPLACE INTO configurations VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(configuration.scope.to_string())
        .bind(configuration.default_chat_history.map(i64::from))
        .bind(configuration.max_file_kb.map(i64::from))
        .bind(configuration.participant_update_limit.map(i64::from))
        .bind(configuration.room_management_url.clone());
    transaction.execute(query).await.map(drop)
}

/// A statement whose first parameters are an audit.
fn audited(sql: &'static str, audit: &Audit) -> Result<Query, StoreError> {
    let version = i64::try_from(audit.version)
        .map_err(|_| StoreError::new(StoreFault::Conflict, "a version is beyond all bounds"))?;
    Ok(sqlx::query(sql)
        .bind(version)
        .bind(audit.created_by.clone())
        .bind(audit.created_on.0)
        .bind(audit.updated_by.clone())
        .bind(audit.updated_on.0))
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
    let query = audited(PUT_CATEGORY, &category.audit)?
        .bind(category.id.0)
        .bind(category.guid.as_bytes().to_vec())
        .bind(category.name.clone())
        .bind(category.name.to_lowercase())
        .bind(category.description.clone())
        .bind(category.invitations)
        .bind(category.file_upload)
        .bind(category.history)
        .bind(category.compliance.as_str());
    transaction.change(query, "a category's GUID can't change").await
}

async fn put_room(transaction: &mut Transaction<'_>, room: &Room) -> Result<(), StoreError> {
    let query = audited(PUT_ROOM, &room.audit)?
        .bind(room.id.0)
        .bind(room.guid.as_bytes().to_vec())
        .bind(room.category.0)
        .bind(room.name.clone())
        .bind(room.name.to_lowercase())
        .bind(room.description.clone())
        .bind(room.room_type.as_str())
        .bind(room.privacy.as_str())
        .bind(room.invitations.as_str())
        .bind(room.disabled)
        .bind(room.addin.map(|addin| addin.0));
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
