//! Any command that a client can build is read by the server as it was meant, and any reply by the client.

use causerie_xccos::{
    Command, Correlation, Document, Notice, PrimitiveKind, ReplyData, ServerDocument, ServerPrimitive,
    blocks::{
        AddIn, AssociationType, Audit, Behavior, CategoryBlock, FileToken, Invitation, ParticipantGroup,
        PrincipalType, Role, RoomAssociation, RoomBlock, UserBlock, Visibility,
    },
    client,
    commands::{
        ChannelSearch, CreateRoom, EditRole, FileTokenRequest, FindEligible, FindUsers, GetAssociations,
        GetCategoryUsers, GetRole, GetRoom, HistoryQuery, HistoryText, MaxResults, MoveRoom, OnePrincipal,
        OneRoom, RoomFilter, RoomProperties, SearchAmong, SearchHistory, UpdateRoom,
    },
    limits::{DEFAULT_MAX_DOCUMENT_BYTES, MAX_RESULTS},
    notice,
    reply::{self, InvitationsReply, PrincipalsReply},
};
use proptest::{option, prelude::*, sample::select};

fn text() -> impl Strategy<Value = String> {
    let special = select(vec![
        '\r', '\n', '\t', ' ', '<', '>', '&', '"', '\'', ']', ';', 'é', '😀',
    ]);
    let c = prop_oneof![special, prop::char::range(' ', '~')];
    prop::collection::vec(c, 0..12).prop_map(|text| text.into_iter().collect())
}

fn list() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(text(), 0..4)
}

fn full_list() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(text(), 1..4)
}

fn max_results() -> impl Strategy<Value = MaxResults> {
    prop_oneof![
        Just(MaxResults::Unsaid),
        Just(MaxResults::All),
        (0..=MAX_RESULTS).prop_map(MaxResults::AtMost),
    ]
}

fn filter() -> impl Strategy<Value = RoomFilter> {
    let texts = (
        option::of(text()),
        option::of(text()),
        option::of(text()),
        option::of(text()),
    );
    let words = (
        option::of(select(Visibility::ALL)),
        option::of(select(Behavior::ALL)),
    );
    (texts, words, any::<(Option<bool>, Option<bool>)>()).prop_map(
        |((member, manager, category, add_in), (visibility, behavior), (disabled, invite))| RoomFilter {
            member,
            manager,
            category,
            add_in,
            disabled,
            visibility,
            behavior,
            invite,
        },
    )
}

fn search() -> impl Strategy<Value = ChannelSearch> {
    let among = prop_oneof![
        Just(SearchAmong::All),
        text().prop_map(SearchAmong::Category),
        text().prop_map(SearchAmong::AddIn),
        text().prop_map(SearchAmong::JoinedUser),
        filter().prop_map(|filter| SearchAmong::Filter(Box::new(filter))),
        "X[a-z]{0,5}".prop_map(SearchAmong::Unknown),
    ];
    (among, text(), any::<(bool, bool, bool)>(), max_results()).prop_map(
        |(among, criteria, (extended, exact_phrase, match_any), max_results)| ChannelSearch {
            among,
            criteria,
            extended,
            exact_phrase,
            match_any,
            max_results,
        },
    )
}

fn query() -> impl Strategy<Value = HistoryQuery> {
    let words = option::of(
        (option::of(text()), text()).prop_map(|(match_type, words)| HistoryText { match_type, words }),
    );
    let numbers = any::<(Option<u32>, Option<u32>, Option<std::num::NonZeroU64>)>();
    let texts = (words, option::of(text()), option::of(text()), list());
    (numbers, texts, any::<(bool, bool, bool, bool)>()).prop_map(
        |(
            (last, limit, message_id),
            (text, from, to, authors),
            (match_case, exact_phrase, search_backwards, sort_backwards),
        )| HistoryQuery {
            last,
            limit,
            text,
            from,
            to,
            message_id,
            authors,
            match_case,
            exact_phrase,
            search_backwards,
            sort_backwards,
        },
    )
}

fn properties() -> impl Strategy<Value = RoomProperties> {
    let texts = (option::of(text()), option::of(text()), option::of(text()));
    let words = (
        option::of(select(Visibility::ALL)),
        option::of(select(Behavior::ALL)),
    );
    (texts, words, any::<(Option<bool>, Option<bool>)>()).prop_map(
        |((name, description, add_in), (visibility, behavior), (disabled, invite))| RoomProperties {
            name,
            description,
            behavior,
            visibility,
            disabled,
            invite,
            add_in,
        },
    )
}

fn update() -> impl Strategy<Value = UpdateRoom> {
    let lists = (option::of(list()), option::of(list()), option::of(list()));
    (text(), option::of(text()), properties(), lists).prop_map(
        |(chan_uri, stamp, properties, (members, managers, presenters))| UpdateRoom {
            chan_uri,
            stamp,
            properties,
            members,
            managers,
            presenters,
        },
    )
}

