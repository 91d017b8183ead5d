use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use causerie_accounts::{Accounts, Caps, Vault};
use causerie_frontend::{Directory, FrontEnd, Needs, Settings, UserEntry};
use causerie_model::{Clock, ContactList, PrincipalId, Random, SipAddress, Timestamp};
use causerie_sip::ua::Application;
use causerie_store::{Contacts, Secret, Secrets, StoreError, StoreFault};

use super::{Client, Echo};

pub(crate) const ALICE: &str = "alice@example.test";
pub(crate) const BOB: &str = "bob@example.test";
pub(crate) const DISABLED: &str = "carol@example.test";
pub(crate) const PASSWORD: &str = "correct horse";

/// Where test clients come from.
pub(crate) fn peer() -> SocketAddr {
    "192.0.2.7:40000".parse().unwrap()
}

/// A clock that stands still until it is turned.
pub(crate) struct FixedClock(AtomicI64);

impl FixedClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// The same numbers in every run (splitmix64).
pub(crate) struct Numbers(AtomicU64);

impl Random for Numbers {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes()[..chunk.len()]);
        }
    }
}

/// Secrets and contact lists in memory.
#[derive(Default)]
pub(crate) struct Memory {
    secrets: Mutex<HashMap<PrincipalId, Secret>>,
    contacts: Mutex<HashMap<PrincipalId, ContactList>>,
    pub(crate) broken: std::sync::atomic::AtomicBool,
}

impl Memory {
    fn check(&self) -> Result<(), StoreError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::new(StoreFault::Unavailable, "broken on purpose"));
        }
        Ok(())
    }
}

#[async_trait]
impl Secrets for Memory {
    async fn secret(&self, user: PrincipalId) -> Result<Option<Secret>, StoreError> {
        self.check()?;
        // As a database would, this takes a turn.
        tokio::task::yield_now().await;
        causerie_store::meter::count(1);
        Ok(self.secrets.lock().unwrap().get(&user).cloned())
    }

    async fn put_secrets(&self, secrets: &[(PrincipalId, Secret)]) -> Result<(), StoreError> {
        self.secrets.lock().unwrap().extend(secrets.iter().cloned());
        Ok(())
    }
}

#[async_trait]
impl Contacts for Memory {
    async fn contacts(&self, user: PrincipalId) -> Result<ContactList, StoreError> {
        self.check()?;
        tokio::task::yield_now().await;
        Ok(self
            .contacts
            .lock()
            .unwrap()
            .get(&user)
            .cloned()
            .unwrap_or_default())
    }

    async fn put_contacts(
        &self,
        user: PrincipalId,
        expected: u32,
        list: &ContactList,
    ) -> Result<(), StoreError> {
        self.check()?;
        let mut all = self.contacts.lock().unwrap();
        if all.get(&user).map_or(0, |list| list.delta) != expected {
            return Err(StoreError::new(StoreFault::Conflict, "another delta"));
        }
        all.insert(user, list.clone());
        Ok(())
    }
}

struct People;

impl Directory for People {
    fn user_by_address(&self, address: &SipAddress) -> Option<UserEntry> {
        let id = [ALICE, BOB, DISABLED]
            .iter()
            .position(|one| *one == address.as_str())?;
        Some(UserEntry {
            id: PrincipalId(i64::try_from(id).unwrap() + 1),
            address: address.clone(),
            display_name: address.user().to_owned(),
            enabled: address.as_str() != DISABLED,
        })
    }

    fn user_by_login(&self, domain: &str, user: &str) -> Option<UserEntry> {
        let known = domain == "OTHER" && user == "bobby";
        known.then(|| self.user_by_address(&SipAddress::parse(BOB).unwrap()))?
    }

    fn may_chat(&self, user: PrincipalId) -> bool {
        user == PrincipalId(1)
    }

    fn room_management_url(&self) -> Option<String> {
        Some("https://rooms.example.test/?a&b".to_owned())
    }
}

/// A server and what is behind it.
pub(crate) struct World {
    pub(crate) front: Arc<FrontEnd>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) echo: Arc<Echo>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(FixedClock(AtomicI64::new(1_700_000_000_000_000)));
        let random = Arc::new(Numbers(AtomicU64::new(1)));
        let memory = Arc::new(Memory::default());
        let vault = Vault::from_hex(&"5a".repeat(32)).unwrap();
        let caps = Caps {
            per_user: 3,
            per_address: 5,
            window_seconds: 60,
        };
        let accounts = Arc::new(Accounts::new(
            memory.clone(),
            vault,
            caps,
            clock.clone(),
            random.clone(),
        ));
        for id in 1..=3 {
            accounts.set_password(PrincipalId(id), PASSWORD).await.unwrap();
        }
        let mut settings = Settings::new("example.test", "pool.example.test");
        settings.chat_pools = vec!["sip:chat@example.test".to_owned()];
        change(&mut settings);
        let echo = Arc::new(Echo::default());
        let behind: Arc<dyn Application> = echo.clone();
        let needs = Needs {
            directory: Arc::new(People),
            accounts,
            contacts: memory.clone(),
            clock: clock.clone(),
            random,
            applications: vec![behind],
        };
        let front = FrontEnd::new(settings, needs).unwrap();
        Self {
            front,
            clock,
            memory,
            echo,
        }
    }

    /// A new connection through memory.
    pub(crate) fn connect(&self) -> Client {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let front = Arc::clone(&self.front);
        let ended = tokio::spawn(async move { front.serve_stream(theirs, peer()).await });
        Client::new(Box::new(ours), Some(ended))
    }

    /// A new connection with a user signed in on it.
    pub(crate) async fn sign_in(&self, user: &str) -> Client {
        self.sign_in_at(user, "epid0001").await
    }

    pub(crate) async fn sign_in_at(&self, user: &str, epid: &str) -> Client {
        let mut client = self.connect();
        client.epid = epid.to_owned();
        let answer = client.sign_in(user, PASSWORD).await;
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
        client
    }
}
