//! Tests of the plan. Only tests may import the configuration here.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;
use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::time::{Duration, OffsetDateTime};

use super::{LoginTracking, PolicyHooks, Rules, UserSync};
use crate::config::Config;
use crate::error::Error;
use crate::policy::Policy;
use crate::user::{
    Change, Field, Flags, Identity, MembershipSource, Plan, Profile, Realms, Stored, User, Username,
    UsernameCase, UsernameForm, UsernameRules,
};

fn username_rules() -> UsernameRules {
    let (case, form) = (UsernameCase::Preserve, UsernameForm::Exact);
    UsernameRules { case, form, realms: Realms::default(), max_length: 9 }
}

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::days(20_000));

fn rules(toml: &str) -> Rules {
    let toml = format!("[remote_user]\ntrusted_proxies = [\"::1\"]\n{toml}");
    Config::extract(&Figment::from(Toml::string(&toml))).expect("a configuration").rules()
}

fn set(names: &str) -> BTreeSet<String> {
    names.split_whitespace().map(String::from).collect()
}

/// Who the proxy says is there, in owned values.
#[derive(Debug, Clone)]
struct Person {
    username: Username,
    subject: Option<String>,
    attributes: BTreeMap<String, Field<String>>,
    name: Field<String>,
    email: Field<String>,
    groups: Option<BTreeSet<String>>,
}

impl Person {
    fn identity(&self) -> Identity<'_> {
        Identity {
            username: &self.username,
            subject: self.subject.as_deref(),
            attributes: &self.attributes,
            name: &self.name,
            email: &self.email,
            groups: self.groups.as_ref(),
        }
    }
}

fn identity(groups: Option<&str>) -> Person {
    Person {
        username: Username::canonical("ada".into(), &username_rules()).expect("a user name"),
        subject: None,
        attributes: BTreeMap::new(),
        name: Field::Absent,
        email: Field::Absent,
        groups: groups.map(set),
    }
}

/// A user who logged in just now, in the groups of `remote` and `local`.
fn user(remote: &str, local: &str) -> User {
    let remote = set(remote).into_iter().map(|group| (group, MembershipSource::Remote));
    let local = set(local).into_iter().map(|group| (group, MembershipSource::Local));
    User { memberships: remote.chain(local).collect(), last_login_at: Some(NOW), ..User::new(7, "ada") }
}

fn plan(stored: Stored, person: &Person, rules: &Rules) -> Result<Plan, Error> {
    UserSync {
        identity: &person.identity(),
        rules,
        hooks: None,
        tracking: LoginTracking::ByInterval,
        remembered: &BTreeSet::new(),
        now: NOW,
    }
    .plan(stored)
}

fn changes(stored: Stored, identity: &Person, rules: &Rules) -> Vec<Change> {
    plan(stored, identity, rules).expect("a plan").changes().to_vec()
}

/// What a plan does to memberships: `+joined -left *created`.
fn group_changes(existing: &str, user: User, groups: Option<&str>, toml: &str) -> String {
    let stored = Stored { user: Some(user), groups: set(existing), ..Stored::default() };
    let mark = |mark: &str, names: &BTreeSet<String>| {
        names.iter().map(|name| format!("{mark}{name}")).collect::<Vec<_>>().join(" ")
    };
    let changes = changes(stored, &identity(groups), &rules(toml)).into_iter().map(|change| match change {
        Change::CreateGroups(names) => mark("*", &names),
        Change::Join(names) => mark("+", &names),
        Change::Leave(names) => mark("-", &names),
        other => panic!("{other:?} is no change of groups"),
    });
    changes.collect::<Vec<_>>().join(" ")
}

