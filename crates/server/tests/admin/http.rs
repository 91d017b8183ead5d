//! The API and the metrics page as HTTP.

use crate::common::{demo, http, read_http, request};
use std::io::Write;

#[test]
fn the_api_answers_in_http() {
    let server = demo();
    for (method, path, body, status, code) in [
        ("GET", "/v1/rooms/Lobby", "", 200, ""),
        ("GET", "/v1/rooms/Project%20X", "", 200, ""),
        ("GET", "/v1/rooms/nowhere", "", 404, "not-found"),
        ("GET", "/v1/rooms/Lobby/kings", "", 404, "not-found"),
        ("GET", "/v2/rooms", "", 404, "no-such-resource"),
        ("PUT", "/v1/rooms", "", 405, "no-such-method"),
        ("POST", "/v1/groups", r#"{"name": "New"}"#, 201, ""),
        ("POST", "/v1/groups", r#"{"name": "New"}"#, 409, "exists"),
        (
            "POST",
            "/v1/groups",
            r#"{"name": "x", "size": 1}"#,
            422,
            "invalid",
        ),
        ("POST", "/v1/groups", r#"{"name": "#, 400, "json"),
        (
            "POST",
            "/v1/rooms",
            r#"{"name": "x", "category": "General", "privacy": "hidden"}"#,
            422,
            "invalid",
        ),
        (
            "POST",
            "/v1/rooms/Deals/presenters",
            r#"{"principal": "bob@example.test"}"#,
            422,
            "not-an-auditorium",
        ),
        (
            "PUT",
            "/v1/users/bob@example.test/password",
            r#"{"password": "x"}"#,
            422,
            "password",
        ),
        ("DELETE", "/v1/groups/New", "", 200, ""),
    ] {
        let (got, response) = http(&server, &request(method, path, body));
        assert_eq!(got, status, "{method} {path}: {response}");
        if !code.is_empty() {
            assert!(
                response.contains(&format!(r#"{{"error":{{"code":"{code}","message":""#)),
                "{response}"
            );
        }
    }
}

#[test]
fn a_body_is_taken_up_to_its_limit() {
    const MAX_BODY_BYTES: usize = 1024 * 1024;
    let server = demo();
    let body = |size: usize| {
        let rest = r#"{"name":"Sized"}"#;
        format!("{}{rest}", " ".repeat(size - rest.len()))
    };
    let (status, response) = http(&server, &request("POST", "/v1/groups", &body(MAX_BODY_BYTES)));
    assert_eq!(status, 201, "{response}");
    let (status, response) = http(&server, &request("POST", "/v1/groups", &body(MAX_BODY_BYTES + 1)));
    assert_eq!(status, 413, "{response}");
}

#[test]
fn metrics_and_health_are_served() {
    let server = demo();
    let get = |path: &str| {
        let mut stream = std::net::TcpStream::connect(server.metrics()).expect("it is served");
        stream
            .write_all(request("GET", path, "").as_bytes())
            .expect("it reads");
        read_http(&mut stream)
    };
    let (status, page) = get("/metrics");
    assert_eq!(status, 200);
    for line in [
        "causerie_users 4",
        "causerie_rooms 4",
        "causerie_writable 1",
        "causerie_queue_depth ",
        "causerie_queue_oldest_seconds ",
        "causerie_queue_set_aside 0",
        "causerie_certificate_days_left{kind=\"rsa\"}",
    ] {
        assert!(page.contains(line), "{line} is not in:\n{page}");
    }
    assert!(get("/health").1.ends_with("ok\n"));
}
