//! What one signature, one verification and one sign-in cost.

use causerie_sipauth::ntlm::client::{Login, authenticate};
use causerie_sipauth::ntlm::{Authenticate, Challenge, SessionKeys, Target, accept};
use causerie_sipauth::{
    AssociationNames, Credentials, MessageFields, NtHash, Role, SecurityAssociation, SignatureVersion,
};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const INFO: MessageFields<'static> = MessageFields {
    call_id: "1876g3964a00E3iC012m7D74tA523b24BCxF925x",
    cseq: "2",
    method: "INFO",
    from_uri: "sip:alice@example.test",
    from_tag: "400219625",
    to_uri: "sip:gcpool@example.test",
    to_tag: "d82cf24172",
    p_asserted_sip: "",
    p_asserted_tel: "",
    expires: "",
    status: None,
};

fn exchange() -> (Challenge, Vec<u8>, NtHash) {
    let target = Target::new("EXAMPLE", "POOL", "example.test", "pool.example.test").unwrap();
    let challenge = Challenge::connectionless([1; 8], &target, Some(5)).unwrap();
    let hash = NtHash::of_password("secret1");
    let login = Login {
        user: "alice@example.test",
        domain: "",
        nt_hash: &hash,
        workstation: "VM",
        client_challenge: [2; 8],
        random_session_key: [3; 16],
        now_filetime: 5,
    };
    let (answer, _) = authenticate(&login, &[], challenge.encode()).unwrap();
    (challenge, answer, hash)
}

fn keys() -> SessionKeys {
    let (challenge, answer, hash) = exchange();
    let answer = Authenticate::parse(&answer).unwrap();
    accept(&challenge, &answer, &hash, None, 5).unwrap()
}

fn association(role: Role) -> SecurityAssociation {
    let names = AssociationNames {
        realm: "SIP Communications Service",
        targetname: "pool.example.test",
        opaque: "00000001",
    };
    SecurityAssociation::new(keys(), role, SignatureVersion::V4, names, 0)
}

#[divan::bench]
fn sign(bencher: Bencher<'_, '_>) {
    let mut server = association(Role::Server);
    let mut out = Vec::with_capacity(1024);
    bencher.bench_local(|| {
        out.clear();
        server.write_authentication_info(black_box(&INFO), 7, &mut out);
        out.len()
    });
}

/// With reading the header, as each message is verified once.
#[divan::bench]
fn verify(bencher: Bencher<'_, '_>) {
    let mut client = association(Role::Client);
    let mut server = association(Role::Server);
    bencher
        .with_inputs(|| client.sign_outgoing(&INFO, 7))
        .bench_local_values(|header| {
            let credentials = Credentials::parse(&header).unwrap();
            let signature = credentials.signature().unwrap();
            server.verify_incoming(&signature, black_box(&INFO), 0)
        });
}

#[divan::bench]
fn accept_sign_in(bencher: Bencher<'_, '_>) {
    let (challenge, answer, hash) = exchange();
    bencher.bench_local(|| {
        let answer = Authenticate::parse(black_box(&answer)).unwrap();
        accept(&challenge, &answer, &hash, None, 5).unwrap()
    });
}
