//! What stands for the records that aren't in an export: as few nodes as can be, and each of them must fit.

use crate::{
    export::{by_python, forged, verdict},
    world::{Export, OTHER, ROOM, World, key, leaf, node, rest},
};
use causerie_model::Hash;
use causerie_proof::{Node, Rest, Tree, export};
use proptest::prelude::*;

/// Records in two rooms: true is one that is exported. A checkpoint after each list.
fn world(rooms: &[Vec<bool>]) -> World {
    let mut world = World::default();
    for (number, rooms) in rooms.iter().enumerate() {
        for (at, chosen) in rooms.iter().enumerate() {
            world.chat(if *chosen { ROOM } else { OTHER }, &format!("{number} {at}"));
        }
        world.checkpoint(&key(1), None);
    }
    world
}

fn export_of(world: &World) -> Export {
    world.export(0, world.records.len() as u64, Some(ROOM), &key(1))
}

fn nodes(export: &Export) -> Vec<Node> {
    let text = std::str::from_utf8(&export.0["nodes.ndjson"]).unwrap();
    text.lines().map(|line| Node::parse(line).unwrap()).collect()
}

/// The same export with these nodes, signed anew.
fn with(export: &Export, nodes: &[Node]) -> Export {
    let mut export = export.clone();
    export.put_nodes(nodes);
    signed_by_first(export)
}

/// Signed anew by the key of these exports.
fn signed_by_first(export: Export) -> Export {
    let mut export = forged(export, |_| {});
    let manifest = serde_json::from_slice(&export.0["manifest.json"]).unwrap();
    export.sign(&manifest, &key(1));
    export
}

/// What both verifiers say of it: nothing, or this.
fn both(export: &Export, expected: &str) {
    let said = verdict(export, &key(1));
    assert!(
        said.contains(expected) && said.is_empty() == expected.is_empty(),
        "{said}\n{expected}"
    );
    let dir = tempfile::tempdir().unwrap();
    let (sound, said) = by_python(export, &dir.path().join("e"), &key(1));
    assert_eq!(sound, expected.is_empty(), "{said}");
    assert!(said.contains(expected), "{said}\n{expected}");
}

/// Positions 1 to 11 and 12 to 20. Of the first 6 is exported, of the second 13 and 20.
fn eleven_and_nine() -> World {
    let chosen = |first: u64, last: u64| (first..=last).map(|at| [6, 13, 20].contains(&at)).collect();
    world(&[chosen(1, 11), chosen(12, 20)])
}

fn places(nodes: &[Node]) -> Vec<(u64, u64)> {
    nodes.iter().map(|node| (node.position, node.leaves)).collect()
}

const PLACES: [(u64, u64); 8] = [(1, 4), (5, 1), (7, 2), (9, 2), (11, 1), (12, 1), (14, 2), (16, 4)];

#[test]
fn nodes_are_the_largest_full_subtrees() {
    let world = eleven_and_nine();
    let export = export_of(&world);
    assert_eq!(places(&nodes(&export)), PLACES);
    both(&export, "");
    let mut found = Vec::new();
    let mut grown = Rest::new(11);
    for stored in &world.records[11..] {
        assert_eq!(grown.position(), stored.position);
        if stored.record.chain == ROOM {
            found.extend(grown.show());
        } else {
            grown.hide(leaf(stored));
        }
    }
    found.extend(grown.finish());
    assert_eq!(found, nodes(&export)[5..]);
}

#[test]
fn a_subtree_goes_only_where_the_tree_has_one() {
    let grow = |leaves: &[u64]| {
        let mut tree = Tree::default();
        leaves
            .iter()
            .try_for_each(|count| tree.push_subtree(Hash::ZERO, *count))
            .map_err(|error| error.to_string())
            .map(|()| tree.size())
    };
    assert_eq!(grow(&[4, 2, 1, 1, 8]), Ok(16));
    assert_eq!(grow(&[1 << 63]), Ok(1 << 63));
    for (leaves, said) in [
        (&[0][..], "after 0 leaves no subtree of 0 begins"),
        (&[3], "after 0 leaves no subtree of 3 begins"),
        (&[1, 2], "after 1 leaves no subtree of 2 begins"),
        (&[4, 2, 4], "after 6 leaves no subtree of 4 begins"),
        (
            &[1 << 63, 1 << 63],
            "after 9223372036854775808 leaves no subtree of 9223372036854775808 begins",
        ),
    ] {
        assert_eq!(grow(leaves), Err(said.to_owned()));
    }
}

