//! Session keys and message signatures, MS-NLMP 3.4.

use hmac::{Hmac, Mac};
use md5::Md5;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::crypto::{hmac_md5, md5_of, rc4};
use super::flags;

/// The sequence number of every signature (MS-SIPAE 3.1.4: always 100).
pub const SIGNATURE_SEQUENCE: u32 = 100;

const SIGN_MAGIC: [&[u8]; 2] = [
    b"session key to client-to-server signing key magic constant\0",
    b"session key to server-to-client signing key magic constant\0",
];
const SEAL_MAGIC: [&[u8]; 2] = [
    b"session key to client-to-server sealing key magic constant\0",
    b"session key to server-to-client sealing key magic constant\0",
];

/// Who sends the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The client signs, the server verifies.
    ClientToServer,
    /// The server signs, the client verifies.
    ServerToClient,
}

/// The keys both sides derive from the exchange.
///
/// Datagram mode starts RC4 anew for each message with `MD5(sealing key ‖ sequence number)`
/// (MS-NLMP 3.4.4.2), and the sequence number is always [`SIGNATURE_SEQUENCE`]. Hence the key stream
/// over the checksum is the same for every message of a direction and is computed once, here; a
/// signature costs one HMAC-MD5. For connection-oriented mode the documents do not say how a
/// constant sequence number and a running RC4 state go together; our reading is the same
/// construction in both modes, so that no signature depends on another.
#[derive(Clone)]
pub struct SessionKeys {
    client: DirectionKey,
    server: DirectionKey,
}

#[derive(Clone)]
struct DirectionKey {
    /// Keyed, with the sequence number already fed in.
    mac: Hmac<Md5>,
    /// What RC4 adds to the checksum; zero without key exchange (MS-NLMP 3.4.4.2).
    mask: [u8; 8],
}

impl DirectionKey {
    fn derive(exported: &[u8; 16], flags: u32, sign_magic: &[u8], seal_magic: &[u8]) -> Self {
        let sign_key = Zeroizing::new(md5_of(&[exported, sign_magic]));
        let mut mac = hmac_md5(&sign_key);
        mac.update(&SIGNATURE_SEQUENCE.to_le_bytes());

        let mask = if flags & flags::KEY_EXCH == 0 {
            [0; 8]
        } else {
            let strength = if flags & flags::KEY_128 != 0 {
                16
            } else if flags & flags::KEY_56 != 0 {
                7
            } else {
                5
            };
            let (weakened, _) = exported.split_at(strength);
            let seal_key = Zeroizing::new(md5_of(&[weakened, seal_magic]));
            let message_key =
                Zeroizing::new(md5_of(&[seal_key.as_slice(), &SIGNATURE_SEQUENCE.to_le_bytes()]));
            rc4(&message_key, [0; 8])
        };
        Self { mac, mask }
    }
}

impl SessionKeys {
    /// From the exported session key and the flags agreed on.
    pub(super) fn derive(exported: &[u8; 16], flags: u32) -> Self {
        let [client_sign, server_sign] = SIGN_MAGIC;
        let [client_seal, server_seal] = SEAL_MAGIC;
        Self {
            client: DirectionKey::derive(exported, flags, client_sign, client_seal),
            server: DirectionKey::derive(exported, flags, server_sign, server_seal),
        }
    }

    /// The signature of `message` (MS-NLMP 2.2.2.9.1): version 1, checksum, sequence number.
    #[must_use]
    pub fn sign(&self, direction: Direction, message: &[u8]) -> [u8; 16] {
        let key = match direction {
            Direction::ClientToServer => &self.client,
            Direction::ServerToClient => &self.server,
        };
        let mut mac = key.mac.clone();
        mac.update(message);
        let checksum = mac.finalize().into_bytes();

        let [s0, s1, s2, s3] = SIGNATURE_SEQUENCE.to_le_bytes();
        let mut signature = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, s0, s1, s2, s3];
        for ((out, sum), mask) in signature.iter_mut().skip(4).zip(checksum).zip(key.mask) {
            *out = sum ^ mask;
        }
        signature
    }

    /// Whether `signature` is that of `message`; takes the same time wherever they differ.
    #[must_use]
    pub fn verify(&self, direction: Direction, message: &[u8], signature: &[u8; 16]) -> bool {
        self.sign(direction, message).ct_eq(signature).into()
    }
}

impl std::fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKeys(redacted)")
    }
}
