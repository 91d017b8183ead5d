//! Every name and code of the wire format, in one table.
//!
//! No source that can be quoted states them all, so each name says how sure it is:
//! - **seen**: on the wire of a real server or client, or in a published Microsoft specification;
//! - **recalled**: remembered by people who worked with the protocol, found in no source. The default until a trace of a
//!   real client says otherwise;
//! - **proposed**: ours, where nothing is known; chosen so as not to disturb what is seen.
//!
//! A correction is made here and nowhere else.

/// Namespace of every XCCOS element. Seen.
pub const NAMESPACE: &str = "urn:parlano:xml:ns:xccos";
/// Value of `ver` on every envelope. Seen.
pub const VERSION: &str = "1";

/// Prefixes of the `id` of a primitive. All seen.
pub mod prefix {
    /// Of a command.
    pub const COMMAND: &str = "cmd:";
    /// Of a reply.
    pub const REPLY: &str = "rpl:";
    /// Of a notice.
    pub const NOTICE: &str = "ntc:";
}

/// Names of commands, after `cmd:`; a reply has the same name after `rpl:` unless [`reply`] says
/// otherwise.
pub mod command {
    /// Asks for the URI of the chat service. Seen.
    pub const REQUEST_URI: &str = "requri";
    /// Asks for the server's settings. Seen.
    pub const GET_SERVER_INFO: &str = "getserverinfo";
    /// Joins one room. Seen.
    pub const JOIN: &str = "join";
    /// Joins several rooms. Seen.
    pub const BATCH_JOIN: &str = "bjoin";
    /// Leaves a room. Seen.
    pub const PART: &str = "part";
    /// Searches for rooms. Seen.
    pub const CHANNEL_SEARCH: &str = "chansrch";
    /// Reads the newest messages of rooms. Seen.
    pub const BACKCHAT: &str = "bccontext";
    /// Asks for new invitations. Seen.
    pub const GET_INVITATIONS: &str = "getinv";
    /// Reads a stored preference. Seen.
    pub const GET_PREFERENCE: &str = "getpref";
    /// Stores a preference. Seen.
    pub const SET_PREFERENCE: &str = "setpref";
    /// Asks for a token to upload a file. Seen. Not supported.
    pub const GET_FILE_UPLOAD_TOKEN: &str = "getfutok";
    /// Asks for a token to download a file. Seen. Not supported.
    pub const GET_FILE_DOWNLOAD_TOKEN: &str = "getfdtok";
    /// Asks in which categories the user may create rooms. Seen. Not supported.
    pub const CATEGORIES_TO_CREATE_IN: &str = "nodespermcreatechild";
    /// Asks for the rooms that the user is a member or manager of. Recalled. Not supported.
    pub const GET_ASSOCIATIONS: &str = "getassociations";
    /// Searches messages by date and text. Recalled. Not supported.
    pub const BACKCHAT_BY_DATE: &str = "bcbydate";
    /// Searches messages from a message on. Recalled. Not supported.
    pub const BACKCHAT_BY_MESSAGE: &str = "bcbymsg";
}

/// Names of replies, after `rpl:`, where they differ from the command's.
pub mod reply {
    /// To `getserverinfo`: seen in a trace of Office Communications Server 2007 R2.
    pub const SERVER_INFO_OF_2007: &str = "getservinfo";
    /// To `getserverinfo`: so named in MS-OCSPROT 2.5.21, whose prose quotes names loosely.
    pub const SERVER_INFO_OF_PROSE: &str = "getserverinfo";
    /// To `getfutok` and `getfdtok`. Seen.
    pub const FILE_TOKEN: &str = "getftok";
    /// To a post that failed; a post that succeeded has none. Proposed: known clients ignore it.
    pub const POST: &str = "grpchat";
}

/// Names of notices, after `ntc:`.
pub mod notice {
    /// A user entered a room. Seen.
    pub const JOIN: &str = "join";
    /// A user entered several rooms. Seen.
    pub const BATCH_JOIN: &str = "bjoin";
    /// A user left a room. Seen.
    pub const PART: &str = "part";
    /// A user went offline. Recalled, weakly; `part` is sent instead.
    pub const QUIT: &str = "quit";
    /// The user was invited to a room. Recalled.
    pub const INVITE: &str = "invite";
    /// A room's properties changed. Recalled.
    pub const ROOM_CHANGED: &str = "chanmodify";
    /// A participant's permissions changed. Recalled.
    pub const PERMISSIONS_CHANGED: &str = "permchange";
}