#[test]
fn a_node_may_be_split_and_nothing_else() {
    let world = eleven_and_nine();
    let export = export_of(&world);
    let good = nodes(&export);
    let edited = |edit: &dyn Fn(&mut Vec<Node>)| {
        let mut nodes = good.clone();
        edit(&mut nodes);
        with(&export, &nodes)
    };
    let over = |first: usize, last: usize| node(&world.records[first - 1..last]);
    // Halves are right: they say the same.
    both(
        &edited(&|nodes| drop(nodes.splice(0..1, [over(1, 2), over(3, 4)]))),
        "",
    );
    let halves = [over(1, 2), over(3, 3), over(4, 4)];
    both(&edited(&|nodes| drop(nodes.splice(0..1, halves))), "");
    let wrong = [
        (
            edited(&|nodes| drop(nodes.splice(0..1, [over(3, 4), over(1, 2)]))),
            "nodes.ndjson, line 2: it begins at position 1, and the line before reaches position 4",
        ),
        (
            // Halves that changed places.
            edited(&|nodes| {
                let (mut left, mut right) = (over(1, 2), over(3, 4));
                std::mem::swap(&mut left.hash, &mut right.hash);
                nodes.splice(0..1, [left, right]);
            }),
            "checkpoint 1: the records and nodes at positions 1 to 11 aren't those that it was made over",
        ),
        (
            // Two that follow each other, and aren't halves of one.
            edited(&|nodes| drop(nodes.splice(2..4, [over(7, 10)]))),
            "checkpoint 1: its tree has no node over the positions 7 to 10",
        ),
        (
            edited(&|nodes| nodes[3].position = 8),
            "nodes.ndjson, line 4: it begins at position 8, and the line before reaches position 8",
        ),
        (
            edited(&|nodes| nodes[1].position = 4),
            "nodes.ndjson, line 2: it begins at position 4, and the line before reaches position 4",
        ),
        (
            edited(&|nodes| nodes[0].position = 2),
            "nodes.ndjson, line 2: it begins at position 5, and the line before reaches position 5",
        ),
        (
            edited(&|nodes| nodes.insert(0, over(1, 1))),
            "nodes.ndjson, line 2: it begins at position 1, and the line before reaches position 1",
        ),
        (
            edited(&|nodes| nodes[3].hash = nodes[4].hash),
            "checkpoint 1: the records and nodes at positions 1 to 11 aren't those that it was made over",
        ),
        (
            edited(&|nodes| nodes.retain(|node| node.position != 9)),
            "checkpoint 1: neither a record nor a node is there for position 9",
        ),
        (
            edited(&|nodes| nodes.truncate(7)),
            "checkpoint 2: neither a record nor a node is there for position 16",
        ),
        // A record of the export under a node: its own, and one that is right over others too.
        (
            edited(&|nodes| nodes.insert(2, over(6, 6))),
            "nodes.ndjson: the node over the positions 6 to 6 covers position 6, whose record is in the export",
        ),
        (
            edited(&|nodes| drop(nodes.splice(1..3, [over(5, 8)]))),
            "nodes.ndjson: the node over the positions 5 to 8 covers position 6, whose record is in the export",
        ),
        (
            edited(&|nodes| {
                nodes.truncate(5);
                nodes.push(over(12, 19));
            }),
            "nodes.ndjson: the node over the positions 12 to 19 covers position 13, whose record is in the export",
        ),
        // Over the end of a checkpoint, and where none is.
        (
            edited(&|nodes| drop(nodes.splice(4..6, [over(11, 12)]))),
            "checkpoint 1: the node over the positions 11 to 12 goes on after its end",
        ),
        (
            edited(&|nodes| {
                nodes.push(Node {
                    position: 21,
                    leaves: 1 << 40,
                    hash: Hash::ZERO,
                });
            }),
            "no checkpoint covers what is at position 21",
        ),
    ];
    for (export, expected) in wrong {
        both(&export, expected);
    }
}

