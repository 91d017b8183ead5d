//! What several of the tests need.

use std::sync::Arc;

use causerie_sipauth::ntlm::client::{Login, authenticate, negotiate};
use causerie_sipauth::ntlm::{Authenticate, Challenge, Mode, Negotiate, SessionKeys, Target, accept};
use causerie_sipauth::{
    AssociationNames, AuthError, ClientEntropy, ClientHandshake, Credentials, Fresh, Handshake,
    MessageFields, NtHash, Offer, Role, SecurityAssociation, SignatureVersion, Step,
};

pub(crate) const NOW: u64 = 1_795_390_118;
pub(crate) const REALM: &str = "SIP Communications Service";
pub(crate) const BOTH_MODES: [Mode; 2] = [Mode::Connectionless, Mode::ConnectionOriented];
pub(crate) const ALL_VERSIONS: [SignatureVersion; 3] =
    [SignatureVersion::V2, SignatureVersion::V3, SignatureVersion::V4];
pub(crate) const ENTROPY: ClientEntropy = ClientEntropy {
    client_challenge: [7; 8],
    session_key: [9; 16],
    crand: 0x1a2b_3c4d,
};
pub(crate) const FRESH: Fresh = Fresh {
    server_nonce: [3; 8],
    opaque: 0xA1B2_C3D4,
};
pub(crate) const REGISTER: MessageFields<'static> = MessageFields {
    call_id: "F216g7FECaDF79iC540",
    cseq: "3",
    method: "REGISTER",
    from_uri: "sip:alice@example.test",
    from_tag: "2427010557",
    to_uri: "sip:alice@example.test",
    to_tag: "",
    p_asserted_sip: "",
    p_asserted_tel: "",
    expires: "",
    status: None,
};

pub(crate) fn target() -> Target {
    Target::new("EXAMPLE", "MOCK", "example.test", "mock.example.test").unwrap()
}

pub(crate) fn offer(version: SignatureVersion) -> Arc<Offer> {
    let lowest = SignatureVersion::V2;
    Arc::new(Offer::new(REALM, "mock.example.test", target(), version, lowest).unwrap())
}

pub(crate) fn challenge_of(step: Step) -> String {
    match step {
        Step::Challenge(value) => value,
        Step::NeedHash { .. } => panic!("a challenge was expected"),
    }
}

/// A client that knows `password`, and the server's handshake up to its second challenge.
pub(crate) struct SignIn {
    pub(crate) handshake: Handshake,
    pub(crate) client: ClientHandshake,
    pub(crate) second: String,
}

impl SignIn {
    pub(crate) fn begin(
        version: SignatureVersion,
        mode: Mode,
        (user, domain): (&str, &str),
        password: &str,
    ) -> Self {
        let mut handshake = Handshake::start(offer(version));
        let first = challenge_of(handshake.step(None, FRESH, NOW).unwrap());
        let client = ClientHandshake::new(user, domain, NtHash::of_password(password), mode);
        let ask = client.ask(&first).unwrap();
        let credentials = Credentials::parse(&ask).unwrap();
        let second = challenge_of(handshake.step(Some(&credentials), FRESH, NOW).unwrap());
        Self {
            handshake,
            client,
            second,
        }
    }

    /// The third REGISTER; gives server's and client's association.
    pub(crate) fn finish(
        mut self,
        stored: Option<&NtHash>,
    ) -> Result<(SecurityAssociation, SecurityAssociation), AuthError> {
        let (header, client) = self
            .client
            .answer(&self.second, &REGISTER, &ENTROPY, NOW)
            .unwrap();
        let credentials = Credentials::parse(&header).unwrap();
        match self.handshake.step(Some(&credentials), FRESH, NOW)? {
            Step::Challenge(_) => panic!("the answer was not taken as one"),
            Step::NeedHash { pending, .. } => {
                let server = pending.finish(stored, &REGISTER, &credentials, NOW)?;
                Ok((server, client))
            }
        }
    }
}

pub(crate) fn login<'a>(user: &'a str, domain: &'a str, nt_hash: &'a NtHash) -> Login<'a> {
    Login {
        user,
        domain,
        nt_hash,
        workstation: "VM",
        client_challenge: ENTROPY.client_challenge,
        random_session_key: ENTROPY.session_key,
        now_filetime: 5,
    }
}

/// Keys of a sign-in without any header.
pub(crate) fn session_keys() -> SessionKeys {
    let hash = NtHash::of_password("secret1");
    let hello = negotiate();
    let negotiate = Negotiate::parse(&hello).unwrap();
    let challenge = Challenge::connection_oriented(&negotiate, [3; 8], &target(), Some(5)).unwrap();
    let login = login("alice", "EXAMPLE", &hash);
    let (answer, _) = authenticate(&login, &hello, challenge.encode()).unwrap();
    let answer = Authenticate::parse(&answer).unwrap();
    accept(&challenge, &answer, &hash, Some(&negotiate), 5).unwrap()
}

/// Both ends of an association.
pub(crate) fn pair(version: SignatureVersion) -> (SecurityAssociation, SecurityAssociation) {
    let keys = session_keys();
    let names = AssociationNames {
        realm: REALM,
        targetname: "mock.example.test",
        opaque: "A1B2C3D4",
    };
    (
        SecurityAssociation::new(keys.clone(), Role::Server, version, names, NOW),
        SecurityAssociation::new(keys, Role::Client, version, names, NOW),
    )
}

pub(crate) fn verify(
    server: &mut SecurityAssociation,
    header: &str,
    fields: &MessageFields<'_>,
) -> Result<(), causerie_sipauth::VerifyError> {
    let credentials = Credentials::parse(header).unwrap();
    server.verify_incoming(&credentials.signature().unwrap(), fields, NOW)
}