#[test]
fn memberships_follow_the_rules() {
    let excluded = "excluded_groups = ['x']";
    let keep_local = "keep_local_groups = true";
    let create = "create_groups = true";
    let keep = "missing_groups = 'keep'";
    let off = "headers = { groups = false }";
    let cases = [
        // exist, remote, local, asserted, rules, changes
        ("a b", "", "", Some("a b"), "", "+a +b"),
        ("a", "", "", Some("a nowhere"), "", "+a"),
        ("a", "", "", Some("a nowhere"), create, "*nowhere +a +nowhere"),
        ("a", "a b", "", Some("a"), "", "-b"),
        ("a", "a", "", Some("a"), "", ""),
        ("", "a b", "", Some(""), "", "-a -b"),
        ("b", "a", "", Some("b"), "", "+b -a"),
        // local memberships
        ("", "a", "l", Some(""), "", "-a -l"),
        ("", "a", "l", Some(""), keep_local, "-a"),
        ("l", "", "l", Some("l"), "", ""),
        // excluded groups
        ("", "x a", "", Some(""), excluded, "-a"),
        ("", "", "x", Some(""), excluded, ""),
        ("", "x a", "", None, excluded, "-a"),
        ("", "x a", "x", Some("a"), excluded, ""),
        // no header
        ("", "a", "l", None, "", "-a"),
        ("", "a", "l", None, keep, ""),
        ("", "a", "l", None, off, ""),
    ];
    for (existing, remote, local, asserted, toml, expected) in cases {
        let changes = group_changes(existing, user(remote, local), asserted, toml);
        assert_eq!(changes, expected, "{existing:?} {remote:?} {local:?} {asserted:?} {toml:?}");
    }
}

#[test]
fn people_are_let_in_by_the_rules() {
    let person = || Some(user("a", "l"));
    let inactive = || Some(User { is_active: false, ..user("", "") });
    let cases = [
        (None, None, "", Ok(())),
        (None, None, "create_users = false", Err("the user is unknown and `create_users` is false")),
        (person(), None, "create_users = false", Ok(())),
        (inactive(), None, "", Err("the user is inactive")),
        (inactive(), None, "allow_inactive = true", Ok(())),
        (
            person(),
            None,
            "missing_groups = 'deny'",
            Err("the groups header is missing and `missing_groups` is \"deny\""),
        ),
        (person(), Some(""), "missing_groups = 'deny'", Ok(())),
        (person(), Some("r"), "required_groups = ['q', 'r']", Ok(())),
        (
            person(),
            Some("a"),
            "required_groups = ['q', 'r']",
            Err("the user is in none of `required_groups`"),
        ),
        (None, None, "required_groups = ['r']", Err("the user is in none of `required_groups`")),
        (person(), None, "required_groups = ['a']", Err("the user is in none of `required_groups`")),
        (person(), None, "required_groups = ['l']", Ok(())),
        (person(), None, "required_groups = ['a']\nmissing_groups = 'keep'", Ok(())),
        (person(), Some("d"), "denied_groups = ['c', 'd']", Err("the user is in one of `denied_groups`")),
        (person(), Some("a"), "denied_groups = ['d']", Ok(())),
        (person(), None, "denied_groups = ['l']", Err("the user is in one of `denied_groups`")),
        (
            person(),
            Some("r d"),
            "required_groups = ['r']\ndenied_groups = ['d']",
            Err("the user is in one of `denied_groups`"),
        ),
    ];
    for (user, groups, toml, expected) in cases {
        let stored = Stored { user, groups: BTreeSet::new(), ..Stored::default() };
        let outcome = plan(stored, &identity(groups), &rules(toml)).and_then(Plan::into_admitted);
        let outcome = outcome.map(drop).map_err(|e| e.to_string());
        assert_eq!(outcome, expected.map_err(String::from), "{groups:?} {toml:?}");
    }
}