/// Who takes a record out of the export puts a node that is right in its place.
#[test]
fn no_record_of_a_complete_export_hides_under_a_node() {
    let mut world = World::default();
    for _ in 0..4 {
        world.chat(ROOM, "x").chat(OTHER, "y");
    }
    world.checkpoint(&key(1), None);
    // Positions 3 to 8; the checkpoint begins before.
    let whole = world.export(2, 8, None, &key(1));
    assert_eq!(places(&nodes(&whole)), [(1, 2)]);
    both(&whole, "");
    let mut cut = whole;
    cut.put_nodes(&[node(&world.records[..2]), node(&world.records[7..])]);
    both(
        &signed_by_first(cut.clone()),
        "the node over the positions 8 to 8 covers position 8",
    );
    // The last record of its chain goes, so that no chain has a gap; all that the manifest tells is made to fit.
    let mut only = World::default();
    for _ in 0..4 {
        only.chat(ROOM, "x").chat(OTHER, "y");
    }
    only.records.pop();
    only.checkpoint(&key(1), None);
    let told = only.export(2, 7, None, &key(1));
    let told: causerie_proof::Manifest = serde_json::from_slice(&told.0["manifest.json"]).unwrap();
    let lines = String::from_utf8(cut.0["records.ndjson"].clone()).unwrap();
    let kept = lines.lines().filter(|line| !line.contains("\"position\":8"));
    let kept: String = kept.map(|line| line.to_owned() + "\n").collect();
    cut.put("records.ndjson", kept.into_bytes());
    let resigned = |up_to, complete| {
        let mut export = forged(cut.clone(), |_| {});
        let mut manifest: causerie_proof::Manifest =
            serde_json::from_slice(&export.0["manifest.json"]).unwrap();
        (manifest.chains, manifest.records) = (told.chains.clone(), 5);
        (manifest.up_to, manifest.complete) = (up_to, complete);
        export.sign(&manifest, &key(1));
        export
    };
    both(
        &resigned(8, true),
        "records.ndjson: the record at position 8 is missing",
    );
    // It isn't of the range any more, or the export is said to be a selection: then nothing is hidden.
    both(&resigned(7, true), "");
    both(&resigned(8, false), "");
}

