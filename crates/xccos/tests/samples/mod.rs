//! One of each command that rooms are searched and managed with, for tests and as what mutations start from.

use causerie_xccos::{
    Command,
    blocks::{AssociationType, Behavior, Role, Visibility},
    commands::{
        ChannelSearch, CreateRoom, EditRole, FileTokenRequest, FindEligible, FindUsers, GetAssociations,
        GetCategoryUsers, GetRole, GetRoom, HistoryQuery, HistoryText, MaxResults, MoveRoom, OnePrincipal,
        OneRoom, RoomFilter, RoomProperties, SearchAmong, SearchHistory, UpdateRoom,
    },
};

pub(crate) const ROOM: &str = "ma-chan://d.example/a1e0c7f5-0b1d-4c3e-9d1a-3f0c14e4aae9";
pub(crate) const CATEGORY: &str = "ma-cat://d.example/2f0c7f50-1111-4c3e-9d1a-000000000001";
pub(crate) const GROUP: &str = "ma-grp:7d2b0a3e-2222-4e55-8a77-000000000002@u.g";
pub(crate) const ANN: &str = "sip:ann@d.example";

fn search(among: SearchAmong) -> Command {
    Command::ChannelSearch(ChannelSearch {
        among,
        ..ChannelSearch::default()
    })
}

fn history(name: &str, query: HistoryQuery) -> Command {
    Command::SearchHistory(SearchHistory {
        name: name.to_owned(),
        chan_uris: vec![ROOM.to_owned()],
        query,
    })
}

fn properties() -> RoomProperties {
    RoomProperties {
        name: Some("Ops \"A\"".to_owned()),
        description: Some("Operations & <co>".to_owned()),
        behavior: Some(Behavior::Auditorium),
        visibility: Some(Visibility::Secret),
        disabled: Some(false),
        invite: Some(true),
        add_in: Some("3".to_owned()),
    }
}

/// Each command, with all that it can have.
pub(crate) fn commands() -> Vec<Command> {
    let room = || OneRoom {
        chan_uri: ROOM.to_owned(),
    };
    let principal = |uri: &str| OnePrincipal { uri: uri.to_owned() };
    let file = || FileTokenRequest {
        channel_uri: ROOM.to_owned(),
        file_url: "plan <1>.txt".to_owned(),
    };
    let edit = |role| EditRole {
        chan_uri: ROOM.to_owned(),
        role,
        principals: vec![ANN.to_owned(), GROUP.to_owned()],
    };
    let associations = |kind, max_results| {
        Command::GetAssociations(GetAssociations {
            domain: "d.example".to_owned(),
            kind,
            max_results,
        })
    };
    let everything = ChannelSearch {
        among: SearchAmong::Filter(Box::new(RoomFilter {
            member: Some(ANN.to_owned()),
            manager: Some(GROUP.to_owned()),
            category: Some(CATEGORY.to_owned()),
            add_in: Some("3".to_owned()),
            disabled: Some(true),
            visibility: Some(Visibility::Closed),
            behavior: Some(Behavior::Normal),
            invite: Some(false),
        })),
        criteria: "two words".to_owned(),
        extended: true,
        exact_phrase: true,
        match_any: true,
        max_results: MaxResults::AtMost(50),
    };
    let dates = HistoryQuery {
        limit: Some(100),
        text: Some(HistoryText {
            match_type: Some("OR".to_owned()),
            words: "shift <change>".to_owned(),
        }),
        from: Some("2013-05-01T00:00:00Z".to_owned()),
        to: Some("2013-05-02T00:00:00Z".to_owned()),
        authors: vec![ANN.to_owned(), "sip:bob@d.example".to_owned()],
        match_case: true,
        exact_phrase: true,
        search_backwards: true,
        sort_backwards: true,
        ..HistoryQuery::default()
    };
    let message = HistoryQuery {
        message_id: 84.try_into().ok(),
        limit: Some(25),
        search_backwards: true,
        ..HistoryQuery::default()
    };
    let newest = HistoryQuery {
        last: Some(5),
        ..HistoryQuery::default()
    };
    vec![
        Command::CategoriesToCreateIn,
        Command::GetAddIns,
        associations(AssociationType::Member, MaxResults::Unsaid),
        associations(AssociationType::Manager, MaxResults::All),
        associations(AssociationType::Joined, MaxResults::AtMost(100)),
        search(SearchAmong::Category(CATEGORY.to_owned())),
        search(SearchAmong::AddIn("3".to_owned())),
        search(SearchAmong::JoinedUser(ANN.to_owned())),
        search(SearchAmong::Unknown("BYMOOD".to_owned())),
        Command::ChannelSearch(everything),
        history("bcbydate", dates),
        history("bcbymsg", message.clone()),
        history("bcByMood", newest),
        history("bccontext", message),
        Command::GetUploadToken(file()),
        Command::GetDownloadToken(file()),
        Command::CreateRoom(CreateRoom {
            category_uri: CATEGORY.to_owned(),
            properties: properties(),
        }),
        Command::UpdateRoom(UpdateRoom {
            chan_uri: ROOM.to_owned(),
            stamp: Some("2013-05-02T07:00:00.0000000Z".to_owned()),
            properties: properties(),
            members: Some(vec![ANN.to_owned(), GROUP.to_owned()]),
            managers: None,
            presenters: Some(vec![]),
        }),
        Command::MoveRoom(MoveRoom {
            chan_uri: ROOM.to_owned(),
            category_uri: CATEGORY.to_owned(),
            stamp: Some("2013-05-02T07:00:00.0000000Z".to_owned()),
        }),
        Command::GetRoom(GetRoom::ByUri(ROOM.to_owned())),
        Command::GetRoom(GetRoom::ByName("Ops".to_owned())),
        Command::GetRole(GetRole {
            chan_uri: ROOM.to_owned(),
            role: Role::Member,
        }),
        Command::AddToRole(edit(Role::Manager)),
        Command::RemoveFromRole(edit(Role::Presenter)),
        Command::FindEligible(FindEligible {
            chan_uri: ROOM.to_owned(),
            role: Role::Presenter,
            criteria: "ann".to_owned(),
            max_results: MaxResults::AtMost(20),
        }),
        Command::GetCategoryUsers(GetCategoryUsers {
            category_uri: CATEGORY.to_owned(),
            prefix: "a".to_owned(),
            max_results: MaxResults::AtMost(20),
        }),
        Command::GetPermissions(room()),
        Command::GetParticipants(room()),
        Command::FindUsers(FindUsers {
            last_name: "O'Neil".to_owned(),
            first_name: "Ann".to_owned(),
            mail: "ann@".to_owned(),
            max_results: MaxResults::AtMost(20),
        }),
        Command::GetUser(principal(ANN)),
        Command::GetGroup(principal(GROUP)),
    ]
}