#[test]
fn a_refusal_takes_what_ends_and_gives_nothing() {
    let flags = "staff_groups = ['s']\nsuperuser_groups = ['s']";
    let required = format!("{flags}\nrequired_groups = ['r']");
    let denied = format!("{flags}\ndenied_groups = ['d']");
    let missing = format!("{flags}\nmissing_groups = 'deny'");
    let keep = format!("{required}\nmissing_groups = 'keep'");
    let keep_local = format!("{required}\nkeep_local_groups = true");
    let excluded = format!("{required}\nexcluded_groups = ['a']");
    let everyone = "staff_groups = ['*']\nsuperuser_groups = ['*']\nrequired_groups = ['r']";
    let cases = [
        // is active, asserted, rules, the groups that end, whether the flags end
        (true, Some("b n"), &*required, "a l", true),
        (true, Some("s"), &*required, "a b l", false),
        (true, Some("b d n"), &*denied, "a l", true),
        (true, None, &*required, "a b", true),
        (true, None, &*missing, "a b", true),
        (true, None, &*keep, "", false),
        (true, Some("b"), &*keep_local, "a", true),
        (true, Some("b"), &*excluded, "l", true),
        (true, Some("a b l"), "required_groups = ['r']", "", false),
        (true, Some(""), everyone, "a b l", false),
        (false, Some("b n"), flags, "a l", true),
    ];
    for (is_active, asserted, toml, left, end_flags) in cases {
        let name = Some("Before".to_owned());
        let flags = Flags { staff: true, superuser: true };
        let profile = Profile { name, flags, ..Profile::default() };
        let stored = User { is_active, profile, last_login_at: None, ..user("a b", "l") };
        let person = Person { name: Field::Value("After".into()), ..identity(asserted) };
        let plan = plan(
            Stored { user: Some(stored.clone()), groups: set("n d"), ..Stored::default() },
            &person,
            &rules(toml),
        );
        let plan = plan.expect("a plan");
        assert!(plan.refusal().is_some(), "{asserted:?} {toml:?}");

        let mut expected = Vec::new();
        if !left.is_empty() {
            expected.push(Change::Leave(set(left)));
        }
        if end_flags {
            expected.push(Change::Profile(Profile { flags: Flags::default(), ..stored.profile.clone() }));
        }
        assert_eq!(plan.changes(), expected, "{asserted:?} {toml:?}");
        assert_eq!(plan.user(), &replayed(stored, plan.changes()), "{asserted:?} {toml:?}");
    }
}

#[test]
fn a_refusal_gives_no_flag_and_follows_the_hooks_in_what_it_takes() {
    struct Company;
    impl Policy for Company {
        fn flags(&self, _: &Identity<'_>, _: Flags) -> Flags {
            Flags { staff: false, superuser: true }
        }
    }
    let rules = rules("required_groups = ['r']");
    let person = identity(Some(""));
    let identity = person.identity();
    let configure = |profile: &mut Profile, _| profile.email = Some("new@example.com".into());
    let sync = UserSync {
        identity: &identity,
        rules: &rules,
        hooks: Some(PolicyHooks { policy: &Company, configure: &configure }),
        tracking: LoginTracking::ByInterval,
        remembered: &BTreeSet::new(),
        now: NOW,
    };
    let profile = Profile { flags: Flags { staff: true, superuser: false }, ..Profile::default() };
    let stored = User { profile, ..user("", "") };
    let plan = sync
        .plan(Stored { user: Some(stored), groups: BTreeSet::new(), ..Stored::default() })
        .expect("a plan");
    assert_eq!(plan.changes(), [Change::Profile(Profile::default())]);
    assert!(matches!(plan.into_admitted(), Err(Error::GroupRequired)));
}

#[test]
fn nothing_is_planned_for_somebody_new_who_is_refused() {
    let outcome = plan(Stored::default(), &identity(Some("a")), &rules("denied_groups = ['a']"));
    assert!(matches!(outcome, Err(Error::GroupDenied)), "{outcome:?}");
}

