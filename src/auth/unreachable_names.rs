//! The stored user names that nobody can sign in by, and the key `username_conflicts`.
//!
//! Within this folder it depends on nothing.

use serde::Deserialize;

use crate::error::StoreError;
use crate::store::UserStore;
use crate::text::Escaped;
use crate::user::{Username, UsernameRules};

/// How many of the names are told.
const MAX_EXAMPLES: usize = 3;

/// What becomes of a launch if stored user names can never be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "\"stop\" or \"ignore\"")]
pub(crate) enum UsernameConflicts {
    /// It stops: each of these people would get a second account.
    Stop,
    /// It goes on, with a warning.
    Ignore,
}

/// The stored user names that are not in the form in which a name is looked up, for
/// example because `username_case` was changed. Whoever has one of them is somebody new at
/// the next sign-in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnreachableNames {
    count: usize,
    /// Some of the names, in their order.
    examples: Vec<String>,
}

impl UnreachableNames {
    /// Finds the names that `rules` never make of what is sent or typed. Returns `None` if
    /// there is none.
    ///
    /// # Errors
    ///
    /// Returns a [`StoreError`] if the store is out of reach.
    pub(crate) async fn find(
        store: &dyn UserStore,
        rules: &UsernameRules,
    ) -> Result<Option<UnreachableNames>, StoreError> {
        let mut found = UnreachableNames { count: 0, examples: Vec::new() };
        let mut last: Option<String> = None;
        loop {
            let mut page = store.usernames(last.as_deref().unwrap_or_default()).await?;
            page.retain(|name| last.as_ref().is_none_or(|last| name > last));
            let Some(end) = page.last().cloned() else { break };
            page.into_iter()
                .filter(|name| !Username::is_canonical(name, rules))
                .for_each(|name| found.add(name));
            last = Some(end);
        }
        Ok(if found.count == 0 { None } else { Some(found) })
    }

    fn add(&mut self, name: String) {
        self.count += 1;
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push(name);
        }
    }

    /// A sentence without its full stop that says how many there are, and names some.
    pub(crate) fn summary(&self) -> String {
        let names: Vec<_> =
            self.examples.iter().map(|name| format!("\"{}\"", Escaped::quoted(name))).collect();
        let more = if self.count > self.examples.len() { ", …" } else { "" };
        let users = if self.count == 1 { "user has a name" } else { "users have names" };
        format!(
            "{} stored {users} that `username_case`, `username_form`, `realms` and `limits.user` never find: {}{more}",
            self.count,
            names.join(", ")
        )
    }
}
