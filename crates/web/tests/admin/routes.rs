//! Every route has its act, and lets in those whose role has it.

use crate::common::World;
use causerie_policy::{AdminAct, AdminRole, decide_admin};
use causerie_web::admin::openapi;
use serde_json::{Value, json};

/// What each route does. A route that isn't here fails the test, and so does one with another act.
const ROUTES: &str = "
get /v1/addins read-rooms
post /v1/addins change-rooms
get /v1/addins/{name} read-rooms
delete /v1/addins/{name} change-rooms
patch /v1/addins/{name} change-rooms
get /v1/barriers read-rooms
post /v1/barriers change-rooms
get /v1/barriers/{name} read-rooms
delete /v1/barriers/{name} change-rooms
get /v1/categories read-rooms
post /v1/categories change-rooms
get /v1/categories/{name} read-rooms
delete /v1/categories/{name} change-rooms
patch /v1/categories/{name} change-rooms
get /v1/certificates read-status
post /v1/certificates/reload change-settings
get /v1/compliance/adapters read-compliance
put /v1/compliance/adapters/{name} change-compliance
delete /v1/compliance/adapters/{name} change-compliance
post /v1/compliance/adapters/{name}/run export-compliance
get /v1/compliance/holds read-compliance
post /v1/compliance/holds hold-compliance
delete /v1/compliance/holds/{id} hold-compliance
get /v1/compliance/key read-compliance
post /v1/compliance/key/rotate change-compliance
get /v1/compliance/matters read-compliance
post /v1/compliance/matters change-compliance
put /v1/compliance/matters/{id} change-compliance
post /v1/compliance/matters/{id}/close change-compliance
post /v1/compliance/matters/{id}/export export-compliance
post /v1/compliance/matters/{id}/search read-compliance
get /v1/compliance/reads read-compliance
post /v1/compliance/reads/export export-compliance
post /v1/compliance/retention/apply retire-compliance
get /v1/compliance/retention/plan read-compliance
get /v1/compliance/retention/policies read-compliance
put /v1/compliance/retention/policies/{scope} retire-compliance
delete /v1/compliance/retention/policies/{scope} retire-compliance
get /v1/compliance/status read-status
post /v1/compliance/verify read-compliance
get /v1/eligible read-rooms
get /v1/endpoints read-settings
post /v1/endpoints change-settings
delete /v1/endpoints/{address} change-settings
get /v1/explain read-rooms
get /v1/export read-users
get /v1/groups read-users
post /v1/groups change-users
get /v1/groups/{name} read-users
delete /v1/groups/{name} change-users
patch /v1/groups/{name} change-users
get /v1/groups/{name}/members read-users
post /v1/groups/{name}/members change-users
delete /v1/groups/{name}/members/{principal} change-users
post /v1/import change-users
get /v1/openapi.json read-status
get /v1/policies read-settings
get /v1/policies/{scope} read-settings
delete /v1/policies/{scope} change-settings
patch /v1/policies/{scope} change-settings
get /v1/registrations read-users
get /v1/rooms read-rooms
post /v1/rooms change-rooms
get /v1/rooms/{name} read-rooms
delete /v1/rooms/{name} change-rooms
patch /v1/rooms/{name} change-rooms
post /v1/rooms/{name}/clear change-messages
post /v1/rooms/{name}/messages/remove change-messages
post /v1/rooms/{name}/messages/replace change-messages
get /v1/settings read-settings
get /v1/settings/effective read-settings
get /v1/settings/{scope} read-settings
delete /v1/settings/{scope} change-settings
patch /v1/settings/{scope} change-settings
get /v1/status read-status
get /v1/tokens read-settings
post /v1/tokens manage-tokens
delete /v1/tokens/{name} manage-tokens
get /v1/users read-users
post /v1/users change-users
get /v1/users/{address} read-users
delete /v1/users/{address} change-users
patch /v1/users/{address} change-users
put /v1/users/{address}/password change-users
post /v1/users/{address}/sign-out change-users
get /v1/{kind}/{name}/{list} read-rooms
post /v1/{kind}/{name}/{list} change-rooms
delete /v1/{kind}/{name}/{list}/{principal} change-rooms
";

/// Method, path and act of every operation that is described.
pub(crate) fn described() -> Vec<(String, String, String)> {
    let document: Value = serde_json::from_str(openapi()).expect("JSON");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in ["get", "put", "post", "delete", "patch"] {
            if let Some(operation) = item.get(method) {
                let act = operation["x-act"].as_str().unwrap_or("NO ACT");
                all.push((method.to_owned(), path.clone(), act.to_owned()));
            }
        }
    }
    all
}

