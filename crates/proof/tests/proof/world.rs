//! A small database of records, and an export of it.

use causerie_model::{ChainId, Hash, RoomId, Sealed, Timestamp};
use causerie_proof::{
    ChainRange, Checkpoint, Content, File, Manifest, Node, Part, SignedCheckpoint, SigningKey, Stored, Tree,
    export::{Files, Reading},
    manifest, merkle,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub(crate) const ROOM: ChainId = ChainId::Room(RoomId(3));
pub(crate) const OTHER: ChainId = ChainId::Room(RoomId(4));

/// The key whose seed is 32 times this byte, in PKCS#8.
pub(crate) fn key(seed: u8) -> SigningKey {
    let prefix = hex::decode("302e020100300506032b657004220420").unwrap();
    SigningKey::from_pkcs8(&[&prefix[..], &[seed; 32]].concat()).unwrap()
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[derive(Default)]
pub(crate) struct World {
    pub(crate) records: Vec<Stored>,
    pub(crate) checkpoints: Vec<SignedCheckpoint>,
    heads: BTreeMap<ChainId, (u64, Hash, u64)>,
}

impl World {
    /// Appends a record; `{n}` in the body is the message's number.
    pub(crate) fn add(&mut self, chain: ChainId, kind: &str, body: &str) -> &mut Self {
        let position = self.records.len() as u64 + 1;
        let (number, previous, chats) = self.heads.get(&chain).copied().unwrap_or((0, Hash::ZERO, 0));
        let chats = chats + u64::from(kind == "CHAT");
        let mut record = Sealed {
            chain,
            number: number + 1,
            at: Timestamp(1_000_000 * position as i64),
            actor: "sip:ann@example.test".to_owned(),
            kind: kind.to_owned(),
            body: body.replace("{n}", &chats.to_string()),
            previous,
            hash: Hash::ZERO,
        };
        record.hash = Content::of(&record).hash();
        self.heads.insert(chain, (record.number, record.hash, chats));
        self.records.push(Stored {
            position,
            record,
            retired: false,
        });
        self
    }

    pub(crate) fn chat(&mut self, chain: ChainId, text: &str) -> &mut Self {
        self.add(chain, "CHAT", &format!(r#"{{"chatId":{{n}},"text":"{text}"}}"#))
    }

    /// Lets the next number of a chain be used by a record that isn't there.
    pub(crate) fn skip(&mut self, chain: ChainId) -> &mut Self {
        let head = self.heads.entry(chain).or_insert((0, Hash::ZERO, 0));
        *head = (head.0 + 1, Hash([9; 32]), head.2 + 1);
        self
    }

    /// Destroys what a record says.
    pub(crate) fn retire(&mut self, position: u64) -> &mut Self {
        let stored = &mut self.records[position as usize - 1];
        stored.record.actor.clear();
        stored.record.body.clear();
        stored.retired = true;
        self
    }

    pub(crate) fn checkpoint(&mut self, signer: &SigningKey, next: Option<&SigningKey>) -> &mut Self {
        let after = self.checkpoints.last().map_or(0, |last| last.checkpoint.up_to);
        let mut tree = Tree::default();
        for stored in &self.records[after as usize..] {
            tree.push(merkle::leaf(stored.position, stored.record.hash));
        }
        let checkpoint = Checkpoint {
            number: self.checkpoints.len() as u64 + 1,
            after,
            up_to: self.records.len() as u64,
            root: tree.root(),
            previous: self.checkpoints.last().map_or(Hash::ZERO, SignedCheckpoint::hash),
            at: Timestamp(1_000_000 * self.records.len() as i64),
            next_key: next.map(SigningKey::public),
        };
        self.checkpoints.push(checkpoint.sign(signer));
        self
    }

    /// Two rooms, the system and the compliance service; two checkpoints, the key changed in between.
    pub(crate) fn small() -> Self {
        let mut world = Self::default();
        world.chat(ROOM, "one").chat(OTHER, "eins").chat(ROOM, "two");
        world.add(ChainId::System, "CHANGED", r#"{"what":"user.add"}"#);
        world.checkpoint(&key(1), Some(&key(2)));
        world.chat(ROOM, "three").chat(OTHER, "zwei \\\"ä\\\" \\u0001");
        world.add(ChainId::Compliance, "SIGNEDIN", r#"{"origin":"unix"}"#);
        world.chat(ROOM, "four");
        world.checkpoint(&key(2), None);
        world
    }

    /// Exports positions `after + 1` to `up_to`, of some chains only or of all.
    pub(crate) fn export(
        &self,
        after: u64,
        up_to: u64,
        only: Option<ChainId>,
        signer: &SigningKey,
    ) -> Export {
        let mut chosen: Vec<&Stored> = self.records[after as usize..up_to as usize]
            .iter()
            .filter(|stored| only.is_none_or(|only| only == stored.record.chain))
            .collect();
        chosen.sort_by_key(|stored| (stored.record.chain, stored.record.number));
        let mut export = Export::default();
        let mut chains: BTreeMap<String, ChainRange> = BTreeMap::new();
        let (mut lines, mut xml, mut parts) = (String::new(), b"<all>".to_vec(), Vec::new());
        parts.push(part(b"<all>", None));
        for stored in &chosen {
            lines.push_str(&(stored.to_line() + "\n"));
            let piece = format!("<m>{}</m>", stored.record.body).into_bytes();
            parts.push(part(&piece, Some(stored.position)));
            xml.extend(piece);
            let record = &stored.record;
            let range = chains
                .entry(record.chain.to_string())
                .or_insert_with(|| ChainRange {
                    first: record.number,
                    previous: record.previous.to_string(),
                    ..ChainRange::default()
                });
            range.last = record.number;
            range.head = record.hash.to_string();
            range.records += 1;
            *range.counts.entry(record.kind.clone()).or_default() += 1;
        }
        xml.extend(b"</all>");
        parts.push(part(b"</all>", None));
        let covering = |checkpoint: &&SignedCheckpoint| {
            checkpoint.checkpoint.up_to > after && checkpoint.checkpoint.after < up_to
        };
        let covering: Vec<_> = self.checkpoints.iter().filter(covering).collect();
        let mut nodes = Vec::new();
        for checkpoint in &covering {
            let covered =
                &self.records[checkpoint.checkpoint.after as usize..checkpoint.checkpoint.up_to as usize];
            rest(covered, &|stored| chosen.contains(&stored), &mut nodes);
        }
        export.put(manifest::RECORDS, lines.into_bytes());
        export.put_nodes(&nodes);
        export.put("messages.xml", xml);
        export.put("messages.xml.parts", json_lines(parts));
        let shipped =
            |line: &&SignedCheckpoint| line.checkpoint.next_key.is_some() || covering.contains(line);
        let lines = self.checkpoints.iter().filter(shipped);
        let lines: String = lines.map(|line| line.to_line() + "\n").collect();
        export.put(manifest::CHECKPOINTS, lines.into_bytes());
        let manifest = Manifest {
            after,
            at: "2026-01-01T00:00:00Z".to_owned(),
            batch: "night-1".to_owned(),
            chains,
            complete: only.is_none(),
            files: export.listed(),
            format: "xml".to_owned(),
            of: "night".to_owned(),
            records: chosen.len() as u64,
            selection: only.map(|chain| chain.to_string()),
            up_to,
        };
        export.sign(&manifest, signer);
        export
    }
}

/// The root of a tree over these leaves: RFC 9162 §2.1.1, word by word.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash(Sha256::digest(b"").into()),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            Hash(Sha256::digest([&[1][..], &root(left).0, &root(right).0].concat()).into())
        }
    }
}

/// The largest power of two below a number.
fn split(count: usize) -> usize {
    let mut split = 1;
    while split * 2 < count {
        split *= 2;
    }
    split
}

pub(crate) fn leaf(stored: &Stored) -> Hash {
    let bytes = [&[0][..], &stored.position.to_be_bytes(), &stored.record.hash.0].concat();
    Hash(Sha256::digest(bytes).into())
}

/// The root of a full subtree.
pub(crate) fn node(records: &[Stored]) -> Node {
    let leaves: Vec<Hash> = records.iter().map(leaf).collect();
    Node {
        position: records[0].position,
        leaves: records.len() as u64,
        hash: root(&leaves),
    }
}

/// Goes down the tree over these records to the largest full subtrees without a chosen record.
pub(crate) fn rest(records: &[Stored], chosen: &dyn Fn(&Stored) -> bool, nodes: &mut Vec<Node>) {
    let any = records.iter().any(chosen);
    if records.len().is_power_of_two() && !any {
        nodes.push(node(records));
    } else if records.len() > 1 {
        let (left, right) = records.split_at(split(records.len()));
        rest(left, chosen, nodes);
        rest(right, chosen, nodes);
    }
}

fn part(bytes: &[u8], position: Option<u64>) -> Part {
    Part {
        bytes: bytes.len() as u64,
        position,
        sha256: hash(bytes),
    }
}

fn json_lines<T: serde::Serialize>(values: impl IntoIterator<Item = T>) -> Vec<u8> {
    let lines = values
        .into_iter()
        .map(|value| serde_json::to_string(&value).unwrap() + "\n");
    lines.collect::<String>().into_bytes()
}

/// The files of an export in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Export(pub(crate) BTreeMap<String, Vec<u8>>);

impl Export {
    pub(crate) fn put(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.insert(name.to_owned(), bytes);
    }

    pub(crate) fn put_nodes(&mut self, nodes: &[Node]) {
        let lines: String = nodes.iter().map(|node| node.to_line() + "\n").collect();
        self.put(manifest::NODES, lines.into_bytes());
    }

    /// What a manifest tells of these files.
    pub(crate) fn listed(&self) -> BTreeMap<String, File> {
        let own = [manifest::MANIFEST, manifest::SIGNATURE];
        let files = self.0.iter().filter(|(name, _)| !own.contains(&name.as_str()));
        let listed = files.map(|(name, bytes)| {
            let file = File {
                bytes: bytes.len() as u64,
                sha256: hash(bytes),
            };
            (name.clone(), file)
        });
        listed.collect()
    }

    pub(crate) fn sign(&mut self, manifest: &Manifest, signer: &SigningKey) {
        let signed = manifest.sign(signer);
        self.put(manifest::MANIFEST, signed.manifest);
        self.put(manifest::SIGNATURE, signed.signature);
    }
}

impl Files for Export {
    fn names(&self) -> Result<Vec<String>, String> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, name: &str, reading: Reading<'_>) -> Result<(), String> {
        let bytes = self.0.get(name).ok_or("it isn't there")?;
        reading(&mut &bytes[..])
    }
}
