//! Ed25519 keys, against RFC 8032 §7.1 and openssl.

use crate::world::key;
use causerie_proof::{KeyError, PublicKey, SigningKey};
use std::process::Command;

/// Seed, public key, message, signature.
const VECTORS: [[&str; 4]; 2] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
];

#[test]
fn signatures_are_those_of_the_rfc() {
    for [seed, public, message, signature] in VECTORS {
        let pkcs8 = hex::decode(format!("302e020100300506032b657004220420{seed}")).unwrap();
        let key = SigningKey::from_pkcs8(&pkcs8).unwrap();
        let message = hex::decode(message).unwrap();
        assert_eq!(key.public().to_string(), public);
        assert_eq!(hex::encode(key.sign(&message)), signature);
        let mut bytes = hex::decode(signature).unwrap();
        assert!(key.public().verifies(&message, &bytes));
        bytes[0] ^= 1;
        assert!(!key.public().verifies(&message, &bytes));
        assert!(!key.public().verifies(b"other", &hex::decode(signature).unwrap()));
    }
}

#[test]
fn both_versions_of_pkcs8_are_read() {
    let made = ring::signature::Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let version_2 = SigningKey::from_pkcs8(made.as_ref()).unwrap();
    assert!(version_2.public().verifies(b"x", &version_2.sign(b"x")));
    for wrong in [
        &b""[..],
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        b"-----BEGIN PRIVATE KEY-----",
    ] {
        assert_eq!(SigningKey::from_pkcs8(wrong).unwrap_err(), KeyError::Private);
    }
    assert!(!format!("{version_2:?}").contains(&version_2.public().to_string()));
}

#[test]
fn a_public_key_is_read_as_it_is_written() {
    let public = key(1).public();
    assert_eq!(public.to_string().parse(), Ok(public));
    assert_eq!(public.to_pem().parse(), Ok(public));
    for wrong in [
        "",
        "zz",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ] {
        assert_eq!(wrong.parse::<PublicKey>(), Err(KeyError::Public));
    }
    assert_eq!(public.id().len(), 16);
}

#[test]
fn openssl_makes_keys_and_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let openssl = |arguments: &[&str]| Command::new("openssl").args(arguments).output();
    let Ok(made) = openssl(&["genpkey", "-algorithm", "ed25519", "-out", &path("key.pem")]) else {
        return;
    };
    assert!(made.status.success());
    let key = SigningKey::from_pkcs8(&std::fs::read(path("key.pem")).unwrap()).unwrap();
    let public = openssl(&["pkey", "-in", &path("key.pem"), "-pubout"]).unwrap();
    assert_eq!(String::from_utf8(public.stdout).unwrap(), key.public().to_pem());
    std::fs::write(path("public.pem"), key.public().to_pem()).unwrap();
    std::fs::write(path("message"), b"hello").unwrap();
    std::fs::write(path("signature"), key.sign(b"hello")).unwrap();
    let checked = openssl(&[
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        &path("public.pem"),
        "-rawin",
        "-in",
        &path("message"),
        "-sigfile",
        &path("signature"),
    ])
    .unwrap();
    assert!(checked.status.success(), "{checked:?}");
}
