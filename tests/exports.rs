//! What products say of people, in the forms that their documentation has, and names in many
//! scripts.

mod harness;

use harness::{App, Database};
use rocket::serde::json::{Value, json};

on_every_database![
    a_user_of_each_product_is_read_by_the_keys_for_it,
    names_of_twelve_scripts_are_kept_as_they_are,
];

/// A product, the keys for it, what its proxy sends of one person, and who that is here: the user
/// name, the name, the address and the groups.
type Export = (&'static str, &'static str, &'static [(&'static str, &'static str)], fn() -> Value);

const EXPORTS: [Export; 7] = [
    // https://learn.microsoft.com/windows/win32/adschema/a-memberof, as Apache's `mod_authnz_ldap`
    // joins the values of an attribute, and a user name as IIS has it.
    (
        "Active Directory",
        "username_form = 'exact'\nrealms = ['CORP']\ngroups_format = 'dn'\ngroups_allowed = ['App *']",
        &[
            ("Remote-User", "CORP\\ada.lovelace"),
            ("Remote-Name", "Lovelace, Ada (R&D)"),
            ("Remote-Email", "Ada.Lovelace@corp.example.com"),
            (
                "Remote-Groups",
                "CN=App Editors,OU=Groups,OU=Köln,DC=corp,DC=example,DC=com; \
                 CN=Domain Users,CN=Users,DC=corp,DC=example,DC=com; \
                 CN=App R\\+D\\; Ops,OU=Groups,DC=corp,DC=example,DC=com; \
                 CN=S-1-5-11,CN=ForeignSecurityPrincipals,DC=corp,DC=example,DC=com",
            ),
        ],
        || {
            json!([
                "ada.lovelace",
                "Lovelace, Ada (R&D)",
                "Ada.Lovelace@corp.example.com",
                ["App Editors", "App R+D; Ops"]
            ])
        },
    ),
    // https://www.freeipa.org/page/V4/User_Life-Cycle_Management: rules are among the groups.
    (
        "FreeIPA",
        "username_form = 'dn'\ndn_attribute = { user = 'uid', groups = 'cn' }\ngroups_format = 'dn'\n\
         groups_allowed = ['ipausers', 'editors']",
        &[
            ("Remote-User", "uid=ada,cn=users,cn=accounts,dc=example,dc=test"),
            (
                "Remote-Groups",
                "cn=ipausers,cn=groups,cn=accounts,dc=example,dc=test;\
                 cn=editors,cn=groups,cn=accounts,dc=example,dc=test;\
                 ipaUniqueID=3a1b4c5e-11ee,cn=hbac,dc=example,dc=test;\
                 cn=User Administrator,cn=roles,cn=accounts,dc=example,dc=test;\
                 ipauniqueid=5f6a7b8c-22ff,cn=sudorules,cn=sudo,dc=example,dc=test",
            ),
        ],
        || json!(["ada", null, null, ["editors", "ipausers"]]),
    ),
    // https://www.keycloak.org/docs/latest/server_admin/#_protocol-mappers: paths of groups, in the
    // header of a gateway that joins a claim.
    (
        "Keycloak",
        "headers = { subject = 'X-Auth-Request-User', user = 'X-Auth-Request-Preferred-Username', name = false, email = \
         'X-Auth-Request-Email', groups = 'X-Auth-Request-Groups' }\ngroup_map = { '/staff/editors' = 'editors' }\n\
         group_map_only = true",
        &[
            ("X-Auth-Request-User", "f1d2e3c4-5b6a-4789-9abc-def012345678"),
            ("X-Auth-Request-Preferred-Username", "ada"),
            ("X-Auth-Request-Email", "ada@example.com"),
            ("X-Auth-Request-Groups", "/staff,/staff/editors,role:offline_access,role:account:view-profile"),
        ],
        || json!(["ada", null, "ada@example.com", ["editors"]]),
    ),
    // https://www.authelia.com/integration/trusted-header-sso/introduction/, and users_database.yml.
    (
        "Authelia",
        "preset = 'authelia'",
        &[
            ("Remote-User", "ada"),
            ("Remote-Name", "Ada Lovelace"),
            ("Remote-Email", "ada@authelia.example.com"),
            ("Remote-Groups", "admins,dev"),
        ],
        || json!(["ada", "Ada Lovelace", "ada@authelia.example.com", ["admins", "dev"]]),
    ),
    // https://docs.goauthentik.io/add-secure-apps/providers/proxy/, with its stable identifier.
    (
        "authentik",
        "preset = 'authentik'\nheaders = { subject = 'X-authentik-uid' }\ngroups_allowed = ['app*']",
        &[
            ("X-authentik-username", "ada"),
            ("X-authentik-name", "Ada Lovelace"),
            ("X-authentik-email", "ada@example.com"),
            ("X-authentik-groups", "authentik Admins|app users|app, editors"),
            ("X-authentik-uid", "900347b8a29876b45ca6f75722635ecfedf0e931c6022e3a29a8aa13fb5516fb"),
            ("X-authentik-meta-version", "goauthentik.io/outpost/2025.10.1"),
        ],
        || json!(["ada", "Ada Lovelace", "ada@example.com", ["app users", "app, editors"]]),
    ),
    // https://web.mit.edu/kerberos/krb5-latest/doc/basic/index.html: a principal of a realm.
    (
        "Kerberos",
        "realms = ['EXAMPLE.ORG']\nheaders = { name = false, email = false, groups = false }",
        &[("Remote-User", "ada@EXAMPLE.ORG")],
        || json!(["ada", null, null, []]),
    ),
    // https://shibboleth.atlassian.net/wiki/spaces/SP3/pages/2065335062/AttributeAccess: values are
    // joined by semicolons, and one in a value is escaped.
    (
        "Shibboleth",
        "headers = { user = ['eppn', 'uid'], name = 'displayName', email = 'mail', groups = 'isMemberOf' }\n\
         strip_suffix = { user = { value = '@example.edu', optional = true } }\ngroups_separator = ';'\n\
         groups_escape = 'backslash'",
        &[
            ("eppn", "ada@example.edu"),
            ("uid", "ada"),
            ("displayName", "Ada Lovelace"),
            ("mail", "ada@example.edu"),
            ("isMemberOf", "urn:mace:example.edu:staff;Labs\\; Köln"),
        ],
        || json!(["ada", "Ada Lovelace", "ada@example.edu", ["Labs; Köln", "urn:mace:example.edu:staff"]]),
    ),
];

fn a_user_of_each_product_is_read_by_the_keys_for_it(database: Database) {
    for (product, toml, headers, expected) in EXPORTS {
        let app = App::launch_on(database.another(), &format!("create_groups = true\n{toml}"));
        for _ in 0..2 {
            let me = app.me(headers);
            let read = json!([me["username"], me["name"], me["email"], me["groups"]]);
            assert_eq!(read, expected(), "{product}");
        }
    }
}

fn names_of_twelve_scripts_are_kept_as_they_are(database: Database) {
    let app = App::launch_on(database, "create_groups = true");
    // A user name, a person's name, and a group.
    let people = [
        ("müller", "Jürgen Müller-Lüdenscheidt", "Straße"),
        ("dvořák", "Antonín Dvořák", "Ústí nad Labem"),
        ("σωκράτης", "Σωκράτης Παπαδόπουλος", "Διαχειριστές"),
        ("чехов", "Антон Павлович Чехов", "Редакторы"),
        ("שרה", "שָׂרָה כהן", "עורכים"),
        ("فاطمة", "فاطمة الزهراء", "المحررون"),
        ("प्रेमचंद", "मुंशी प्रेमचंद", "संपादक"),
        ("李小龍", "李小龍", "編輯"),
        ("村上春樹", "村上 春樹", "カタカナとひらがな"),
        ("김연아", "김연아", "편집자"),
        ("สมชาย", "สมชาย ใจดี", "บรรณาธิการ"),
        ("თამარი", "თამარ მეფე", "რედაქტორები"),
        ("արամ", "Արամ Խաչատրյան", "խմբագիրներ"),
    ];
    for (user, name, group) in people {
        let headers = [("Remote-User", user), ("Remote-Name", name), ("Remote-Groups", group)];
        for _ in 0..2 {
            let me = app.me(&headers);
            assert_eq!(json!([me["username"], me["name"], me["groups"]]), json!([user, name, [group]]));
        }
    }
    assert_eq!(app.database.sql("SELECT username FROM remote_users").len(), people.len());
    assert_eq!(app.database.sql("SELECT name FROM remote_groups").len(), people.len());
}
