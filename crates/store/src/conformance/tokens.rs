//! Cases of [`crate::Tokens`].

use super::{Database, world::conflict};
use crate::{Parts, Token};
use causerie_model::Timestamp;
use causerie_policy::AdminRole;

fn token(name: &str, n: u8) -> Token {
    Token {
        name: name.to_owned(),
        role: AdminRole::Auditor,
        hash: [n; 32],
        created: Timestamp(1_367_481_600_000_001),
        expires: None,
    }
}

async fn all(parts: &Parts) -> Vec<Token> {
    parts.tokens.tokens().await.expect("tokens are read")
}

/// With every role, with and without an end, and also when opened anew.
pub async fn tokens_are_kept_as_they_were(database: &dyn Database) {
    let parts = database.open().await;
    assert_eq!(all(&parts).await, []);
    let mut expected = Vec::new();
    for (n, role) in (0..).zip(AdminRole::ALL) {
        let token = Token {
            role: *role,
            expires: (n % 2 == 1).then_some(Timestamp(1_700_000_000_000_007)),
            ..token(&format!("{n}.of-all_{role}"), 255 - n)
        };
        parts.tokens.add_token(&token).await.expect("it is stored");
        expected.push(token);
    }
    assert_eq!(all(&parts).await, expected, "by name");
    drop(parts);
    assert_eq!(all(&database.open().await).await, expected);
}

/// A record that names a token means one token, and what is sent means one too.
pub async fn a_tokens_name_and_hash_are_unique(database: &dyn Database) {
    let parts = database.open().await;
    let first = token("Backup", 1);
    parts.tokens.add_token(&first).await.expect("it is stored");
    conflict(&parts.tokens.add_token(&token("bACKUP", 2)).await);
    conflict(&parts.tokens.add_token(&token("other", 1)).await);
    assert_eq!(all(&parts).await, [first]);
}

/// At once, and its name may be used again.
pub async fn a_removed_token_is_gone(database: &dyn Database) {
    let parts = database.open().await;
    for (n, name) in [(1, "one"), (2, "two")] {
        parts
            .tokens
            .add_token(&token(name, n))
            .await
            .expect("it is stored");
    }
    let remove = async |name| parts.tokens.remove_token(name).await.expect("it is written");
    assert!(remove("ONE").await);
    assert!(!remove("one").await);
    assert_eq!(all(&parts).await, [token("two", 2)]);
    parts
        .tokens
        .add_token(&token("one", 3))
        .await
        .expect("it is stored");
}
