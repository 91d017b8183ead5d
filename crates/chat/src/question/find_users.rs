//! Users by name and address.

use crate::{Inner, Outcome, Refusal, query::check};
use causerie_model::{PrincipalId, User};
use causerie_policy::Asker;

/// Which users are looked for: those that fit all of it. Empty fits everybody.
#[derive(Clone, Debug, Default)]
pub struct UserSearch {
    /// What the last name begins with: what stands before the comma of a display name, or else its last word.
    pub last_name: String,
    /// What the first name begins with: what stands after the comma of a display name, or else before its last word.
    pub first_name: String,
    /// What the address begins with.
    pub mail: String,
    /// How many at most.
    pub limit: u32,
}

impl Inner {
    pub(super) fn users_found(&self, who: PrincipalId, search: &UserSearch) -> Result<Outcome, Refusal> {
        self.may_look_up(who)?;
        let wanted =
            [&search.last_name, &search.first_name, &search.mail].map(|text| text.trim().to_lowercase());
        let [last_name, first_name, mail] = &wanted;
        let mut candidates = {
            let catalogue = self.catalogue();
            let fit = catalogue.users().filter(|user| user.enabled).filter_map(|user| {
                let name = name_key(user);
                let (last, first) = parts(&name);
                let fits = last.starts_with(last_name)
                    && first.starts_with(first_name)
                    && user.address.as_str().starts_with(mail);
                fits.then_some((name, user.id))
            });
            fit.collect::<Vec<_>>()
        };
        candidates.sort();
        let may = |asker: &Asker<'_>| check(&asker.may_look_up());
        let (principals, more) =
            self.sift(who, &candidates, search.limit, may, |_, catalogue, (_, id)| {
                self.principal(catalogue, *id)
            })?;
        Ok(Outcome::Principals { principals, more })
    }
}

/// A user's display name in lower case: what lists of people are sorted and searched by.
pub(super) fn name_key(user: &User) -> String {
    user.display_name.trim().to_lowercase()
}

/// Last and first name of a display name.
fn parts(name: &str) -> (&str, &str) {
    if let Some((last, first)) = name.split_once(',') {
        (last.trim(), first.trim())
    } else {
        let (first, last) = name.rsplit_once(char::is_whitespace).unwrap_or(("", name));
        (last, first.trim())
    }
}