#[test]
fn flags_follow_the_asserted_groups_where_groups_are_set_for_them() {
    let staff = "staff_groups = ['s', 't']";
    let keep = "staff_groups = ['s']\nmissing_groups = 'keep'";
    let cases = [
        // stored, asserted, rules, staff after
        (false, Some("s"), "", false),
        (true, Some(""), "", true),
        (false, Some("t"), staff, true),
        (true, Some("u"), staff, false),
        (true, None, staff, false),
        (true, None, keep, true),
        (false, None, keep, false),
        (false, None, "staff_groups = ['*']", true),
        (false, Some(""), "staff_groups = ['*']\nmissing_groups = 'keep'", true),
        (true, Some("s"), "staff_groups = []", false),
    ];
    for (stored, asserted, toml, expected) in cases {
        let flags = Flags { staff: stored, superuser: stored };
        let profile = Profile { flags, ..Profile::default() };
        let user = User { profile, ..user("", "") };
        for toml in [toml.to_owned(), toml.replace("staff", "superuser")] {
            let stored = Stored { user: Some(user.clone()), groups: BTreeSet::new(), ..Stored::default() };
            let after = plan(stored, &identity(asserted), &rules(&toml)).expect("a plan").user().clone();
            let flag = if toml.contains("superuser") { after.is_superuser() } else { after.is_staff() };
            assert_eq!(flag, expected, "{asserted:?} {toml:?}");
        }
    }
}

#[test]
fn a_profile_is_kept_cleared_and_set() {
    let stored = || Stored {
        user: Some(User {
            profile: Profile { name: Some("Ada".into()), email: Some("a@b".into()), ..Profile::default() },
            ..user("", "")
        }),
        ..Stored::default()
    };
    let says = |name, email| Person { name, email, ..identity(None) };
    let profile = |name: Option<&str>, email: Option<&str>| {
        vec![Change::Profile(Profile {
            name: name.map(Into::into),
            email: email.map(Into::into),
            ..Profile::default()
        })]
    };
    let value = |value: &str| Field::Value(value.to_owned());
    let cases = [
        (says(Field::Absent, Field::Absent), vec![]),
        (says(value("Ada"), value("a@b")), vec![]),
        (says(value("Bob"), Field::Absent), profile(Some("Bob"), Some("a@b"))),
        (says(Field::Blank, Field::Absent), profile(None, Some("a@b"))),
        (says(Field::Absent, value("b@c")), profile(Some("Ada"), Some("b@c"))),
        (says(Field::Blank, Field::Blank), profile(None, None)),
    ];
    for (identity, expected) in cases {
        assert_eq!(changes(stored(), &identity, &rules("")), expected, "{identity:?}");
    }
}

#[test]
fn a_login_is_noted_once_an_interval() {
    let cases = [
        (None, "", true),
        (Some(NOW), "", false),
        (Some(NOW - Duration::seconds(299)), "", false),
        (Some(NOW - Duration::seconds(300)), "", true),
        (Some(NOW + Duration::seconds(299)), "", false),
        (Some(NOW + Duration::days(9)), "", true),
        (Some(NOW - Duration::seconds(9)), "login_interval = 10", false),
        (Some(NOW), "login_interval = 0", true),
        (Some(OffsetDateTime::UNIX_EPOCH), "login_interval = 9223372036854775807", false),
    ];
    for (last_login_at, toml, noted) in cases {
        let stored = Stored { user: Some(User { last_login_at, ..user("", "") }), ..Stored::default() };
        let expected = if noted { vec![Change::LogIn(NOW)] } else { vec![] };
        assert_eq!(changes(stored, &identity(None), &rules(toml)), expected, "{last_login_at:?} {toml}");
    }
}

#[test]
fn a_new_user_is_created_with_all_that_is_known() {
    let identity = Person { name: Field::Value("Ada".into()), ..identity(Some("a b")) };
    let stored = Stored { user: None, groups: set("a"), ..Stored::default() };
    let profile = Profile { name: Some("Ada".into()), ..Profile::default() };
    let mut plan = plan(stored, &identity, &rules("")).expect("a plan");
    let expected = [Change::Create, Change::Join(set("a")), Change::Profile(profile), Change::LogIn(NOW)];
    assert_eq!(plan.changes(), expected);
    plan.set_user_id(42);
    assert_eq!((plan.user().id(), plan.user().username(), plan.user().groups()), (42, "ada", vec!["a"]));
    assert_eq!(plan.user().created_at(), NOW);
}