/// Names of elements.
pub mod element {
    /// The envelope. Seen.
    pub const XCCOS: &str = "xccos";
    /// A command. Seen.
    pub const CMD: &str = "cmd";
    /// A reply. Seen.
    pub const RPL: &str = "rpl";
    /// A notice. Seen.
    pub const NTC: &str = "ntc";
    /// A chat line. Seen.
    pub const GRPCHAT: &str = "grpchat";
    /// A chat line in a history reply. Seen.
    pub const MSG: &str = "msg";
    /// The plain text of a chat line. Seen.
    pub const CHAT: &str = "chat";
    /// What a reply answers. Seen.
    pub const COMMANDID: &str = "commandid";
    /// Outcome of a reply. Seen.
    pub const RESP: &str = "resp";
    /// Holds the blocks of a primitive. Seen.
    pub const DATA: &str = "data";
    /// User information block. Seen.
    pub const UIB: &str = "uib";
    /// Room reference in a join. Seen.
    pub const CHANID: &str = "chanid";
    /// Room (channel) information block. Seen.
    pub const CHANIB: &str = "chanib";
    /// Association block: who has which permissions. Seen.
    pub const AIB: &str = "aib";
    /// Failure block. Seen.
    pub const FIB: &str = "fib";
    /// Server information block. Seen.
    pub const SIB: &str = "sib";
    /// Room query. Seen.
    pub const QIB: &str = "qib";
    /// History query. Seen.
    pub const BCQ: &str = "bcq";
    /// "The newest" in a history query. Seen.
    pub const LAST: &str = "last";
    /// Invitation. Seen in the request; within a `chanib` of the reply proposed.
    pub const INV: &str = "inv";
    /// Preference. Seen.
    pub const PREF: &str = "pref";
    /// A fact about a room. Seen.
    pub const INFO: &str = "info";
    /// A switch of a room. Seen.
    pub const PROP: &str = "prop";
    /// Who created and changed a room, and when. Recalled.
    pub const AUDIT: &str = "audit";
}

/// Names of attributes.
pub mod attribute {
    /// Number of an envelope, chosen by its sender. Seen.
    pub const ENVID: &str = "envid";
    /// Version of the protocol. Seen.
    pub const VER: &str = "ver";
    /// Kind of a primitive, number of a `uib`, name of an `info` or `prop`. Seen.
    pub const ID: &str = "id";
    /// Place of a primitive in its envelope; counter of a preference. Seen.
    pub const SEQID: &str = "seqid";
    /// Number of a `resp`. Seen.
    pub const CODE: &str = "code";
    /// URI of a user or room. Seen.
    pub const URI: &str = "uri";
    /// Index of a `chanid`, mask of an `aib`, reason of a `fib`. Seen.
    pub const KEY: &str = "key";
    /// Domain of a room. Seen.
    pub const DOMAIN: &str = "domain";
    /// GUID of a room, or users of an `aib`. Seen.
    pub const VALUE: &str = "value";
    /// Name of a room. Seen.
    pub const NAME: &str = "name";
    /// Description of a room. Seen.
    pub const DESCRIPTION: &str = "description";
    /// Topic of a room, a thing of 2007. Seen.
    pub const TOPIC: &str = "topic";
    /// URI of a room's category. Recalled.
    pub const PARENT: &str = "parent";
    /// Normal or auditorium room. Recalled.
    pub const BEHAVIOR: &str = "behavior";
    /// Whether a room or user is disabled. Recalled.
    pub const DISABLED: &str = "disabled";
    /// Where a room's files are. Recalled.
    pub const FILE_STORE_URI: &str = "filestoreuri";
    /// Keywords of a room, a thing of 2007. Recalled.
    pub const KEYWORDS: &str = "keywords";
    /// Identifier of a room's add-in. Recalled.
    pub const ADD_IN_ID: &str = "siopid";
    /// Name of a room's add-in. Recalled.
    pub const ADD_IN_NAME: &str = "siopname";
    /// URL of a room's add-in. Recalled.
    pub const ADD_IN_URL: &str = "siopurl";
    /// Who changed a room last. Recalled.
    pub const UPDATED_BY: &str = "updatedby";
    /// When a room was changed last. Recalled.
    pub const UPDATED_ON: &str = "updatedon";
    /// Who created a room. Recalled.
    pub const CREATED_BY: &str = "createdby";
    /// When a room was created (recalled) or an invitation was issued (proposed).
    pub const CREATED_ON: &str = "createdon";
    /// GUID of a user. Recalled.
    pub const GUID: &str = "guid";
    /// Type of a principal. Recalled.
    pub const TYPE: &str = "type";
    /// Name of a user. Recalled.
    pub const USER_NAME: &str = "uname";
    /// Display name of a user. Recalled.
    pub const DISPLAY_NAME: &str = "dispname";
    /// What a `sib` shall tell. Seen.
    pub const INFO_TYPE: &str = "infoType";
    /// The server's time. Seen.
    pub const SERVER_TIME: &str = "serverTime";
    /// Most results of a search. Seen.
    pub const SEARCH_LIMIT: &str = "searchLimit";
    /// Largest message. Seen.
    pub const MESSAGE_SIZE_LIMIT: &str = "messageSizeLimit";
    /// Largest story. Seen.
    pub const STORY_SIZE_LIMIT: &str = "storySizeLimit";
    /// URI of the root category. Seen.
    pub const ROOT_URI: &str = "rootUri";
    /// Identity of the database. Seen.
    pub const DB_VERSION: &str = "dbVersion";
    /// The server's display name. Proposed; that it exists is known from the SDK.
    pub const SERVER_DISPLAY_NAME: &str = "displayName";
    /// URL of the room management page. Proposed; that it exists is known from the SDK.
    pub const ROOM_MANAGEMENT_URL: &str = "roomManagementUrl";
    /// How a `qib` searches. Seen.
    pub const QTYPE: &str = "qtype";
    /// What a `qib` searches for. Seen.
    pub const CRITERIA: &str = "criteria";
    /// Whether a `qib` searches descriptions too. Seen; the meaning is proposed.
    pub const EXTENDED: &str = "extended";
    /// How many messages. Seen.
    pub const CNT: &str = "cnt";
    /// Number of an invitation. Seen.
    pub const INVITE_ID: &str = "inviteId";
    /// Name of a preference. Seen.
    pub const LABEL: &str = "label";
    /// Whether a default shall be given for a preference. Seen.
    pub const CREATE_DEFAULT: &str = "createdefault";
    /// Value of a preference. Seen.
    pub const CONTENT: &str = "content";
    /// Room of a chat line. Seen.
    pub const CHAN_URI: &str = "chanUri";
    /// Author of a chat line. Seen.
    pub const AUTHOR: &str = "author";
    /// Time of a chat line. Seen.
    pub const TS: &str = "ts";
    /// Display name of an author. Recalled.
    pub const AUTHOR_DISPLAY: &str = "authdisp";
    /// Number of a chat line in its room. Recalled.
    pub const CHAT_ID: &str = "chatId";
    /// Whether a chat line is of high importance. Recalled.
    pub const ALERT: &str = "alert";
}

