//! Commands as operations of the chat service.

use crate::{
    dialog::{ChatDialog, Kind, Pending},
    info::room_guid,
    manage, question,
};
use causerie_chat::{Action, Operation, Refusal};
use causerie_model::Catalogue;
use causerie_sip::ua::Outbox;
use causerie_xccos::{
    Command, Correlation,
    commands::{ChannelId, ChannelSearch, SearchAmong},
    reply,
};
use uuid::Uuid;

/// Rooms that one batch join may name.
pub(crate) const MAX_BATCH_ROOMS: usize = 1_000;

impl ChatDialog {
    pub(crate) fn command(&mut self, command: Command, envid: &str, seqid: &str, outbox: &mut Outbox) {
        let name = command.reply_name(self.shared.settings.server_info_reply);
        let own = self.shared.next_envid();
        let to = Correlation {
            envid: &own,
            request_envid: envid,
            request_seqid: seqid,
        };
        let asked = match command {
            Command::RequestUri => {
                let uri = format!("sip:{}", self.shared.settings.service);
                return self.send(reply::request_uri(&to, &uri).into(), outbox);
            }
            Command::Backchat(backchat) => return self.backchat(&backchat, envid, seqid, outbox),
            Command::GetServerInfo(command) => Ok((
                Kind::ServerInfo {
                    info_type: command.info_type,
                },
                Operation::ServerInfo,
            )),
            Command::Join(join) => {
                guid(&join.room).map(|room| (Kind::Join, Operation::Join { rooms: vec![room] }))
            }
            Command::BatchJoin(join) => batch(&join.rooms),
            Command::Part(part) => room_guid(&part.chan_uri)
                .map(|room| (Kind::Part { uri: part.chan_uri }, Operation::Part { room })),
            Command::GetPreference(preference) => Ok((
                Kind::GetPreference {
                    create_default: preference.create_default,
                },
                Operation::GetPreference {
                    label: preference.label,
                    known: preference.seqid,
                },
            )),
            Command::SetPreference(preference) => Ok((
                Kind::SetPreference {
                    create_default: preference.create_default,
                },
                Operation::SetPreference {
                    label: preference.label,
                    known: preference.seqid,
                    content: preference.content,
                },
            )),
            Command::SearchHistory(search) => return self.search_history(&search, envid, seqid, outbox),
            Command::ChannelSearch(ChannelSearch {
                among: SearchAmong::Unknown(kind),
                ..
            }) => {
                self.tell_once(&format!("{name} {kind}"), "unknown kind of search");
                return self.not_supported(&name, envid, seqid, outbox);
            }
            Command::GetInvitations(asked) => Ok((
                Kind::Invitations,
                Operation::Invitations {
                    after: asked.invite_id,
                },
            )),
            Command::CreateRoom(asked) => self.managing(false, |_| manage::create(asked)),
            Command::UpdateRoom(asked) => self.managing(false, |catalogue| manage::update(asked, catalogue)),
            Command::MoveRoom(asked) => self.managing(false, |catalogue| manage::relocate(&asked, catalogue)),
            Command::AddToRole(asked) => self.managing(true, |_| manage::edit_role(&asked, true)),
            Command::RemoveFromRole(asked) => self.managing(false, |_| manage::edit_role(&asked, false)),
            reading @ (Command::ChannelSearch(_)
            | Command::CategoriesToCreateIn
            | Command::GetAddIns
            | Command::GetAssociations(_)
            | Command::GetRoom(_)
            | Command::GetRole(_)
            | Command::FindEligible(_)
            | Command::GetCategoryUsers(_)
            | Command::GetPermissions(_)
            | Command::GetParticipants(_)
            | Command::FindUsers(_)
            | Command::GetUser(_)
            | Command::GetGroup(_)) => question::of(reading, self.shared.chat.settings().search_results),
            // No operation does these.
            Command::GetUploadToken(_) | Command::GetDownloadToken(_) => {
                self.tell_once(&name, "command without an operation");
                return self.not_supported(&name, envid, seqid, outbox);
            }
        };
        let submitted = asked.and_then(|(kind, operation)| {
            let (name, envid, seqid) = (name.clone(), envid.to_owned(), seqid.to_owned());
            self.submit(
                Pending::Command {
                    name,
                    kind,
                    envid,
                    seqid,
                },
                operation,
            )
        });
        if let Err(refusal) = submitted {
            self.fail(&name, envid, seqid, &refusal, outbox);
        }
    }

    /// A command that makes or changes a room. One that is to add somebody must do so.
    fn managing(
        &self,
        must_change: bool,
        actions: impl FnOnce(&Catalogue) -> Result<Vec<Action>, Refusal>,
    ) -> Result<(Kind, Operation), Refusal> {
        let actions = actions(&self.shared.chat.catalogue())?;
        Ok((
            Kind::Manage { must_change },
            manage::operation(actions, &self.origin),
        ))
    }
}

fn guid(room: &ChannelId) -> Result<Uuid, Refusal> {
    Uuid::parse_str(&room.guid).map_err(|_| Refusal::NoSuchRoom)
}

/// A batch join. What isn't a GUID joins no room; the nil GUID stands for it, so that it fails with the others that do.
fn batch(rooms: &[ChannelId]) -> Result<(Kind, Operation), Refusal> {
    if rooms.len() > MAX_BATCH_ROOMS {
        return Err(Refusal::Invalid(format!(
            "A batch joins at most {MAX_BATCH_ROOMS} rooms."
        )));
    }
    let domain = rooms.first().map(|room| room.domain.clone()).unwrap_or_default();
    let rooms = rooms
        .iter()
        .map(|room| guid(room).unwrap_or(Uuid::nil()))
        .collect();
    Ok((Kind::BatchJoin { domain }, Operation::Join { rooms }))
}
