//! Matters: searched, counted, exported, closed.

use crate::world::{DAY, World, olga, quiet};
use causerie_compliance::{ComplianceError, MatterRequest, Page};
use causerie_model::Timestamp;
use causerie_proof::Manifest;

async fn talk() -> World {
    let mut world = World::new().await;
    let mut records = vec![world.join(1, DAY, "ann")];
    for (room, author, text) in [
        (1, "ann", "The MERGER is on"),
        (1, "bob", "which merger?"),
        (2, "ann", "lunch"),
        (2, "bob", "Mergers and lunch"),
    ] {
        records.push(world.chat(room, 2 * DAY, author, text));
    }
    world.store(records).await;
    world
}

fn request() -> MatterRequest {
    MatterRequest {
        name: "Project X".to_owned(),
        ..MatterRequest::default()
    }
}

async fn count(world: &World, request: MatterRequest) -> u64 {
    let change = world.service.open_matter(&olga(), &request, false).await.unwrap();
    let found = world
        .service
        .search_matter(&olga(), &change.target, Page::default(), &quiet)
        .await;
    found.unwrap().records
}

#[tokio::test]
async fn words_people_rooms_and_periods_narrow_it() {
    let world = talk().await;
    let people = |name: &str| vec![format!("{name}@x.test")];
    for (asked, expected) in [
        (request(), 5),
        (
            MatterRequest {
                words: vec!["mErGeR".to_owned()],
                ..request()
            },
            3,
        ),
        (
            MatterRequest {
                words: vec!["lunch".to_owned(), "which".to_owned()],
                ..request()
            },
            3,
        ),
        (
            MatterRequest {
                custodians: people("ann"),
                ..request()
            },
            3,
        ),
        (
            MatterRequest {
                rooms: vec!["2".to_owned()],
                ..request()
            },
            2,
        ),
        (
            MatterRequest {
                from: Some(Timestamp(2 * DAY)),
                ..request()
            },
            4,
        ),
        (
            MatterRequest {
                until: Some(Timestamp(2 * DAY)),
                ..request()
            },
            1,
        ),
        (
            MatterRequest {
                custodians: people("bob"),
                rooms: vec!["2".to_owned()],
                words: vec!["merger".to_owned()],
                ..request()
            },
            1,
        ),
    ] {
        assert_eq!(count(&world, asked.clone()).await, expected, "{asked:?}");
    }
}

