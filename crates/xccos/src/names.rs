//! Every name and code of the wire format, in one table.
//!
//! No source that can be quoted states them all, so each name says how sure it is ([`Certainty`]). A correction is made
//! here and nowhere else. `docs/xccos-names.md` lists those that aren't seen.

/// How sure a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// On the wire of a real server or client, or in a published Microsoft specification.
    Seen,
    /// Remembered by people who worked with the protocol, found in no source. The default until a trace of a real client
    /// says otherwise.
    Recalled,
    /// Ours, where nothing is known; chosen so as not to disturb what is seen.
    Proposed,
}

/// A name and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// Module of this file that it belongs to.
    pub table: &'static str,
    /// As it is sent.
    pub wire: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
    /// What it means.
    pub meaning: &'static str,
}

macro_rules! names {
    ($($(#[$doc:meta])* $table:ident { $($name:ident = $wire:literal, $certainty:ident, $meaning:literal;)* })*) => {
        $($(#[$doc])*
        pub mod $table {
            use super::{Certainty, Name};

            $(#[doc = concat!($meaning, " ", stringify!($certainty), ".")]
            pub const $name: &str = $wire;)*

            /// All of them.
            pub const ALL: &[Name] = &[$(Name {
                table: stringify!($table),
                wire: $wire,
                certainty: Certainty::$certainty,
                meaning: $meaning,
            }),*];
        })*

        /// All tables of names.
        pub const TABLES: &[&[Name]] = &[$($table::ALL),*];
    };
}

/// Namespace of every XCCOS element. Seen.
pub const NAMESPACE: &str = "urn:parlano:xml:ns:xccos";
/// Value of `ver` on every envelope. Seen.
pub const VERSION: &str = "1";

names! {
    /// Prefixes of the `id` of a primitive.
    prefix {
        COMMAND = "cmd:", Seen, "Of a command.";
        REPLY = "rpl:", Seen, "Of a reply.";
        NOTICE = "ntc:", Seen, "Of a notice.";
    }

    /// Names of commands, after `cmd:`; a reply has the same name after `rpl:` unless [`reply`] says otherwise.
    command {
        REQUEST_URI = "requri", Seen, "Asks for the URI of the chat service.";
        GET_SERVER_INFO = "getserverinfo", Seen, "Asks for the server's settings.";
        JOIN = "join", Seen, "Joins one room.";
        BATCH_JOIN = "bjoin", Seen, "Joins several rooms.";
        PART = "part", Seen, "Leaves a room.";
        CHANNEL_SEARCH = "chansrch", Seen, "Searches for rooms.";
        BACKCHAT = "bccontext", Seen, "Reads the newest messages of rooms.";
        GET_INVITATIONS = "getinv", Seen, "Asks for new invitations.";
        GET_PREFERENCE = "getpref", Seen, "Reads a stored preference.";
        SET_PREFERENCE = "setpref", Seen, "Stores a preference.";
        GET_FILE_UPLOAD_TOKEN = "getfutok", Seen, "Asks for a token to upload a file.";
        GET_FILE_DOWNLOAD_TOKEN = "getfdtok", Seen, "Asks for a token to download a file.";
        CATEGORIES_TO_CREATE_IN = "nodespermcreatechild", Seen, "Asks in which categories the user may create rooms.";
        GET_ASSOCIATIONS = "getassociations", Recalled, "Asks for the rooms that the user is a member or manager of.";
        BACKCHAT_BY_DATE = "bcbydate", Recalled, "Searches messages by date and text.";
        BACKCHAT_BY_MESSAGE = "bcbymsg", Recalled, "Searches messages from a message on.";
        BACKCHAT_PREFIX = "bc", Proposed, "Begins the name of every other search for messages, whatever follows.";
        CREATE_ROOM = "chancreate", Proposed, "Creates a room.";
        UPDATE_ROOM = "chanmodify", Proposed, "Changes a room's properties and lists.";
        MOVE_ROOM = "chanmove", Proposed, "Moves a room to another category.";
        GET_ROOM = "getchan", Proposed, "Asks for one room, by URI or name.";
        GET_ROLE = "getrole", Proposed, "Asks for a room's members, managers or presenters.";
        ADD_TO_ROLE = "addtorole", Proposed, "Adds principals to a role in a room.";
        REMOVE_FROM_ROLE = "remfromrole", Proposed, "Takes principals out of a role in a room.";
        FIND_ELIGIBLE = "findeligible", Proposed, "Asks who may be given a role in a room.";
        GET_CATEGORY_USERS = "getcatusers", Proposed, "Asks who is in scope of a category.";
        GET_PERMISSIONS = "getperm", Proposed, "Asks for the caller's permissions in a room.";
        GET_ADD_INS = "getsiops", Proposed, "Asks for the add-ins that rooms can have.";
        GET_PARTICIPANTS = "getparticipants", Proposed, "Asks who is in a room whose join told only their number.";
        FIND_USERS = "findusers", Proposed, "Searches the directory for users.";
        GET_USER = "getuser", Proposed, "Asks for one user.";
        GET_GROUP = "getgroup", Proposed, "Asks for one group, organisational unit or domain.";
    }

    /// Names of replies, after `rpl:`, where they differ from the command's.
    reply {
        SERVER_INFO_OF_2007 = "getservinfo", Seen, "To `getserverinfo`: seen in a trace of Office Communications Server 2007 R2.";
        SERVER_INFO_OF_PROSE = "getserverinfo", Seen, "To `getserverinfo`: so named in MS-OCSPROT 2.5.21, whose prose quotes names loosely.";
        FILE_TOKEN = "getftok", Seen, "To `getfutok` and `getfdtok`.";
        POST = "grpchat", Proposed, "To a post that failed; a post that succeeded has none. Known clients ignore it.";
    }

    /// Names of notices, after `ntc:`.
    notice {
        JOIN = "join", Seen, "A user entered a room.";
        BATCH_JOIN = "bjoin", Seen, "A user entered several rooms.";
        PART = "part", Seen, "A user left a room.";
        QUIT = "quit", Recalled, "A user went offline. Weak; `part` is sent instead.";
        INVITE = "invite", Recalled, "The user was invited to a room.";
        ROOM_CHANGED = "chanmodify", Recalled, "A room's properties changed.";
        PERMISSIONS_CHANGED = "permchange", Recalled, "A participant's permissions changed.";
    }

    /// Names of elements.
    element {
        XCCOS = "xccos", Seen, "The envelope.";
        CMD = "cmd", Seen, "A command.";
        RPL = "rpl", Seen, "A reply.";
        NTC = "ntc", Seen, "A notice.";
        GRPCHAT = "grpchat", Seen, "A chat line.";
        MSG = "msg", Seen, "A chat line in a history reply.";
        CHAT = "chat", Seen, "The plain text of a chat line.";
        COMMANDID = "commandid", Seen, "What a reply answers.";
        RESP = "resp", Seen, "Outcome of a reply.";
        DATA = "data", Seen, "Holds the blocks of a primitive.";
        UIB = "uib", Seen, "User information block.";
        CHANID = "chanid", Seen, "Room reference in a join.";
        CHANIB = "chanib", Seen, "Room (channel) information block.";
        AIB = "aib", Seen, "Association block: who has which permissions.";
        FIB = "fib", Seen, "Failure block.";
        SIB = "sib", Seen, "Server information block.";
        QIB = "qib", Seen, "Room query.";
        BCQ = "bcq", Seen, "History query.";
        LAST = "last", Seen, "\"The newest\" in a history query.";
        INV = "inv", Seen, "Invitation. Within a `chanib` of the reply proposed.";
        PREF = "pref", Seen, "Preference.";
        INFO = "info", Seen, "A fact about a room.";
        PROP = "prop", Seen, "A switch of a room.";
        AUDIT = "audit", Recalled, "Who created and changed a room, and when.";
        FTDB = "ftdb", Seen, "File of a token request.";
        TOKEN = "token", Seen, "Token for a file.";
        ASSOCIATION = "association", Recalled, "Which rooms `getassociations` asks for.";
        LIMIT = "limit", Recalled, "Most messages for each room, in a history query.";
        TEXT = "text", Recalled, "Words in a history query.";
        DATE = "date", Recalled, "Span of time in a history query.";
        MSGID = "msgid", Recalled, "Message from which a history query goes on.";
        AUTHOR = "author", Proposed, "Author in a history query.";
        MATCH_CASE = "matchcase", Recalled, "Whether the case of words matters in a history query.";
        EXACT_PHRASE = "matchexactphrase", Recalled, "Whether words must stand together in a history query.";
        SEARCH_BACKWARDS = "searchbkwds", Recalled, "Whether a history query looks at the newest first.";
        SORT_BACKWARDS = "sortbkwds", Recalled, "Whether a history reply has the newest first.";
        ROLE = "role", Proposed, "Role of a room, and those who have it or shall have it.";
        SIOP = "siop", Proposed, "Add-in that stands by itself; in a `chanib` it is three attributes.";
    }

    /// Names of attributes.
    attribute {
        ENVID = "envid", Seen, "Number of an envelope, chosen by its sender.";
        VER = "ver", Seen, "Version of the protocol.";
        ID = "id", Seen, "Kind of a primitive, number of a `uib`, name of an `info` or `prop`.";
        SEQID = "seqid", Seen, "Place of a primitive in its envelope; counter of a preference.";
        CODE = "code", Seen, "Number of a `resp`.";
        URI = "uri", Seen, "URI of a user or room.";
        KEY = "key", Seen, "Index of a `chanid`, mask of an `aib`, reason of a `fib`.";
        DOMAIN = "domain", Seen, "Domain of a room.";
        VALUE = "value", Seen, "GUID of a room, or users of an `aib`.";
        NAME = "name", Seen, "Name of a room.";
        DESCRIPTION = "description", Seen, "Description of a room.";
        TOPIC = "topic", Seen, "Topic of a room, a thing of 2007.";
        PARENT = "parent", Recalled, "URI of a room's category.";
        BEHAVIOR = "behavior", Recalled, "Normal or auditorium room.";
        DISABLED = "disabled", Recalled, "Whether a room or user is disabled.";
        FILE_STORE_URI = "filestoreuri", Recalled, "Where a room's files are.";
        KEYWORDS = "keywords", Recalled, "Keywords of a room, a thing of 2007.";
        ADD_IN_ID = "siopid", Recalled, "Identifier of a room's add-in.";
        ADD_IN_NAME = "siopname", Recalled, "Name of a room's add-in.";
        ADD_IN_URL = "siopurl", Recalled, "URL of a room's add-in.";
        UPDATED_BY = "updatedby", Recalled, "Who changed a room last.";
        UPDATED_ON = "updatedon", Recalled, "When a room was changed last.";
        CREATED_BY = "createdby", Recalled, "Who created a room.";
        CREATED_ON = "createdon", Recalled, "When a room was created (recalled) or an invitation was issued (proposed).";
        GUID = "guid", Recalled, "GUID of a user.";
        TYPE = "type", Recalled, "Type of a principal.";
        USER_NAME = "uname", Recalled, "Name of a user.";
        DISPLAY_NAME = "dispname", Recalled, "Display name of a user.";
        INFO_TYPE = "infoType", Seen, "What a `sib` shall tell.";
        SERVER_TIME = "serverTime", Seen, "The server's time.";
        SEARCH_LIMIT = "searchLimit", Seen, "Most results of a search.";
        MESSAGE_SIZE_LIMIT = "messageSizeLimit", Seen, "Largest message.";
        STORY_SIZE_LIMIT = "storySizeLimit", Seen, "Largest story.";
        ROOT_URI = "rootUri", Seen, "URI of the root category.";
        DB_VERSION = "dbVersion", Seen, "Identity of the database.";
        SERVER_DISPLAY_NAME = "displayName", Proposed, "The server's display name. That it exists is known from the SDK.";
        ROOM_MANAGEMENT_URL = "roomManagementUrl", Proposed, "URL of the room management page. That it exists is known from the SDK.";
        QTYPE = "qtype", Seen, "How a `qib` searches.";
        CRITERIA = "criteria", Seen, "What a `qib` searches for.";
        EXTENDED = "extended", Seen, "Whether a `qib` searches descriptions too. The meaning is proposed.";
        CNT = "cnt", Seen, "How many messages.";
        INVITE_ID = "inviteId", Seen, "Number of an invitation.";
        LABEL = "label", Seen, "Name of a preference.";
        CREATE_DEFAULT = "createdefault", Seen, "Whether a default shall be given for a preference.";
        CONTENT = "content", Seen, "Value of a preference.";
        CHAN_URI = "chanUri", Seen, "Room of a chat line.";
        AUTHOR = "author", Seen, "Author of a chat line.";
        TS = "ts", Seen, "Time of a chat line.";
        AUTHOR_DISPLAY = "authdisp", Recalled, "Display name of an author.";
        CHAT_ID = "chatId", Recalled, "Number of a chat line in its room.";
        ALERT = "alert", Recalled, "Whether a chat line is of high importance.";
        MAX_RESULTS = "maxResults", Recalled, "Most results that the client wants; -1 means all.";
        MATCH_TYPE = "mt", Recalled, "How the words of a history query are matched; the values are unknown.";
        FROM = "from", Recalled, "Begin of a span of time.";
        TO = "to", Recalled, "End of a span of time.";
        CHANNEL_URI = "channelUri", Seen, "Room of a file.";
        FILE_URL = "fileUrl", Seen, "Name of a file.";
        TOKEN = "token", Seen, "GUID that opens a file.";
        SERVER_URI = "serveruri", Seen, "URL of the file service.";
        MATCH_ALL = "matchall", Proposed, "Whether a room must match all words of a `qib`, not any.";
        EXACT_PHRASE = "matchexactphrase", Proposed, "Whether the words of a `qib` must stand together.";
        USER = "user", Proposed, "User of a search for the rooms that he is in.";
        MEMBER = "member", Proposed, "Member of the rooms that a filter lets through.";
        MANAGER = "manager", Proposed, "Manager of the rooms that a filter lets through.";
        VISIBILITY = "visibility", Proposed, "Privacy of the rooms that a filter lets through.";
        INVITE = "invite", Proposed, "Whether the rooms that a filter lets through issue invitations.";
        LAST_NAME = "lastname", Proposed, "Begin of a last name, in a search for users.";
        FIRST_NAME = "firstname", Proposed, "Begin of a first name, in a search for users.";
        MAIL = "mail", Proposed, "Begin of an e-mail address, in a search for users.";
    }

    /// Names of the facts (`info`) and switches (`prop`) of a room.
    urn {
        USER_COUNT = "urn:parlano:ma:info:ucnt", Seen, "Number of participants.";
        VISIBILITY_OF_SIPE = "urn:parlano:ma:info:visibilty", Seen, "Who may see the room, spelled as pidgin-sipe reads it. Seen there only.";
        VISIBILITY = "urn:parlano:ma:info:visibility", Recalled, "Who may see the room, spelled properly.";
        FILE_POST = "urn:parlano:ma:prop:filepost", Seen, "Whether files may be uploaded.";
        INVITE = "urn:parlano:ma:prop:invite", Seen, "Whether invitations are issued.";
        LOGGED = "urn:parlano:ma:prop:logged", Seen, "Whether messages are kept.";
        FILE_STORE_URI = "urn:parlano:ma:info:filestoreuri", Recalled, "Where a room's files are; sent as an attribute too.";
        MATCHES = "urn:parlano:ma:info:matches", Proposed, "How many messages of the room a history query matched.";
        LIMIT_EXCEEDED = "urn:parlano:ma:prop:limitexceeded", Proposed, "Whether a history query matched more than the server gives.";
        MORE = "urn:parlano:ma:prop:more", Proposed, "Whether there are more principals than the reply tells.";
    }

    /// Values.
    value {
        TRUE = "true", Seen, "A flag that is on, in an attribute.";
        FALSE = "false", Seen, "A flag that is off, in an attribute.";
        PROP_TRUE = "True", Recalled, "A switch that is on, in a `prop`. The case is recalled; pidgin-sipe takes any.";
        PROP_FALSE = "False", Recalled, "A switch that is off, in a `prop`. The case is recalled; pidgin-sipe takes any.";
        OPEN = "OPEN", Recalled, "A room that everyone in scope may join.";
        CLOSED = "SCOPED", Recalled, "A room that everyone in scope may see and its members join.";
        CLOSED_AS_STORED = "scope", Seen, "The same as [`CLOSED`] in the database of the original; understood, not sent.";
        SECRET = "PRIVATE", Recalled, "A room that only its members see. The word is seen, its case recalled; pidgin-sipe takes any.";
        NORMAL = "NORMAL", Recalled, "A room in which every member may post.";
        AUDITORIUM = "AUDITORIUM", Recalled, "A room in which only presenters post.";
        BY_NAME = "BYNAME", Seen, "Search for rooms by name.";
        OPERATION_FAILED = "OPERATION_FAILED", Seen, "Reason in a `fib`.";
        TYPE_USER = "5", Recalled, "Type of a `uib` that is a user. The number is documented for the database.";
        TYPE_DOMAIN = "8", Recalled, "Type of a `uib` that is a domain. The number is documented for the database.";
        TYPE_GROUP = "9", Recalled, "Type of a `uib` that is a group. The number is documented for the database.";
        TYPE_FOLDER = "10", Recalled, "Type of a `uib` that is an organisational unit. The number is documented for the database.";
        MEMBER = "MEMBER", Recalled, "Rooms that the user is a member of (recalled); the role (proposed).";
        MANAGER = "MANAGER", Recalled, "Rooms that the user manages (recalled); the role (proposed).";
        JOINED = "JOINED", Recalled, "Rooms that the user is in.";
        PRESENTER = "PRESENTER", Proposed, "The role of those who post in an auditorium.";
        BY_CATEGORY = "BYCATEGORY", Proposed, "Search for the rooms of a category.";
        BY_ADD_IN = "BYADDIN", Proposed, "Search for the rooms with an add-in.";
        BY_JOINED_USER = "BYJOINEDUSER", Proposed, "Search for the rooms that a user is in.";
        BY_FILTER = "BYFILTER", Proposed, "Search for the rooms with certain properties, disabled ones included.";
    }
}

/// A response code and its symbolic name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// What the SDK calls it.
    pub sdk: &'static str,
    /// The number. Known clients test only whether it is 200.
    pub number: u16,
    /// The name, which pidgin-sipe shows to the user when a command fails.
    pub text: &'static str,
}

macro_rules! codes {
    ($($name:ident = $number:literal, $text:literal, $sdk:literal, $meaning:literal;)*) => {
        /// Response codes. Only success is seen; what failures exist is known from the SDK, their codes and names are proposed.
        pub mod code {
            use super::Code;

            $(#[doc = concat!($meaning, " `", $sdk, "`")]
            pub const $name: Code = Code { sdk: $sdk, number: $number, text: $text };)*

            /// All of them.
            pub const ALL: &[Code] = &[$($name),*];
        }
    };
}

codes! {
    SUCCESS_OK = 200, "SUCCESS_OK", "Success", "Success. The one code that is seen.";
    INVALID_ARGUMENT = 400, "ERROR_INVALID_ARGUMENT", "InvalidArgument", "A required argument is missing or wrong.";
    NODE_HIERARCHY = 400, "ERROR_NODE_HIERARCHY", "NodeHierarchyViolation", "A room directly under the root.";
    PRESENTER_NOT_MEMBER = 400, "ERROR_PRESENTER_NOT_MEMBER", "PresenterNotInMemList", "A presenter who isn't a member.";
    PERMISSION = 403, "ERROR_PERMISSION", "ErrorPermission", "Not authorised.";
    CANNOT_CREATE = 403, "ERROR_CANNOT_CREATE", "UnableToCreateRoom", "The user may not create the room.";
    PARTICIPANT_LIST = 403, "ERROR_PARTICIPANT_LIST", "CannotGetParticipantList", "The participants can't be told.";
    PRINCIPAL_NOT_IN_SCOPE = 403, "ERROR_PRINCIPAL_NOT_IN_SCOPE", "PrincipalsNotInScope", "A principal outside the category's scope.";
    INVALID_TOKEN = 403, "ERROR_INVALID_TOKEN", "InvalidToken", "A token that opens no file, or no longer. The file service tells it.";
    NO_SUCH_NODE = 404, "ERROR_NO_SUCH_NODE", "NoSuchNode", "No such room or category, or an invisible one.";
    NO_SUCH_PRINCIPAL = 404, "ERROR_NO_SUCH_PRINCIPAL", "NoSuchPrincipal", "No such user or group.";
    USER_NOT_JOINED = 406, "ERROR_USER_NOT_JOINED", "UserNotJoined", "Only a participant may do it.";
    DUPLICATE_NAME = 409, "ERROR_DUPLICATE_NAME", "DuplicateRoomName", "The name of a room is taken.";
    DUPLICATE_ADD_IN_NAME = 409, "ERROR_DUPLICATE_NAME", "DuplicateAddinName", "The name of an add-in is taken.";
    DATA_COLLISION = 409, "ERROR_DATA_COLLISION", "DataCollision", "Somebody else changed it meanwhile.";
    PRINCIPAL_ALREADY_DEFINED = 409, "ERROR_PRINCIPAL_ALREADY_DEFINED", "PrincipalsAlreadyDefined", "The principal has the role already.";
    NODE_DISABLED = 410, "ERROR_NODE_DISABLED", "NodeDisabled", "The room is disabled.";
    LIMIT_EXCEEDED = 413, "ERROR_LIMIT_EXCEEDED", "LimitExceeded", "Too large or too many.";
    SERVER = 500, "ERROR_SERVER", "ServerError", "The server failed.";
    UNKNOWN_SERVER_ERROR = 500, "ERROR_SERVER", "UnknownServerError", "The server failed and cannot say how.";
    DATABASE_CONNECTION = 500, "ERROR_SERVER", "DatabaseConnection", "The server can't reach its database.";
    COMMAND_FAILED = 500, "ERROR_SERVER", "CommandFailed", "The command failed.";
    FILE_UPLOAD_FAILED = 500, "ERROR_FILE_UPLOAD", "FileUploadFailed", "A file was not taken. The file service tells it.";
    FILE_DOWNLOAD_FAILED = 500, "ERROR_FILE_DOWNLOAD", "FileDownloadFailed", "A file was not given. The file service tells it.";
    NOT_SUPPORTED = 501, "ERROR_MSG_NOT_SUPPORTED", "MsgNotSupported", "A command that the server doesn't know.";
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