#[test]
fn the_hooks_have_the_last_word_and_change_nothing_that_they_undo() {
    struct NoSuperusers;
    impl Policy for NoSuperusers {
        fn flags(&self, identity: &Identity<'_>, flags: Flags) -> Flags {
            assert_eq!((identity.username().as_str(), identity.groups()), ("ada", vec!["a"]));
            Flags { superuser: false, ..flags }
        }
    }
    let rules = rules("staff_groups = ['*']\nsuperuser_groups = ['*']");
    let person = Person { name: Field::Value("Ada".into()), ..identity(Some("a")) };
    let configure = |profile: &mut Profile, _| profile.name = Some("Countess".into());
    let hooks = Some(PolicyHooks { policy: &NoSuperusers, configure: &configure });
    let identity = person.identity();
    let sync = UserSync {
        identity: &identity,
        rules: &rules,
        hooks,
        tracking: LoginTracking::ByInterval,
        remembered: &BTreeSet::new(),
        now: NOW,
    };

    let plan = sync.plan(Stored::default()).expect("a plan");
    let profile = &plan.user().profile;
    assert_eq!(profile.flags, Flags { staff: true, superuser: false });
    assert_eq!(profile.name.as_deref(), Some("Countess"));
    let again = Stored { user: Some(plan.user().clone()), groups: BTreeSet::new(), ..Stored::default() };
    assert_eq!(sync.plan(again).expect("a plan").changes(), &[]);
}

prop_compose! {
    fn any_groups()(groups in btree_set("[a-f]", 0..6)) -> BTreeSet<String> { groups }
}

prop_compose! {
    fn any_user()(
        memberships in btree_map("[a-f]", prop_oneof![Just(MembershipSource::Remote), Just(MembershipSource::Local)], 0..6),
        name in option::of("[A-Z]"),
        staff in any::<bool>(),
        last_login in option::of(-600i64..600),
    ) -> User {
        User {
            memberships,
            profile: Profile { name, flags: Flags { staff, superuser: false }, ..Profile::default() },
            last_login_at: last_login.map(|ago| NOW - Duration::seconds(ago)),
            ..User::new(7, "ada")
        }
    }
}

prop_compose! {
    /// A person, in none of the groups that [`any_rules`] excludes.
    fn any_identity()(
        groups in option::of(btree_set("[a-d]", 0..6)),
        name in prop_oneof![Just(Field::Absent), Just(Field::Blank), "[A-Z]".prop_map(Field::Value)],
    ) -> Person {
        Person { groups, name, ..identity(None) }
    }
}

prop_compose! {
    fn any_rules()(
        excluded in btree_set("[ef]", 0..2),
        staff in option::of(btree_set("[a-d]", 0..6)),
        create_groups in any::<bool>(),
        keep_local in any::<bool>(),
        missing in prop_oneof![Just("clear"), Just("keep")],
    ) -> Rules {
        let staff = staff.map_or(String::new(), |staff| format!("staff_groups = {staff:?}"));
        let staff = staff.replace('{', "[").replace('}', "]");
        let excluded = format!("{excluded:?}").replace('{', "[").replace('}', "]");
        rules(&format!(
            "excluded_groups = {excluded}\ncreate_groups = {create_groups}\n\
             keep_local_groups = {keep_local}\nmissing_groups = '{missing}'\n{staff}"
        ))
    }
}

/// A stored user after `changes`.
fn replayed(mut user: User, changes: &[Change]) -> User {
    for change in changes.iter().cloned() {
        match change {
            Change::Create
            | Change::JoinLocal(_)
            | Change::Grant(_)
            | Change::Rename { .. }
            | Change::SetSubject(_) => panic!("the user exists"),
            Change::SetActive(is_active) => user.is_active = is_active,
            Change::Profile(profile) => user.profile = profile,
            Change::LogIn(now) => user.last_login_at = Some(now),
            Change::CreateGroups(_) => {}
            Change::Join(names) => {
                user.memberships.extend(names.into_iter().map(|name| (name, MembershipSource::Remote)))
            }
            Change::Leave(names) => user.memberships.retain(|name, _| !names.contains(name)),
        }
    }
    user
}