/// Names of the facts (`info`) and switches (`prop`) of a room.
pub mod urn {
    /// Number of participants. Seen.
    pub const USER_COUNT: &str = "urn:parlano:ma:info:ucnt";
    /// Who may see the room, spelled as pidgin-sipe reads it. Seen there only.
    pub const VISIBILITY_OF_SIPE: &str = "urn:parlano:ma:info:visibilty";
    /// Who may see the room, spelled properly. Recalled.
    pub const VISIBILITY: &str = "urn:parlano:ma:info:visibility";
    /// Whether files may be uploaded. Seen.
    pub const FILE_POST: &str = "urn:parlano:ma:prop:filepost";
    /// Whether invitations are issued. Seen.
    pub const INVITE: &str = "urn:parlano:ma:prop:invite";
    /// Whether messages are kept. Seen.
    pub const LOGGED: &str = "urn:parlano:ma:prop:logged";
}

/// Values.
pub mod value {
    /// A flag that is on, in an attribute. Seen.
    pub const TRUE: &str = "true";
    /// A flag that is off, in an attribute. Seen.
    pub const FALSE: &str = "false";
    /// A switch that is on, in a `prop`. The case is recalled; pidgin-sipe takes any.
    pub const PROP_TRUE: &str = "True";
    /// A switch that is off, in a `prop`. The case is recalled; pidgin-sipe takes any.
    pub const PROP_FALSE: &str = "False";
    /// A room that everyone in scope may join. Recalled.
    pub const OPEN: &str = "OPEN";
    /// A room that everyone in scope may see and its members join. Recalled.
    pub const CLOSED: &str = "SCOPED";
    /// The same as [`CLOSED`] in the database of the original; understood, not sent.
    pub const CLOSED_AS_STORED: &str = "scope";
    /// A room that only its members see. The word is seen, its case recalled; pidgin-sipe takes any.
    pub const SECRET: &str = "PRIVATE";
    /// A room in which every member may post. Recalled.
    pub const NORMAL: &str = "NORMAL";
    /// A room in which only presenters post. Recalled.
    pub const AUDITORIUM: &str = "AUDITORIUM";
    /// Type of a `uib` that is a user. The number is documented for the database, its use here is recalled.
    pub const USER_TYPE: u32 = 5;
    /// Search for rooms by name. Seen.
    pub const BY_NAME: &str = "BYNAME";
    /// Reason in a `fib`. Seen.
    pub const OPERATION_FAILED: &str = "OPERATION_FAILED";
}

