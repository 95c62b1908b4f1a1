//! The transaction that brings a user in step.
//!
//! Within this folder it depends on `rows` and `statement`.

use std::collections::BTreeSet;

use super::rows;
use super::statement::{Statement, Statements};
use crate::error::{Error, StoreError};
use crate::store::user_store::Planner;
use crate::user::{Change, Plan, Stored, User, UserKey};

/// An update of a user, to be executed in one transaction.
pub(super) struct UserUpdate<'a> {
    pub(super) key: &'a UserKey<'a>,
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
        if let (Some(lock), Some(subject)) = (D::LOCK_SUBJECT, self.key.subject()) {
            D::execute(connection, &Statement::new(lock).bind(subject)).await?;
        }
        if let Some(lock) = D::LOCK_USER {
            D::execute(connection, &Statement::new(lock).bind(self.key.username().as_str())).await?;
        }
        let mut plan = (self.planner)(self.find::<D>(connection).await?)?;
        if plan.is_creation() {
            plan.set_user_id(create::<D>(connection, plan.user()).await?);
        }
        for change in plan.changes() {
            if let Some(statement) = statement_for::<D>(plan.user(), change) {
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
        let row = D::fetch_text(connection, &self.find).await?;
        Ok(rows::read_user(row, self.key)?.stored)
    }
}

/// Creates a user, and returns its `id`.
async fn create<D: Statements>(connection: &mut D::Connection, user: &User) -> Result<i64, StoreError> {
    let create = Statement::new(D::CREATE_USER).bind(user.username()).bind(user.subject());
    D::execute(connection, &create).await?;
    let id = D::fetch_integer(connection, &Statement::new(D::FIND_USER_ID).bind(user.username())).await?;
    id.ok_or_else(|| StoreError::Corrupt("`id` is null".into()))
}

/// The statement that makes a change to a user who exists. There is none for a creation,
/// which comes before all other changes.
fn statement_for<'a, D: Statements>(user: &'a User, change: &'a Change) -> Option<Statement<'a>> {
    let user_id = user.id();
    match change {
        Change::Create => None,
        Change::Rename { .. } => Some(Statement::new(D::RENAME_USER).bind(user.username()).bind(user_id)),
        Change::SetSubject(subject) => {
            Some(Statement::new(D::SET_SUBJECT).bind(subject.as_str()).bind(user_id))
        }
        Change::Profile(profile) => Some(
            Statement::new(D::SET_PROFILE)
                .bind(profile.name.as_deref())
                .bind(profile.email.as_deref())
                .bind_names(&profile.attributes)
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
