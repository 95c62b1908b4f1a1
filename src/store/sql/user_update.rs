//! The transaction that brings a user in step.
//!
//! Within this folder it depends on `rows` and `statement`.

use std::collections::BTreeSet;

use super::rows;
use super::statement::{Statement, Statements};
use crate::error::{Error, StoreError};
use crate::store::user_store::Planner;
use crate::user::{Change, Plan, Stored};

/// An update of a user, to be executed in one transaction.
pub(super) struct UserUpdate<'a> {
    pub(super) username: &'a str,
    /// The statement that finds the user and which groups exist.
    pub(super) find: Statement<'a>,
    pub(super) planner: &'a Planner<'a>,
}

impl UserUpdate<'_> {
    /// Finds the user, asks the planner what to change, and makes the changes.
    ///
    /// # Errors
    ///
    /// Returns the error of the planner, or [`Error::Store`].
    pub(super) async fn execute<D: Statements>(&self, connection: &mut D::Connection) -> Result<Plan, Error> {
        let username = self.username;
        if let Some(lock) = D::LOCK_USER {
            D::execute(connection, &Statement::new(lock).bind(username)).await?;
        }
        let mut plan = (self.planner)(self.find::<D>(connection).await?)?;
        if plan.is_creation() {
            plan.set_user_id(create::<D>(connection, username).await?);
        }
        for change in plan.changes() {
            if let Some(statement) = statement_for::<D>(plan.user().id(), change) {
                D::execute(connection, &statement).await?;
            }
        }
        if plan.changes_permissions()
            && let Some(user) = self.find::<D>(connection).await?.user
        {
            plan.set_permissions(user.permissions);
        }
        Ok(plan)
    }

    async fn find<D: Statements>(&self, connection: &mut D::Connection) -> Result<Stored, StoreError> {
        rows::read_user(D::fetch_text(connection, &self.find).await?)
    }
}

/// Creates a user, and returns its `id`.
async fn create<D: Statements>(connection: &mut D::Connection, username: &str) -> Result<i64, StoreError> {
    D::execute(connection, &Statement::new(D::CREATE_USER).bind(username)).await?;
    let id = D::fetch_integer(connection, &Statement::new(D::FIND_USER_ID).bind(username)).await?;
    id.ok_or_else(|| StoreError::Corrupt("`id` is null".into()))
}

/// The statement that makes a change to a user who exists. There is none for a creation,
/// which comes before all other changes.
fn statement_for<D: Statements>(user_id: i64, change: &Change) -> Option<Statement<'_>> {
    match change {
        Change::Create => None,
        Change::Profile(profile) => Some(
            Statement::new(D::SET_PROFILE)
                .bind(profile.name.as_deref())
                .bind(profile.email.as_deref())
                .bind(profile.flags.staff)
                .bind(profile.flags.superuser)
                .bind(user_id),
        ),
        Change::SetActive(is_active) => Some(Statement::new(D::SET_ACTIVE).bind(*is_active).bind(user_id)),
        Change::LogIn(now) => Some(Statement::new(D::LOG_IN).bind_seconds(*now).bind(user_id)),
        Change::CreateGroups(names) => Some(Statement::new(D::CREATE_GROUPS).bind_names(names)),
        Change::Join(names) => Some(join_groups::<D>(user_id, "remote", names)),
        Change::JoinLocal(names) => Some(join_groups::<D>(user_id, "local", names)),
        Change::Grant(names) => Some(Statement::new(D::GRANT).bind(user_id).bind_names(names)),
        Change::Leave(names) => Some(Statement::new(D::LEAVE_GROUPS).bind_names(names).bind(user_id)),
    }
}

fn join_groups<'a, D: Statements>(user_id: i64, source: &'a str, names: &BTreeSet<String>) -> Statement<'a> {
    Statement::new(D::JOIN_GROUPS).bind(user_id).bind(source).bind_names(names)
}