fn edit() -> impl Strategy<Value = EditRole> {
    (text(), select(Role::ALL), full_list()).prop_map(|(chan_uri, role, principals)| EditRole {
        chan_uri,
        role,
        principals,
    })
}

fn about_rooms() -> impl Strategy<Value = Command> {
    prop_oneof![
        search().prop_map(Command::ChannelSearch),
        ("bc(bydate|byMsg|[a-z]{3,6})", full_list(), query()).prop_map(|(name, chan_uris, query)| {
            Command::SearchHistory(SearchHistory {
                name,
                chan_uris,
                query,
            })
        }),
        (text(), select(AssociationType::ALL), max_results()).prop_map(|(domain, kind, max_results)| {
            Command::GetAssociations(GetAssociations {
                domain,
                kind,
                max_results,
            })
        }),
        (text(), text()).prop_map(|(channel_uri, file_url)| {
            Command::GetUploadToken(FileTokenRequest {
                channel_uri,
                file_url,
            })
        }),
        (text(), text(), properties()).prop_map(|(category_uri, name, properties)| {
            let properties = RoomProperties {
                name: Some(name),
                ..properties
            };
            Command::CreateRoom(CreateRoom {
                category_uri,
                properties,
            })
        }),
        update().prop_map(Command::UpdateRoom),
        (text(), text(), option::of(text())).prop_map(|(chan_uri, category_uri, stamp)| {
            Command::MoveRoom(MoveRoom {
                chan_uri,
                category_uri,
                stamp,
            })
        }),
        text().prop_map(|uri| Command::GetRoom(GetRoom::ByUri(uri))),
        text().prop_map(|name| Command::GetRoom(GetRoom::ByName(name))),
    ]
}

fn about_principals() -> impl Strategy<Value = Command> {
    let room = || text().prop_map(|chan_uri| OneRoom { chan_uri });
    let principal = || text().prop_map(|uri| OnePrincipal { uri });
    prop_oneof![
        (text(), select(Role::ALL)).prop_map(|(chan_uri, role)| Command::GetRole(GetRole { chan_uri, role })),
        edit().prop_map(Command::AddToRole),
        edit().prop_map(Command::RemoveFromRole),
        (text(), select(Role::ALL), text(), max_results()).prop_map(
            |(chan_uri, role, criteria, max_results)| {
                Command::FindEligible(FindEligible {
                    chan_uri,
                    role,
                    criteria,
                    max_results,
                })
            }
        ),
        (text(), text(), max_results()).prop_map(|(category_uri, prefix, max_results)| {
            Command::GetCategoryUsers(GetCategoryUsers {
                category_uri,
                prefix,
                max_results,
            })
        }),
        (text(), text(), text(), max_results()).prop_map(|(last_name, first_name, mail, max_results)| {
            Command::FindUsers(FindUsers {
                last_name,
                first_name,
                mail,
                max_results,
            })
        }),
        room().prop_map(Command::GetPermissions),
        room().prop_map(Command::GetParticipants),
        principal().prop_map(Command::GetUser),
        principal().prop_map(Command::GetGroup),
    ]
}

fn user() -> impl Strategy<Value = UserBlock<'static>> {
    let association = (any::<u32>(), text(), text()).prop_map(|(mask, domain, guid)| RoomAssociation {
        mask,
        domain: domain.into(),
        guid: guid.into(),
    });
    let texts = (text(), option::of(text()), option::of(text()), option::of(text()));
    let others = (
        any::<(Option<u32>, Option<bool>)>(),
        option::of(select(PrincipalType::ALL)),
    );
    (texts, others, prop::collection::vec(association, 0..3)).prop_map(
        |((uri, guid, name, display_name), ((id, disabled), principal_type), associations)| UserBlock {
            id,
            uri: uri.into(),
            guid: guid.map(Into::into),
            principal_type,
            name: name.map(Into::into),
            display_name: display_name.map(Into::into),
            disabled,
            associations,
        },
    )
}

fn invitation() -> impl Strategy<Value = Invitation<'static>> {
    (any::<u32>(), text(), option::of(text())).prop_map(|(invite_id, domain, created_on)| Invitation {
        invite_id,
        domain: domain.into(),
        created_on: created_on.map(Into::into),
    })
}

fn add_in() -> impl Strategy<Value = AddIn<'static>> {
    (text(), text(), text()).prop_map(|(id, name, url)| AddIn {
        id: id.into(),
        name: name.into(),
        url: url.into(),
    })
}

