//! The cipher suites of old clients, by OpenSSL: Windows 7 and 8.1 share only ECDHE-ECDSA suites with a modern server,
//! others know only RSA.

use crate::people::BINARY;
use causerie_testkit::Server;
use std::process::{Command, Stdio};

/// What OpenSSL agrees on with the server when it offers one suite only: the suite, and the kind of certificate.
fn handshake(server: &Server, version: &str, suite: &str) -> Option<String> {
    let output = Command::new("openssl")
        .args([
            "s_client",
            "-connect",
            &server.sip_tls().to_string(),
            version,
            "-cipher",
            suite,
            "-CAfile",
        ])
        .arg(server.data_dir().join("ca.pem"))
        .args(["-verify_return_error", "-brief"])
        .stdin(Stdio::null())
        .output()
        .expect("openssl is installed");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    output.status.success().then_some(told)
}

#[test]
fn each_client_gets_the_certificate_that_it_can_use() {
    let server = Server::demo(BINARY);
    for (suite, signature) in [
        ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDSA"),
        ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDSA"),
        ("ECDHE-RSA-AES256-GCM-SHA384", "RSA"),
        ("ECDHE-RSA-AES128-GCM-SHA256", "RSA"),
    ] {
        let told = handshake(&server, "-tls1_2", suite).unwrap_or_else(|| panic!("{suite} is refused"));
        assert!(told.contains(suite), "{told}");
        assert!(told.contains("Verification: OK"), "{told}");
        let kind = told
            .lines()
            .find(|line| line.starts_with("Signature type:"))
            .unwrap_or_default();
        assert!(kind.contains(signature), "{suite}: {kind}");
    }
    assert!(
        handshake(&server, "-tls1_2", "AES128-SHA").is_none(),
        "a suite without forward secrecy"
    );
    assert!(
        handshake(&server, "-tls1_1", "ALL:@SECLEVEL=0").is_none(),
        "TLS 1.1"
    );
}