/// What the store knows after it made the changes of `plan`.
fn applied(plan: &Plan, existing: &BTreeSet<String>) -> Stored {
    let created = plan.changes().iter().filter_map(|change| match change {
        Change::CreateGroups(names) => Some(names.clone()),
        _ => None,
    });
    let groups = existing.iter().cloned().chain(created.flatten()).collect();
    Stored { user: Some(plan.user().clone()), groups, ..Stored::default() }
}

proptest! {
    #[test]
    fn planning_again_after_a_plan_is_empty(
        user in option::of(any_user()), existing in any_groups(), identity in any_identity(), rules in any_rules(),
    ) {
        let first = plan(Stored { user, groups: existing.clone(), ..Stored::default() }, &identity, &rules).expect("a plan");
        let second = plan(applied(&first, &existing), &identity, &rules).expect("a plan");
        prop_assert_eq!(second.changes(), &[]);
        prop_assert_eq!(second.user(), first.user());
    }

    #[test]
    fn an_excluded_group_is_never_touched(
        user in any_user(), existing in any_groups(), identity in any_identity(), rules in any_rules(),
    ) {
        let excluded = |user: &User| -> BTreeMap<String, MembershipSource> {
            let mut memberships = user.memberships.clone();
            memberships.retain(|group, _| rules.excluded_groups.contains(group));
            memberships
        };
        let before = excluded(&user);
        let plan = plan(Stored { user: Some(user), groups: existing, ..Stored::default() }, &identity, &rules).expect("a plan");
        prop_assert_eq!(excluded(plan.user()), before);
        for change in plan.changes() {
            if let Change::CreateGroups(names) | Change::Join(names) | Change::Leave(names) = change {
                prop_assert!(names.is_disjoint(&rules.excluded_groups));
            }
        }
    }

    #[test]
    fn no_group_appears_from_nowhere(
        user in option::of(any_user()), existing in any_groups(), identity in any_identity(), rules in any_rules(),
    ) {
        let before: BTreeSet<_> = user.iter().flat_map(|user| user.memberships.keys().cloned()).collect();
        let plan = plan(Stored { user, groups: existing.clone(), ..Stored::default() }, &identity, &rules).expect("a plan");
        let asserted = identity.groups.clone().unwrap_or_default();
        for group in plan.user().groups() {
            prop_assert!(before.contains(group) || asserted.contains(group));
            prop_assert!(before.contains(group) || existing.contains(group) || rules.create_groups);
        }
    }

    #[test]
    fn a_plan_tells_all_that_differs(
        user in any_user(), existing in any_groups(), identity in any_identity(), rules in any_rules(),
    ) {
        let before = user.clone();
        let plan = plan(Stored { user: Some(user), groups: existing, ..Stored::default() }, &identity, &rules).expect("a plan");
        prop_assert_eq!(&replayed(before, plan.changes()), plan.user());
    }

    #[test]
    fn a_refusal_takes_what_a_sign_in_would_take_and_nothing_else(
        user in any_user(), existing in any_groups(), identity in any_identity(), rules in any_rules(),
    ) {
        let stored = || Stored { user: Some(user.clone()), groups: existing.clone(), ..Stored::default() };
        let admitted = plan(stored(), &identity, &rules).expect("a plan");
        let refusing = Rules { required_groups: [super::AllOf::one("unheard-of")].into_iter().collect(), ..rules };
        let refused = plan(stored(), &identity, &refusing).expect("a plan");

        let stays = |group: &String| admitted.user().memberships.contains_key(group);
        let mut expected = user.clone();
        expected.memberships.retain(|group, _| stays(group));
        expected.profile.flags.staff &= admitted.user().is_staff();
        prop_assert!(matches!(refused.refusal(), Some(Error::GroupRequired)));
        prop_assert_eq!(refused.user(), &expected);
        prop_assert_eq!(&replayed(user, refused.changes()), refused.user());
    }
}