#[test]
fn a_line_of_a_node_is_written_in_one_way() {
    let good = Node {
        position: 9,
        leaves: 8,
        hash: Hash([0xab; 32]),
    };
    let line = good.to_line();
    assert_eq!(Node::parse(&line), Ok(good));
    assert_eq!(
        line,
        format!(r#"{{"hash":"{}","leaves":8,"position":9}}"#, "ab".repeat(32))
    );
    let world = eleven_and_nine();
    let export = export_of(&world);
    for (from, to, said) in [
        (":8,", ":6,", "6 leaves are no power of two"),
        (":8,", ":0,", "0 leaves are no power of two"),
        (":9}", ":0}", "there are no such positions"),
        (":9}", ":18446744073709551608}", "there are no such positions"),
        (":9}", ":9 }", "it isn't written as "),
        (":9}", ":9,\"z\":1}", ""),
        (",\"leaves\":8", "", ""),
        ("ab", "AB", ""),
        ("ab", "", ""),
        (":8,", ":-8,", ""),
    ] {
        let changed = line.replacen(from, to, 1);
        assert_ne!(changed, line);
        let error = Node::parse(&changed).unwrap_err().to_string();
        assert!(error.contains(said), "{changed}: {error}");
        let mut export = export.clone();
        export.put("nodes.ndjson", (changed + "\n").into_bytes());
        let export = signed_by_first(export);
        both(&export, "nodes.ndjson, line 1: ");
        if !said.is_empty() {
            both(&export, said);
        }
    }
    // The last that there can be.
    let last = line.replace(":9}", ":18446744073709551607}");
    assert_eq!(Node::parse(&last).unwrap().last(), u64::MAX - 1);
}

/// One to three checkpoints, records of the export among them seldom to often.
fn any_rooms() -> impl Strategy<Value = Vec<Vec<bool>>> {
    prop::sample::select(vec![0.02, 0.1, 0.5, 0.9])
        .prop_flat_map(|often| {
            prop::collection::vec(prop::collection::vec(prop::bool::weighted(often), 1..70), 1..4)
        })
        .prop_filter("a record is exported", |rooms| {
            rooms.iter().flatten().any(|it| *it)
        })
}

/// Something else in place of what is right.
#[derive(Clone, Debug)]
enum Change {
    Hash(u8),
    Gone,
    Twice,
    Larger,
    Smaller,
    Later,
    Earlier,
    WithNext,
}

fn changed(good: &[Node], at: usize, change: &Change) -> Vec<Node> {
    let mut nodes = good.to_vec();
    let node = &mut nodes[at];
    match change {
        Change::Hash(byte) => node.hash.0[usize::from(*byte) % 32] ^= 1 << (byte >> 5),
        Change::Gone => nodes.retain(|node| *node != good[at]),
        Change::Twice => nodes.insert(at, nodes[at]),
        Change::Larger => node.leaves *= 2,
        Change::Smaller => node.leaves /= 2,
        Change::Later => node.position += 1,
        Change::Earlier => node.position -= 1,
        Change::WithNext => {
            let next = (at + 1) % nodes.len();
            let (one, two) = (nodes[at].hash, nodes[next].hash);
            (nodes[at].hash, nodes[next].hash) = (two, one);
        }
    }
    nodes
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<u8>().prop_map(Change::Hash),
        prop::sample::select(vec![
            Change::Gone,
            Change::Twice,
            Change::Larger,
            Change::Smaller,
            Change::Later,
            Change::Earlier,
            Change::WithNext,
        ]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// What the records of a tree are proved by: what is passed by gives the nodes that going down finds, the tree has the
    /// root of all its leaves, and there are few.
    #[test]
    fn nodes_and_leaves_give_the_root(rooms in prop::collection::vec(prop::bool::weighted(0.1), 1..600), after in 0..1_000_u64) {
        let mut world = World::default();
        for chosen in &rooms {
            world.chat(if *chosen { ROOM } else { OTHER }, "x");
        }
        for stored in &mut world.records {
            stored.position += after;
        }
        let chosen = |stored: &causerie_proof::Stored| stored.record.chain == ROOM;
        let (mut all, mut tree, mut grown, mut found) = (Tree::default(), Tree::default(), Rest::new(after), Vec::new());
        let add = |tree: &mut Tree, nodes: &[Node]| nodes.iter().try_for_each(|node| tree.push_subtree(node.hash, node.leaves));
        for stored in &world.records {
            all.push(leaf(stored));
            if chosen(stored) {
                let nodes = grown.show();
                prop_assert_eq!(add(&mut tree, &nodes), Ok(()));
                found.extend(nodes);
                tree.push(leaf(stored));
            } else {
                grown.hide(leaf(stored));
            }
        }
        let nodes = grown.finish();
        prop_assert_eq!(add(&mut tree, &nodes), Ok(()));
        found.extend(nodes);
        prop_assert_eq!((tree.root(), tree.size()), (all.root(), all.size()));
        let mut expected = Vec::new();
        rest(&world.records, &chosen, &mut expected);
        prop_assert_eq!(&found, &expected);
        let (n, k) = (rooms.len() as f64, rooms.iter().filter(|it| **it).count() as f64);
        // With none there are as many as the tree has full subtrees side by side; no export has such a checkpoint's.
        let bound = if k > 0.0 { k * (n / k).log2() + n.log2() + 1e-9 } else { n.log2().floor() + 1.0 };
        prop_assert!(found.len() as f64 <= bound, "{} nodes of {n} leaves with {k} chosen", found.len());
    }

    #[test]
    fn any_change_of_a_node_is_found(rooms in any_rooms(), at in any::<prop::sample::Index>(), change in any_change()) {
        let export = export_of(&world(&rooms));
        prop_assert_eq!(verdict(&export, &key(1)), "");
        let good = nodes(&export);
        prop_assume!(!good.is_empty());
        let bad = changed(&good, at.index(good.len()), &change);
        if bad != good {
            let bad = with(&export, &bad);
            let wrong = export::verify(&bad, &key(1).public(), &mut |_, _| {});
            prop_assert!(wrong.is_err());
        }
    }
}
