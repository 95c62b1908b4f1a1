"""A key distribution centre of Kerberos: MIT's, with a realm and another one that it trusts.

The proxy's key is in `http.keytab`, and the tickets of each person in `PERSON.tickets`. There are some whom
a proxy should not take for `ada`, too.
"""

import os
import secrets
import subprocess
import sys

from servers import TrialServer

REALM = "EXAMPLE.ORG"
OTHER_REALM = "OTHER.EXAMPLE"
SERVICE = "HTTP/localhost"
PASSWORD = "trial"

CONFIGURATION = """\
[libdefaults]
    default_realm = EXAMPLE.ORG
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
[realms]
    EXAMPLE.ORG = {{
        kdc = 127.0.0.1:{port}
        key_stash_file = {folder}/EXAMPLE.ORG.stash
    }}
    OTHER.EXAMPLE = {{
        kdc = 127.0.0.1:{port}
        key_stash_file = {folder}/OTHER.EXAMPLE.stash
    }}
[domain_realm]
    localhost = EXAMPLE.ORG
[kdcdefaults]
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
[dbmodules]
    EXAMPLE.ORG = {{
        db_library = db2
        database_name = {folder}/EXAMPLE.ORG
    }}
    OTHER.EXAMPLE = {{
        db_library = db2
        database_name = {folder}/OTHER.EXAMPLE
    }}
"""


class Kdc(TrialServer):
    name = "kdc"
    port = 8800

    def environment(self):
        return {"KRB5_CONFIG": self.path("krb5.conf"), "KRB5_KDC_PROFILE": self.path("krb5.conf")}

    def create(self):
        self.make_folder()
        self.write("krb5.conf", CONFIGURATION.format(port=self.trial.port(self.port), folder=self.folder))
        trust = f"krbtgt/{REALM}@{OTHER_REALM}"
        trusted = secrets.token_hex(16)
        for realm in (REALM, OTHER_REALM):
            self.run(self.program("kdb5_util", "krb5-kdc"), "-r", realm, "-P", secrets.token_hex(16), "create", "-s")
            self.administer(realm, f"addprinc -pw {trusted} {trust}")
        for username in self.everybody():
            self.administer(REALM, f"addprinc -pw {PASSWORD} {username}")
        self.administer(OTHER_REALM, f"addprinc -pw {PASSWORD} ada")
        self.administer(REALM, f"addprinc -randkey {SERVICE}")
        self.administer(REALM, f"ktadd -k http.keytab {SERVICE}")

    def everybody(self):
        """Who has a password here. In a Windows domain `ADA` is another spelling."""
        return [*(username for username, _ in self.trial.people.all()), "ADA", "ada/admin", "eve", "stranger"]

    def administer(self, realm, query):
        self.run(self.program("kadmin.local", "krb5-kdc"), "-r", realm, "-q", query)

    def command(self):
        return [self.program("krb5kdc", "krb5-kdc"), "-n", "-r", REALM, "-r", OTHER_REALM]

    def start(self):
        """Starts it, and gets everybody a ticket."""
        super().start()
        for username in self.everybody():
            self.get_ticket(f"{username}@{REALM}", username.replace("/", "."))
        self.get_ticket(f"ada@{OTHER_REALM}", "other")

    def get_ticket(self, principal, name):
        kinit = [self.program("kinit", "krb5-user"), "-c", self.path(f"{name}.tickets"), principal]
        environment = dict(os.environ, **self.environment())
        asked = subprocess.run(kinit, env=environment, input=PASSWORD, text=True, capture_output=True)
        if asked.returncode != 0:
            sys.exit(f"kinit {principal}: {asked.stderr}")

    def people_changed(self):
        """Who there is is all that is known here."""