fn room() -> impl Strategy<Value = RoomBlock<'static>> {
    let uri = text().prop_map(|rest| format!("ma-chan://{rest}"));
    let texts = prop::collection::vec(option::of(text()), 6);
    let words = (
        option::of(select(Visibility::ALL)),
        option::of(select(Behavior::ALL)),
    );
    let switches = any::<[Option<bool>; 5]>();
    let counts = any::<(Option<u32>, Option<u32>)>();
    let audit = option::of(
        (text(), text(), text(), text()).prop_map(|(by, on, made_by, made_on)| Audit {
            updated_by: by.into(),
            updated_on: on.into(),
            created_by: made_by.into(),
            created_on: made_on.into(),
        }),
    );
    let group = (any::<u32>(), any::<Vec<u32>>()).prop_map(|(mask, users)| ParticipantGroup { mask, users });
    let blocks = (
        option::of(add_in()),
        audit,
        option::of(invitation()),
        prop::collection::vec(group, 0..3),
        prop::collection::vec(user(), 0..3),
    );
    (uri, texts, words, switches, counts, blocks).prop_map(
        |(uri, mut texts, (visibility, behavior), switches, counts, blocks)| {
            let mut next = || texts.pop().flatten().map(Into::into);
            let [disabled, file_post, invite, logged, limit_exceeded] = switches;
            let (add_in, audit, invitation, participants, users) = blocks;
            RoomBlock {
                uri: uri.into(),
                name: next(),
                description: next(),
                topic: next(),
                parent: next(),
                file_store_uri: next(),
                keywords: next(),
                behavior,
                disabled,
                add_in,
                participants,
                audit,
                user_count: counts.0,
                visibility,
                file_post,
                invite,
                logged,
                matches: counts.1,
                limit_exceeded,
                messages: vec![],
                users,
                invitation,
            }
        },
    )
}

const TO: Correlation<'_> = Correlation {
    envid: "7",
    request_envid: "5",
    request_seqid: "2",
};

fn server(document: &str) -> ServerPrimitive {
    let document = ServerDocument::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
    let [primitive] = document.primitives.try_into().unwrap();
    primitive
}

fn reply_data(document: &str) -> ReplyData {
    match server(document) {
        ServerPrimitive::Reply(reply) => reply.data,
        other => panic!("{other:?}"),
    }
}

fn noticed(document: &str) -> Notice {
    match server(document) {
        ServerPrimitive::Notice(notice) => notice,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn commands(command in prop_oneof![about_rooms(), about_principals()]) {
        let document = client::command("7", &command);
        let read = Document::parse(document.as_bytes(), DEFAULT_MAX_DOCUMENT_BYTES).unwrap();
        let [primitive] = read.primitives.try_into().unwrap();
        prop_assert_eq!(primitive.kind, PrimitiveKind::Command(command), "{}", document);
    }

    #[test]
    fn rooms(rooms in prop::collection::vec(room(), 0..3)) {
        let expected = ReplyData { rooms: rooms.clone(), ..ReplyData::default() };
        prop_assert_eq!(reply_data(&reply::rooms("getchan", &TO, &rooms)), expected);
        for room in rooms {
            prop_assert_eq!(noticed(&notice::room_changed("7", &room)), Notice::RoomChanged(vec![room]));
        }
    }

    #[test]
    fn principals(principals in prop::collection::vec(user(), 0..4), more in any::<bool>()) {
        let found = PrincipalsReply { principals, more };
        let document = reply::principals("findusers", &TO, &found);
        let expected = ReplyData { users: found.principals, more, ..ReplyData::default() };
        prop_assert_eq!(reply_data(&document), expected);
    }

    #[test]
    fn notices(user in user(), last in option::of(invitation()), room in room()) {
        prop_assert_eq!(noticed(&notice::quit("7", &user)), Notice::Quit(vec![user.clone()]));
        let changed = notice::permissions_changed("7", &user);
        prop_assert_eq!(noticed(&changed), Notice::PermissionsChanged(vec![user]));
        let invitations = InvitationsReply { last, rooms: vec![room] };
        prop_assert_eq!(noticed(&notice::invite("7", &invitations)), Notice::Invite(invitations));
    }

    #[test]
    fn others(
        (token, server_uri, add_ins) in (text(), text(), prop::collection::vec(add_in(), 0..3)),
        (uri, name, description) in (text(), option::of(text()), option::of(text())),
        invite in any::<Option<bool>>(),
    ) {
        let token = FileToken { token: token.into(), server_uri: server_uri.into() };
        prop_assert_eq!(reply_data(&reply::file_token(&TO, &token)).file_token, Some(token));
        prop_assert_eq!(reply_data(&reply::add_ins(&TO, &add_ins)).add_ins, add_ins);
        let category = CategoryBlock {
            uri: format!("ma-cat://{uri}").into(),
            name: name.map(Into::into),
            description: description.map(Into::into),
            invite,
        };
        let document = reply::categories_to_create_in(&TO, std::slice::from_ref(&category));
        prop_assert_eq!(reply_data(&document).categories, [category]);
    }
}