#[test]
fn every_route_has_the_act_that_it_should() {
    let found: Vec<String> = described()
        .into_iter()
        .map(|(method, path, act)| format!("{method} {path} {act}"))
        .collect();
    let expected: Vec<&str> = ROUTES.trim().lines().collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn nobody_gets_through_whose_role_lacks_the_act() {
    let world = World::new().await;
    let mut tokens = Vec::new();
    for &role in AdminRole::ALL {
        tokens.push((role, world.token(role.as_str(), role).await));
    }
    for (method, path, act) in described() {
        let (method, act) = (method.to_uppercase(), act.as_str());
        let act = AdminAct::ALL.iter().find(|known| known.as_str() == act);
        let act = *act.unwrap_or_else(|| panic!("{method} {path} has no act"));
        let path = path
            .replace("{kind}", "rooms")
            .replace("{address}", "none@example.test")
            .replace("{scope}", "none")
            .replace("{list}", "members")
            .replace("{name}", "none")
            .replace("{id}", "none")
            .replace("{principal}", "none");
        for (role, token) in &tokens {
            let answer = world.remote(token, &method, &path, &Value::Null).await;
            let verdict = decide_admin(*role, act);
            if verdict.allowed {
                assert!(
                    ![401, 403, 405].contains(&answer.status),
                    "{role} {method} {path}: {}",
                    answer.body
                );
            } else {
                let refused = (403, verdict.rule.as_str().to_owned());
                assert_eq!(answer.outcome(), refused, "{role} {method} {path}");
            }
        }
        let stranger = world.remote("x", &method, &path, &Value::Null).await;
        assert!([401, 429].contains(&stranger.status), "{method} {path}");
        // The failures from here don't count any more.
        world.clock.advance(1_000);
    }
}

#[tokio::test]
async fn strangers_learn_nothing_not_even_what_there_is() {
    let world = World::new().await;
    for path in ["/v1/users", "/v1/nothing", "/", "/v1/openapi.json"] {
        let answer = crate::common::ask(world.tls().await, "GET", path, None, "").await;
        assert_eq!(answer.outcome(), (401, "unauthenticated".to_owned()), "{path}");
        assert!(
            answer.head.contains("www-authenticate: bearer"),
            "{}",
            answer.head
        );
    }
    let here = world.local("GET", "/v1/nothing", &Value::Null).await;
    assert_eq!(here.outcome(), (404, "no-such-resource".to_owned()));
    let here = world.local("PUT", "/v1/users", &Value::Null).await;
    assert_eq!(here.outcome(), (405, "no-such-method".to_owned()));
}

#[tokio::test]
async fn lists_of_both_kinds_of_nodes_are_read_and_changed() {
    let world = World::new().await;
    for (path, body) in [
        ("/v1/groups", json!({"name": "All"})),
        ("/v1/categories", json!({"name": "General"})),
        (
            "/v1/rooms",
            json!({"name": "Hall", "category": "General", "type": "auditorium"}),
        ),
    ] {
        assert_eq!(world.local("POST", path, &body).await.status, 201, "{path}");
    }
    let entry = json!({"principal": "All"});
    for list in [
        "categories/General/allowed",
        "categories/General/creators",
        "rooms/Hall/members",
        "rooms/Hall/managers",
        "rooms/Hall/presenters",
    ] {
        let path = format!("/v1/{list}");
        let read = async || world.local("GET", &path, &Value::Null).await.json();
        assert_eq!(read().await, json!([]), "{list}");
        for changed in [true, false] {
            let answer = world.local("POST", &path, &entry).await;
            assert_eq!(answer.json()["changed"], changed, "{list}");
        }
        assert_eq!(read().await, json!(["All"]), "{list}");
    }
    let off = world
        .local("DELETE", "/v1/rooms/Hall/presenters/All", &Value::Null)
        .await;
    assert_eq!(off.json()["changed"], true);
    for (path, told) in [
        ("/v1/rooms/Hall/allowed", "there is no list of rooms 'allowed'"),
        ("/v1/categories/General/members", "list of categories 'members'"),
        ("/v1/rooms/None/members", "there is no room 'None'"),
        ("/v1/categories/None/denied", "there is no category 'None'"),
        ("/v1/houses/None/denied", "there is no list of houses"),
    ] {
        let answer = world.local("GET", path, &Value::Null).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains(told), "{}", answer.body);
    }
}
