//! `causerie test message --setup`: makes what the transaction needs.

use super::{
    super::{
        api::{Api, form},
        output,
    },
    accounts::{Account, Accounts, FILE},
};
use crate::real::SystemRandom;
use anyhow::{Result, bail};
use causerie_model::Random;
use causerie_web::admin::wire::{
    Category, ChangeCategory, ChangeRoom, ChangeUser, Changed, NewCategory, NewEntry, NewPassword, NewRoom,
    NewUser, Room, Secret, Status, User,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The room, and its category.
const ROOM: &str = "Synthetic transaction";

/// The users, by the part of the address before the `@`.
const SENDER: &str = "synthetic-sender";
const RECEIVER: &str = "synthetic-receiver";

/// What is done so that everything is as it should be; each step may find that it is already.
struct Setup<'a> {
    api: &'a Api,
    as_json: bool,
    told: Vec<Value>,
}

/// Makes users, category, room and lists, or puts right what is there. Passwords are kept in that file, by default one
/// in the server's data directory.
pub(super) async fn run(api: &Api, file: Option<PathBuf>, as_json: bool) -> Result<()> {
    let status: Status = api.read(&["status"]).await?;
    let file = file.unwrap_or_else(|| Path::new(&status.program.data_dir).join(FILE));
    let file = std::path::absolute(file)?;
    let mut setup = Setup {
        api,
        as_json,
        told: Vec::new(),
    };
    // Before the users: a setup that is cut short goes on with the same passwords.
    let accounts = setup.accounts(&file, &status.program.domain)?;
    setup.user(&accounts.sender, "Synthetic sender").await?;
    setup.user(&accounts.receiver, "Synthetic receiver").await?;
    setup.category().await?;
    setup.room().await?;
    for account in [&accounts.sender, &accounts.receiver] {
        setup
            .list(
                &["categories", ROOM, "allowed"],
                account,
                "allowed in the category",
            )
            .await?;
        setup
            .list(&["rooms", ROOM, "members"], account, "a member of the room")
            .await?;
    }
    if as_json {
        output::json(&json!({"accounts": file, "steps": setup.told}))
    } else {
        output::line("All is ready. Try it: causerie test message")
    }
}

impl Setup<'_> {
    fn tell(&mut self, text: &str, changed: bool) -> Result<()> {
        if self.as_json {
            self.told.push(json!({"text": text, "changed": changed}));
            Ok(())
        } else {
            output::line(&format!("{text}."))
        }
    }

    /// The accounts that the file keeps, or ones that it keeps from now on.
    fn accounts(&mut self, file: &Path, domain: &str) -> Result<Accounts> {
        let addresses = [SENDER, RECEIVER].map(|user| format!("{user}@{domain}"));
        let told = file.display();
        if file.try_exists()? {
            let accounts = Accounts::read(file)?;
            // Their passwords will be set: they must not be somebody's.
            if [&accounts.sender.address, &accounts.receiver.address] != [&addresses[0], &addresses[1]] {
                bail!(
                    "{told} is of other users than {}; say --accounts FILE",
                    addresses.join(" and ")
                );
            }
            self.tell(&format!("The passwords are in {told} already"), false)?;
            return Ok(accounts);
        }
        let [sender, receiver] = addresses.map(|address| Account {
            address,
            password: Secret(SystemRandom.token() + &SystemRandom.token()),
        });
        let accounts = Accounts {
            room: ROOM.to_owned(),
            sender,
            receiver,
        };
        accounts.write(file)?;
        self.tell(&format!("Two random passwords are kept in {told}"), true)?;
        Ok(accounts)
    }

    async fn user(&mut self, account: &Account, name: &str) -> Result<()> {
        let address = &account.address;
        let Ok(user) = self.api.read::<User>(&["users", address]).await else {
            let new = NewUser {
                address: address.clone(),
                display_name: name.to_owned(),
                password: Some(account.password.clone()),
                ..NewUser::default()
            };
            self.api.post(&["users"], &new).await?;
            return self.tell(&format!("User {address} is added"), true);
        };
        // Whether it is the right one can't be asked.
        let password = NewPassword {
            password: account.password.clone(),
        };
        self.api.put(&["users", address, "password"], &password).await?;
        if !user.enabled {
            let enable = ChangeUser {
                enabled: Some(true),
                ..ChangeUser::default()
            };
            self.api.patch(&["users", address], &enable).await?;
        }
        let text = if user.enabled {
            "is there already, and has its password of the file"
        } else {
            "is enabled again, and has its password of the file"
        };
        self.tell(&format!("User {address} {text}"), !user.enabled)
    }

    async fn category(&mut self) -> Result<()> {
        let Ok(category) = self.api.read::<Category>(&["categories", ROOM]).await else {
            let new = NewCategory {
                name: ROOM.to_owned(),
                description: "For causerie test message".to_owned(),
                invitations: false,
                file_upload: false,
                history: true,
                compliance: None,
            };
            self.api.post(&["categories"], &new).await?;
            return self.tell(&format!("Category '{ROOM}' is added"), true);
        };
        if category.history {
            return self.tell(&format!("Category '{ROOM}' is there already"), false);
        }
        let change = ChangeCategory {
            history: Some(true),
            ..ChangeCategory::default()
        };
        self.api.patch(&["categories", ROOM], &change).await?;
        self.tell(&format!("Category '{ROOM}' keeps history again"), true)
    }

    async fn room(&mut self) -> Result<()> {
        let (normal, secret) = ("normal".to_owned(), "secret".to_owned());
        let Ok(room) = self.api.read::<Room>(&["rooms", ROOM]).await else {
            let new = NewRoom {
                name: ROOM.to_owned(),
                category: ROOM.to_owned(),
                description: "For causerie test message".to_owned(),
                room_type: Some(normal),
                privacy: Some(secret),
                invitations: Some("off".to_owned()),
                ..NewRoom::default()
            };
            self.api.post(&["rooms"], &new).await?;
            return self.tell(&format!("Room '{ROOM}' is added"), true);
        };
        if room.category.to_lowercase() != ROOM.to_lowercase() {
            let category = room.category;
            bail!("there is a room '{ROOM}' in category '{category}': rename it, and say --setup again");
        }
        if room.room_type == normal && room.privacy == secret && !room.disabled {
            return self.tell(&format!("Room '{ROOM}' is there already"), false);
        }
        let change = ChangeRoom {
            room_type: Some(normal),
            privacy: Some(secret),
            disabled: Some(false),
            ..ChangeRoom::default()
        };
        self.api.patch(&["rooms", ROOM], &change).await?;
        self.tell(
            &format!("Room '{ROOM}' is normal, secret and enabled again"),
            true,
        )
    }

    async fn list(&mut self, list: &[&str], account: &Account, place: &str) -> Result<()> {
        let principal = account.address.clone();
        let text = format!("User {principal} is {place}");
        let Changed { changed, .. } = form(self.api.post(list, &NewEntry { principal }).await?)?;
        let already = if changed { "" } else { " already" };
        self.tell(&format!("{text}{already}"), changed)
    }
}