/// A response code and its symbolic name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The number. Known clients test only whether it is 200.
    pub number: u16,
    /// The name, which pidgin-sipe shows to the user when a command fails.
    pub text: &'static str,
}

/// Response codes. Only success is seen; what failures exist is known from the SDK, their codes and names are proposed.
pub mod code {
    use super::Code;

    const fn code(number: u16, text: &'static str) -> Code {
        Code { number, text }
    }

    /// Success. Seen.
    pub const SUCCESS_OK: Code = code(200, "SUCCESS_OK");
    /// A required argument is missing or wrong (`InvalidArgument`). Proposed.
    pub const INVALID_ARGUMENT: Code = code(400, "ERROR_INVALID_ARGUMENT");
    /// A room directly under the root (`NodeHierarchyViolation`). Proposed.
    pub const NODE_HIERARCHY: Code = code(400, "ERROR_NODE_HIERARCHY");
    /// A presenter who isn't a member (`PresenterNotInMemList`). Proposed.
    pub const PRESENTER_NOT_MEMBER: Code = code(400, "ERROR_PRESENTER_NOT_MEMBER");
    /// Not authorised (`ErrorPermission`). Proposed.
    pub const PERMISSION: Code = code(403, "ERROR_PERMISSION");
    /// The user may not create the room (`UnableToCreateRoom`). Proposed.
    pub const CANNOT_CREATE: Code = code(403, "ERROR_CANNOT_CREATE");
    /// The participants can't be told (`CannotGetParticipantList`). Proposed.
    pub const PARTICIPANT_LIST: Code = code(403, "ERROR_PARTICIPANT_LIST");
    /// A principal outside the category's scope (`PrincipalsNotInScope`). Proposed.
    pub const PRINCIPAL_NOT_IN_SCOPE: Code = code(403, "ERROR_PRINCIPAL_NOT_IN_SCOPE");
    /// No such room or category, or an invisible one (`NoSuchNode`). Proposed.
    pub const NO_SUCH_NODE: Code = code(404, "ERROR_NO_SUCH_NODE");
    /// No such user or group (`NoSuchPrincipal`). Proposed.
    pub const NO_SUCH_PRINCIPAL: Code = code(404, "ERROR_NO_SUCH_PRINCIPAL");
    /// Only a participant may do it (`UserNotJoined`). Proposed.
    pub const USER_NOT_JOINED: Code = code(406, "ERROR_USER_NOT_JOINED");
    /// The name is taken (`DuplicateRoomName`). Proposed.
    pub const DUPLICATE_NAME: Code = code(409, "ERROR_DUPLICATE_NAME");
    /// Somebody else changed it meanwhile (`DataCollision`). Proposed.
    pub const DATA_COLLISION: Code = code(409, "ERROR_DATA_COLLISION");
    /// The principal has the role already (`PrincipalsAlreadyDefined`). Proposed.
    pub const PRINCIPAL_ALREADY_DEFINED: Code = code(409, "ERROR_PRINCIPAL_ALREADY_DEFINED");
    /// The room is disabled (`NodeDisabled`). Proposed.
    pub const NODE_DISABLED: Code = code(410, "ERROR_NODE_DISABLED");
    /// Too large or too many (`LimitExceeded`). Proposed.
    pub const LIMIT_EXCEEDED: Code = code(413, "ERROR_LIMIT_EXCEEDED");
    /// The server failed (`ServerError`, `DatabaseConnection`, `CommandFailed`). Proposed.
    pub const SERVER: Code = code(500, "ERROR_SERVER");
    /// A command that the server doesn't know (`MsgNotSupported`). Proposed.
    pub const NOT_SUPPORTED: Code = code(501, "ERROR_MSG_NOT_SUPPORTED");
}

/// Which name the reply to `getserverinfo` carries: the sources disagree, so it is a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerInfoReply {
    /// `rpl:getservinfo`, as in a trace of a real server.
    #[default]
    Trace,
    /// `rpl:getserverinfo`, as in the prose of MS-OCSPROT.
    Prose,
}

impl ServerInfoReply {
    /// The name after `rpl:`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => reply::SERVER_INFO_OF_2007,
            Self::Prose => reply::SERVER_INFO_OF_PROSE,
        }
    }
}