#[tokio::test]
async fn pages_give_all_and_every_query_is_recorded() {
    let world = talk().await;
    let asked = MatterRequest {
        words: vec!["merger".to_owned()],
        ..request()
    };
    let id = world
        .service
        .open_matter(&olga(), &asked, false)
        .await
        .unwrap()
        .target;
    let (mut page, mut shown) = (Page { after: 0, count: 2 }, Vec::new());
    loop {
        let found = world
            .service
            .search_matter(&olga(), &id, page, &quiet)
            .await
            .unwrap();
        assert_eq!(found.records, 3);
        shown.extend(found.shown.iter().map(|stored| stored.position));
        if !found.more {
            break;
        }
        page.after = *shown.last().unwrap();
    }
    assert_eq!(shown, [2, 3, 5]);
    let queries = world.own("QUERIED").await;
    let told: Vec<String> = queries
        .iter()
        .map(|body| {
            format!(
                "{} {} {} {}",
                body["what"], body["found"], body["shown"], body["origin"]
            )
        })
        .collect();
    assert_eq!(
        told,
        [r#""matter.search" 3 2 "unix""#, r#""matter.search" 3 1 "unix""#]
    );
    let query: serde_json::Value = serde_json::from_str(queries[1]["query"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&query["after"], &query["matter"]["words"][0]),
        (&3.into(), &"merger".into())
    );
}

#[tokio::test]
async fn an_export_has_what_was_counted() {
    let world = talk().await;
    let asked = MatterRequest {
        words: vec!["merger".to_owned()],
        ..request()
    };
    let id = world
        .service
        .open_matter(&olga(), &asked, false)
        .await
        .unwrap()
        .target;
    let export = async |what_if| {
        world
            .service
            .export_matter(&olga(), &id, &world.request(), what_if, &quiet)
            .await
    };
    let counted = export(true).await.unwrap();
    assert_eq!((counted.batch, counted.found.records), (None, 3));
    assert!(world.own("EXPORTED").await.is_empty());
    let exported = export(false).await.unwrap();
    let folder = std::path::PathBuf::from(world.out("exports")).join(exported.batch.unwrap());
    let manifest: Manifest =
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(
        (manifest.records, manifest.complete, &manifest.of),
        (3, false, &id)
    );
    assert!(manifest.selection.unwrap().contains("merger"));
    assert_eq!(
        std::fs::read_to_string(folder.join("records.ndjson"))
            .unwrap()
            .lines()
            .count(),
        3
    );
    let counts: Vec<u64> = manifest.chains.values().map(|chain| chain.records).collect();
    assert_eq!(counts, [2, 1]);
    let own = world.own("EXPORTED").await;
    assert_eq!((own.len(), &own[0]["records"]), (1, &3.into()));
    world.verify().await;
}

#[tokio::test]
async fn pages_are_by_position_whichever_rooms_are_named() {
    let mut world = World::new().await;
    let rooms = [2, 1, 1, 3, 2, 1, 2];
    let said: Vec<_> = rooms.map(|room| world.chat(room, DAY, "ann", "hello")).into();
    world.store(said).await;
    let asked = MatterRequest {
        rooms: vec!["2".to_owned(), "1".to_owned()],
        ..request()
    };
    let opened = world.service.open_matter(&olga(), &asked, false).await;
    let id = opened.unwrap().target;
    let page = async |after, count| {
        let page = Page { after, count };
        let found = world
            .service
            .search_matter(&olga(), &id, page, &quiet)
            .await
            .unwrap();
        let shown: Vec<u64> = found.shown.iter().map(|stored| stored.position).collect();
        (found.records, shown, found.more)
    };
    assert_eq!(page(0, 0).await, (6, vec![], true));
    assert_eq!(page(0, 3).await, (6, vec![1, 2, 3], true));
    assert_eq!(page(3, 3).await, (6, vec![5, 6, 7], false));
    assert_eq!(page(7, 3).await, (6, vec![], false));
}

#[tokio::test]
async fn an_export_has_nodes_only_of_checkpoints_that_cover_its_records() {
    let mut world = World::new().await;
    for text in ["before", "merger", "after"] {
        let said = (1..=3)
            .map(|room| world.chat(room, 2 * DAY, "ann", text))
            .collect();
        world.store(said).await;
        world.service.checkpoint().await.unwrap();
    }
    let asked = MatterRequest {
        rooms: vec!["2".to_owned()],
        words: vec!["merger".to_owned()],
        ..request()
    };
    let opened = world.service.open_matter(&olga(), &asked, false).await;
    let id = opened.unwrap().target;
    let exported = world
        .service
        .export_matter(&olga(), &id, &world.request(), false, &quiet)
        .await;
    let folder = std::path::PathBuf::from(world.out("exports")).join(exported.unwrap().batch.unwrap());
    let positions = |file: &str, member: &str| -> Vec<u64> {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()[member].as_u64();
        text.lines().map(|text| line(text).unwrap()).collect()
    };
    assert_eq!(positions("checkpoints.ndjson", "number"), [2]);
    assert_eq!(positions("records.ndjson", "position"), [5]);
    assert_eq!(positions("nodes.ndjson", "position"), [4, 6]);
    assert_eq!(positions("nodes.ndjson", "leaves"), [1, 1]);
}

#[tokio::test]
async fn nothing_is_done_for_a_closed_matter() {
    let world = talk().await;
    let id = world
        .service
        .open_matter(&olga(), &request(), false)
        .await
        .unwrap()
        .target;
    let changed = MatterRequest {
        name: "Y".to_owned(),
        ..request()
    };
    world
        .service
        .change_matter(&olga(), &id, &changed, false)
        .await
        .unwrap();
    world.service.close_matter(&olga(), &id, true).await.unwrap();
    assert!(!world.service.matters().await.unwrap()[&id].closed);
    world.service.close_matter(&olga(), &id, false).await.unwrap();
    let refused = [
        world
            .service
            .search_matter(&olga(), &id, Page::default(), &quiet)
            .await
            .map(|_| ()),
        world
            .service
            .change_matter(&olga(), &id, &changed, false)
            .await
            .map(|_| ()),
        world.service.close_matter(&olga(), &id, false).await.map(|_| ()),
        world
            .service
            .export_matter(&olga(), &id, &world.request(), false, &quiet)
            .await
            .map(|_| ()),
    ];
    for result in refused {
        assert!(matches!(result, Err(ComplianceError::Refused(_))), "{result:?}");
    }
    let what: Vec<_> = world
        .own("CHANGED")
        .await
        .iter()
        .map(|body| body["what"].clone())
        .collect();
    assert_eq!(what, ["matter.open", "matter.change", "matter.close"]);
}
