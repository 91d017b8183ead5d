//! Duplicates in, answers out, and what is forgotten when.
use bytes::Bytes;
use causerie_sip::{
    CLIENT_TRANSACTIONS_MAX, ClientTransactions, Header, Method, Outgoing, Received, SERVER_TRANSACTIONS_MAX,
    ServerTransactions, TIMER_F_MS, TRANSACTION_MEMORY_MS, TransactionKey,
};

use crate::common::{request, response};

fn received(method: &str, cseq: u32) -> causerie_sip::CheckedRequest {
    request(&format!(
        "{method} sip:room@chat.test SIP/2.0\nVia: SIP/2.0/tls pc7.lab.test\nFrom: <sip:ines@lab.test>;tag=a\n\
         To: <sip:room@chat.test>\nCall-ID: c-1\nCSeq: {cseq} {method}\nContent-Length: 0\n\n"
    ))
}

fn key(method: &str, cseq: u32) -> TransactionKey {
    TransactionKey::of_request(&received(method, cseq)).unwrap()
}

const OK: Bytes = Bytes::from_static(b"the answer");

#[test]
fn a_duplicate_gets_the_same_answer() {
    let mut table = ServerTransactions::new();
    let info = key("INFO", 2);
    assert_eq!(table.receive(info.clone(), 0), Received::New);
    assert_eq!(table.receive(info.clone(), 1), Received::Pending);
    table.answer(&info, 100, Bytes::from_static(b"trying"));
    assert_eq!(table.receive(info.clone(), 2), Received::Pending);
    table.answer(&info, 200, OK);
    assert_eq!(table.receive(info.clone(), 3), Received::Answered(OK));
    assert_eq!(table.receive(key("BYE", 2), 3), Received::New, "another method");
    assert_eq!(table.receive(key("INFO", 3), 3), Received::New, "another number");
    assert_eq!(
        table.receive(info.clone(), TRANSACTION_MEMORY_MS - 1),
        Received::Answered(OK)
    );
    assert_eq!(table.receive(info, TRANSACTION_MEMORY_MS), Received::New);
}

#[test]
fn the_from_tag_and_the_branch_do_not_matter() {
    let other = request(
        "INFO sip:room@chat.test SIP/2.0\nVia: SIP/2.0/tls pc7;branch=z9hG4bKx\nFrom: <sip:ines@lab.test>;tag=b\n\
         To: <sip:room@chat.test>\nCall-ID: c-1\nCSeq: 2 INFO\nContent-Length: 0\n\n",
    );
    assert_eq!(TransactionKey::of_request(&other), Some(key("INFO", 2)));
}

#[test]
fn a_challenged_request_may_come_again_with_credentials() {
    for status in [401, 407] {
        let mut table = ServerTransactions::new();
        let register = key("REGISTER", 1);
        assert_eq!(table.receive(register.clone(), 0), Received::New);
        table.answer(&register, status, OK);
        assert_eq!(table.receive(register, 0), Received::New);
    }
}

#[test]
fn the_oldest_goes_when_there_are_too_many() {
    let mut table = ServerTransactions::new();
    let count = u32::try_from(SERVER_TRANSACTIONS_MAX).unwrap();
    for cseq in 1..=count {
        assert_eq!(table.receive(key("INFO", cseq), 0), Received::New);
    }
    assert_eq!(table.len(), SERVER_TRANSACTIONS_MAX);
    assert_eq!(
        table.receive(key("INFO", 1), 0),
        Received::Pending,
        "n are remembered"
    );
    assert_eq!(table.receive(key("INFO", count + 1), 0), Received::New);
    assert_eq!(table.len(), SERVER_TRANSACTIONS_MAX);
    assert_eq!(table.receive(key("INFO", 2), 0), Received::Pending);
    assert_eq!(
        table.receive(key("INFO", 1), 0),
        Received::New,
        "the first of n + 1 is not"
    );
    table.expire(TRANSACTION_MEMORY_MS);
    assert!(table.is_empty());
}

#[test]
fn ack_and_benotify_are_no_transactions_and_cancel_means_an_invite() {
    assert_eq!(TransactionKey::of_request(&received("ACK", 1)), None);
    assert_eq!(TransactionKey::of_request(&received("BENOTIFY", 1)), None);
    let mut table = ServerTransactions::new();
    let invite = key("INVITE", 5);
    table.receive(invite.clone(), 0);
    assert_eq!(TransactionKey::cancelled_by(&received("CANCEL", 5)), invite);
    assert!(table.is_pending(&invite));
    table.answer(&invite, 200, OK);
    assert!(!table.is_pending(&invite));
}

fn sent(cseq: u32) -> TransactionKey {
    let request = Outgoing::request(&Method::Info, "sip:ines@pc7.lab.test")
        .header(Header::CallId, "c-9")
        .header(Header::CSeq, &format!("{cseq} INFO"));
    TransactionKey::of_outgoing(&request).unwrap()
}

fn answer(status: u16, cseq: u32) -> causerie_sip::CheckedResponse {
    response(&format!(
        "SIP/2.0 {status} x\nVia: SIP/2.0/TLS chat.test\nFrom: <sip:room@chat.test>;tag=b\n\
         To: <sip:ines@lab.test>;tag=a\nCall-ID: c-9\nCSeq: {cseq} INFO\nContent-Length: 0\n\n"
    ))
}

#[test]
fn a_final_response_gives_the_token_back_once() {
    let mut table = ClientTransactions::new();
    for cseq in 1..=3 {
        table.insert(sent(cseq), cseq, 0).unwrap();
    }
    assert_eq!(table.matched(&answer(180, 2)), None);
    assert_eq!(table.matched(&answer(200, 2)), Some(2));
    assert_eq!(table.matched(&answer(200, 2)), None);
    assert_eq!(table.matched(&answer(481, 1)), Some(1));
    assert_eq!(table.matched(&answer(200, 7)), None);
    assert_eq!(table.forget(&sent(3)), Some(3));
    assert!(table.is_empty());
}

#[test]
fn what_is_not_answered_times_out_in_order() {
    let mut table = ClientTransactions::new();
    for cseq in 1..=3 {
        table.insert(sent(cseq), cseq, u64::from(cseq)).unwrap();
    }
    table.matched(&answer(200, 1));
    assert_eq!(table.next_timeout(), Some(TIMER_F_MS + 2));
    assert_eq!(table.timed_out(TIMER_F_MS + 1), None);
    assert_eq!(table.timed_out(TIMER_F_MS + 2), Some(2));
    assert_eq!(table.timed_out(TIMER_F_MS + 2), None);
    assert_eq!(table.timed_out(u64::MAX), Some(3));
    assert_eq!(table.next_timeout(), None);
}

#[test]
fn a_peer_that_answers_nothing_fills_the_table() {
    let mut table = ClientTransactions::new();
    let count = u32::try_from(CLIENT_TRANSACTIONS_MAX).unwrap();
    for cseq in 1..=count {
        table.insert(sent(cseq), (), 0).unwrap();
    }
    assert!(table.insert(sent(count + 1), (), 0).is_err());
    table.matched(&answer(200, 77));
    assert!(table.insert(sent(count + 1), (), 0).is_ok());
}
