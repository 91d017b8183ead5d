//! The torture messages of RFC 4475 themselves, when somebody has them: `CAUSERIE_RFC4475` names the folder.
//! Our own set, one message for each of theirs, is in `torture.rs`.
use crate::common::{Verdict, verdict};

/// File, what a front end that takes SDP makes of it, and whether a stream can be cut there.
const TABLE: &[(&str, Verdict, bool)] = &[
    ("badaspec", Verdict::Accept, true),
    ("badbranch", Verdict::Accept, true),
    ("baddate", Verdict::Accept, true),
    ("baddn", Verdict::Status(400), true),
    ("badinv01", Verdict::Status(400), true),
    ("badvers", Verdict::Status(505), true),
    ("bcast", Verdict::Drop, true),
    ("bext01", Verdict::Status(420), true),
    ("bigcode", Verdict::Drop, true),
    ("clerr", Verdict::Status(400), false),
    ("cparam01", Verdict::Accept, true),
    ("cparam02", Verdict::Accept, true),
    ("dblreq", Verdict::Accept, true),
    ("esc01", Verdict::Accept, true),
    ("esc02", Verdict::Accept, true),
    ("escnull", Verdict::Accept, true),
    ("escruri", Verdict::Status(400), true),
    ("extra-test", Verdict::Unanswerable, true),
    ("insuf", Verdict::Status(400), true),
    ("intmeth", Verdict::Accept, true),
    ("inv2543", Verdict::Accept, false),
    ("invut", Verdict::Status(415), true),
    ("longreq", Verdict::Accept, true),
    ("ltgtruri", Verdict::Status(400), true),
    ("lwsdisp", Verdict::Accept, true),
    ("lwsruri", Verdict::Status(400), true),
    ("lwsstart", Verdict::Status(400), true),
    ("mcl01", Verdict::Status(400), false),
    ("mismatch01", Verdict::Status(400), true),
    ("mismatch02", Verdict::Status(400), true),
    ("mpart01", Verdict::Accept, true),
    ("multi01", Verdict::Status(400), true),
    ("ncl", Verdict::Status(400), false),
    ("noreason", Verdict::Accept, true),
    ("novelsc", Verdict::Status(416), true),
    ("quotbal", Verdict::Status(400), true),
    ("regaut01", Verdict::Accept, true),
    ("regbadct", Verdict::Status(400), true),
    ("regescrt", Verdict::Accept, true),
    ("scalar02", Verdict::Status(400), true),
    ("scalarlg", Verdict::Drop, true),
    ("sdp01", Verdict::Status(406), true),
    ("semiuri", Verdict::Accept, true),
    ("transports", Verdict::Accept, true),
    ("trws", Verdict::Status(400), true),
    ("unkscm", Verdict::Status(416), true),
    ("unksm2", Verdict::Accept, true),
    ("unreason", Verdict::Accept, true),
    ("wsinv", Verdict::Accept, true),
    ("zeromf", Verdict::Accept, true),
];

#[test]
fn every_message_of_rfc_4475_gets_its_verdict() {
    let Some(folder) = std::env::var_os("CAUSERIE_RFC4475") else {
        eprintln!("skipped: CAUSERIE_RFC4475 does not name the folder of the RFC's messages");
        return;
    };
    let mut wrong = Vec::new();
    for (name, expected, cut) in TABLE {
        let path = std::path::Path::new(&folder).join(format!("{name}.dat"));
        let mut bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if *name == "baddn" {
            // The archive lost the empty line at its end.
            bytes.extend_from_slice(b"\r\n");
        }
        let found = verdict(&bytes);
        if found != *expected {
            wrong.push(format!("{name}: {found:?} instead of {expected:?}"));
        }
        let framed = crate::common::first_frame(&bytes).is_some();
        if framed != *cut {
            wrong.push(format!("{name}: a stream can be cut: {framed}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
