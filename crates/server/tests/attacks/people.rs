//! Users of the demo server, by the client library.

use causerie_client::{Client, ConnectOptions, Events, Room, Transport, Trust};
use causerie_model::{Clock, Random, Timestamp};
use causerie_testkit::Server;
use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_causerie");

struct Now;

impl Clock for Now {
    #[expect(clippy::disallowed_methods, reason = "NTLM compares it with the server's")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp(i64::try_from(since.as_micros()).unwrap())
    }
}

struct Dice;

impl Random for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = RandomState::new().hash_one(0).to_be_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    }
}

/// Signs in over TLS, trusting the demo's own authority.
pub(crate) async fn sign_in(server: &Server, name: &str) -> (Client, Events) {
    let trust = Trust::pem_file(&server.data_dir().join("ca.pem")).unwrap();
    let options = ConnectOptions::new(
        &server.sip_tls().to_string(),
        Transport::Tls(trust),
        format!("{name}@example.test").parse().unwrap(),
        "causerie",
        Arc::new(Dice),
        Arc::new(Now),
    );
    Client::connect(&options).await.unwrap()
}

/// The room of this name, joined.
pub(crate) async fn join(client: &Client, name: &str) -> Room {
    let found = client.rooms(name).await.unwrap();
    let room = found.into_iter().find(|room| room.name == name).unwrap();
    client.join(&room.uri).await.unwrap()
}
