"""A directory of people and groups: OpenLDAP."""

import base64
import os
import secrets
import subprocess

from servers import TrialServer
from sign_ons.people import ODD

SUFFIX = "dc=example,dc=org"
ADMIN = f"cn=admin,{SUFFIX}"
PASSWORD = "trial"

# What somebody writes who may change the own entry: the end of a request, and the head of another.
LINES = "\r\n".join(
    ("Eve", "", "GET /me HTTP/1.1", "Host: localhost", "Remote-User: mallory", "Remote-Groups: ", "Remote-Name: Mallory Forged"),
)

CONFIGURATION = f"""\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
database mdb
directory data
suffix "{SUFFIX}"
rootdn "{ADMIN}"
rootpw %s
overlay memberof
access to attrs=userPassword by anonymous auth
access to * by * read
"""


def entry(name, *attributes):
    """An entry of LDIF (RFC 2849)."""
    lines = [f"{key}:: {base64.b64encode(value.encode()).decode()}\n" for key, value in attributes]
    return f"dn: {name},{SUFFIX}\n{''.join(lines)}\n"


class Directory(TrialServer):
    name = "directory"
    packaged_account = "openldap"
    port = 3890

    def create(self):
        self.make_folder()
        os.mkdir(self.path("data"), 0o700)
        self.give("data")
        self.write("password", secrets.token_hex(16))
        self.write("slapd.conf", CONFIGURATION % self.read("password"))
        people = [self.person(username, person["name"], person["email"]) for username, person in self.trial.people.all()]
        people.append(self.person("eve", LINES, "eve@example.org"))
        people.append(self.person("meg", ODD["meg"]["name"], ODD["meg"]["email"]))
        units = [entry(f"ou={unit}", ("objectClass", "organizationalUnit"), ("ou", unit)) for unit in ("people", "groups")]
        top = f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n"
        self.write("people.ldif", top + "".join(units + people))
        self.run(self.program("slapadd", "slapd"), "-f", "slapd.conf", "-l", "people.ldif")

    def person(self, username, name, email):
        return entry(
            f"uid={username},ou=people", ("objectClass", "inetOrgPerson"), ("uid", username), ("cn", name),
            ("sn", username), ("mail", email), ("mail", f"{username}@example.com"), ("userPassword", PASSWORD),
        )  # fmt: skip

    def command(self):
        return [self.program("slapd", "slapd"), "-f", "slapd.conf", "-h", self.url(), "-d", "0"]

    def url(self):
        return f"ldap://127.0.0.1:{self.trial.port(self.port)}"

    def start(self):
        super().start()
        self.people_changed()

    def people_changed(self):
        """Makes the members of each group those that there are now. A group has one at least, which is nobody."""
        changes = []
        there = self.groups()
        named = {group for _, person in self.trial.people.all() for group in person["groups"]}
        for group in sorted(there | named):
            name = f"cn={group},ou=groups"
            members = [("member", f"cn=nobody,{SUFFIX}")]
            for username, person in self.trial.people.all():
                if group in person["groups"]:
                    members.append(("member", f"uid={username},ou=people,{SUFFIX}"))
            if group in there:
                members = [("changetype", "modify"), ("replace", "member"), *members]
            else:
                members = [("changetype", "add"), ("objectClass", "groupOfNames"), ("cn", group), *members]
            changes.append(entry(name, *members))
        self.write("groups.ldif", "".join(changes))
        self.run(self.program("ldapmodify", "ldap-utils"), *self.as_admin(), "-f", "groups.ldif")

    def groups(self):
        search = [self.program("ldapsearch", "ldap-utils"), *self.as_admin(), "-LLL", "-b", f"ou=groups,{SUFFIX}", "cn"]
        found = subprocess.run(search, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        return {line.removeprefix("cn: ") for line in found.stdout.splitlines() if line.startswith("cn: ")}

    def as_admin(self):
        return ["-x", "-H", self.url(), "-D", ADMIN, "-y", "password"]
