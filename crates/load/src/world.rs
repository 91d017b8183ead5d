//! What is on the server before a run: users, rooms, who may enter them, old messages.

use anyhow::{Context, Result, bail};
use causerie_model::{PrincipalId, RoomId};
use serde::{Deserialize, Serialize};
use std::{fs, io::ErrorKind, ops::Range, path::Path};
use uuid::Uuid;

/// The password of every user of a load run.
pub(crate) const PASSWORD: &str = "load-password";

/// The plan of a world, in the data directory that holds it. Written last, so that half a world has none.
const PLAN: &str = "world.json";

/// Users and rooms, by number from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct World {
    /// How many users there are: see [`World::user`].
    pub(crate) users: usize,
    pub(crate) rooms: Vec<RoomPlan>,
}

/// One room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomPlan {
    pub(crate) guid: Uuid,
    /// Users who are members, as ranges of numbers.
    pub(crate) members: Vec<Range<usize>>,
    /// Members through a group instead of one by one.
    pub(crate) by_group: bool,
    /// Messages that are in it before the run.
    pub(crate) history: u64,
}

impl RoomPlan {
    /// The numbers of its members.
    pub(crate) fn seats(&self) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().flat_map(Clone::clone)
    }
}

impl World {
    /// The SIP address of a user, without `sip:`.
    pub(crate) fn user(&self, number: usize) -> String {
        format!("u{number}@{}", crate::target::DOMAIN)
    }

    /// A user's row.
    pub(crate) fn principal(number: usize) -> PrincipalId {
        PrincipalId(number as i64 + 1)
    }

    /// A room's row.
    pub(crate) fn room(number: usize) -> RoomId {
        RoomId(number as i64 + 1)
    }

    /// Sees to it that a data directory holds this world; one that does already is left as it is.
    ///
    /// # Errors
    /// If the directory holds something else, or can't be written.
    pub(crate) async fn ensure(&self, data_dir: &Path) -> Result<()> {
        if self.is_in(data_dir)? {
            return Ok(());
        }
        crate::seed::seed(self, data_dir).await?;
        let file = data_dir.join(PLAN);
        fs::write(&file, serde_json::to_vec(self)?).with_context(|| file.display().to_string())
    }

    /// Whether the directory holds this world. `false` means that it holds nothing.
    fn is_in(&self, data_dir: &Path) -> Result<bool> {
        let file = data_dir.join(PLAN);
        match fs::read(&file) {
            Ok(text) => {
                let plan: Self = serde_json::from_slice(&text).with_context(|| file.display().to_string())?;
                if plan != *self {
                    bail!(
                        "{} holds another world ({} users, {} rooms) than this run needs ({} users, {} rooms): remove \
                         it, or name another directory",
                        data_dir.display(),
                        plan.users,
                        plan.rooms.len(),
                        self.users,
                        self.rooms.len()
                    );
                }
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if data_dir.join(crate::seed::DATABASE).exists() {
                    bail!(
                        "{} holds a database that no load run has made, or not to the end: remove it, or name another \
                         directory",
                        data_dir.display()
                    );
                }
                Ok(false)
            }
            Err(error) => Err(error).with_context(|| file.display().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causerie_model::{ChainId, Match, MessageQuery, Permissions, SipAddress, TextQuery};
    use causerie_queue::Queue;
    use causerie_store::{CatalogueStore, History, Journal, Secrets};
    use causerie_store_sqlite::{Options, SqliteStore};

    fn world() -> World {
        let room = |number: u128, by_group, history| RoomPlan {
            guid: Uuid::from_u128(number),
            members: vec![0..2, 3..5],
            by_group,
            history,
        };
        World {
            users: 6,
            rooms: vec![room(1, false, 5_000), room(2, true, 3)],
        }
    }

    async fn open(folder: &Path) -> SqliteStore {
        SqliteStore::open(&folder.join(crate::seed::DATABASE), Options::default())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_world_is_as_planned() {
        let folder = tempfile::tempdir().unwrap();
        let world = world();
        world.ensure(folder.path()).await.unwrap();
        let store = open(folder.path()).await;
        let catalogue = store.load().await.unwrap();
        assert_eq!(catalogue.users().count(), 6);
        for number in 0..6 {
            let address = SipAddress::parse(&world.user(number)).unwrap();
            let user = catalogue.user_by_address(&address).unwrap();
            assert_eq!(user.id, World::principal(number));
            assert!(store.secret(user.id).await.unwrap().is_some());
            for (at, plan) in world.rooms.iter().enumerate() {
                let room = catalogue.room_by_guid(plan.guid).unwrap();
                assert_eq!(room.id, World::room(at));
                let asker = causerie_policy::Asker::new(&catalogue, user.id);
                let may = asker.permissions(room.id);
                let is_member = plan.members.iter().any(|range| range.contains(&number));
                assert_eq!(
                    may.contains(Permissions::CHAT),
                    is_member,
                    "user {number}, room {at}"
                );
            }
        }
        let messages = store.latest(World::room(0), None, 6_000).await.unwrap();
        assert_eq!(messages.len(), 5_000);
        assert!(
            messages
                .iter()
                .all(|message| message.author.as_str() != world.user(2))
        );
        let word = messages[0].text.split(' ').next().unwrap();
        let query = MessageQuery {
            text: TextQuery::parse(word, Match::All, false).unwrap(),
            ..MessageQuery::newest(vec![World::room(0)], 10)
        };
        assert!(!store.search(&query).await.unwrap().messages.is_empty());
        assert_eq!(store.backlog().await.unwrap().depth, 5_003);
        let head = store.head(ChainId::Room(World::room(1))).await.unwrap();
        assert_eq!((head.record, head.chat_id.0), (3, 3));
    }

    #[tokio::test]
    async fn a_world_is_reproducible_and_kept() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut world = world();
        world.rooms[0].history = 50;
        world.ensure(first.path()).await.unwrap();
        world.ensure(second.path()).await.unwrap();
        let head = async |folder: &Path| {
            let store = open(folder).await;
            store.head(ChainId::Room(World::room(0))).await.unwrap().hash
        };
        let hash = head(first.path()).await;
        assert_eq!(hash, head(second.path()).await);
        world.ensure(first.path()).await.unwrap();
        assert_eq!(hash, head(first.path()).await, "kept");
        world.users += 1;
        let told = world.ensure(first.path()).await.unwrap_err().to_string();
        assert!(told.contains("another world (6 users, 2 rooms)"), "{told}");
        fs::remove_file(first.path().join(PLAN)).unwrap();
        let told = world.ensure(first.path()).await.unwrap_err().to_string();
        assert!(told.contains("or not to the end"), "{told}");
    }
}
