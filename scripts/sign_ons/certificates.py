"""People's certificates, in `people/NAME.pem` of a trial: those of a recipe, and those that no proxy should take for `ada`'s."""

import os
import shutil

from servers import Server
from sign_ons import people

# Whom the authority certifies, too: subjects that are made by hand.
SUBJECTS = {
    "capitals": "/UID=ADA/CN=Ada Lovelace",
    "spaces": "/UID= ada/CN=Ada Lovelace",
    "line": "/UID=ada\n/CN=Ada Lovelace",
    "twice": "/UID=ada/UID=bob/CN=Bob Low",
    "again": "/UID=bob/UID=ada/CN=Bob Low",
    "together": "/UID=bob+UID=ada/CN=Bob Low",
    "unnamed": "/CN=ada",
    "part": "/UID=bob\\/UID=ada/CN=Bob Low",
}


class Certificates(Server):
    """Runs no process: `openssl` makes the certificates when the trial starts."""

    name = "people"

    def __init__(self, trial, recipe):
        super().__init__(trial.folder)
        self.trial, self.recipe = trial, recipe

    def create(self):
        self.make_folder()
        for name in ("authority.pem", "authority.key", "person.sh"):
            shutil.copyfile(os.path.join(self.recipe, name), self.path(name))
            self.give(name)
        shutil.copyfile(self.path("authority.pem"), os.path.join(self.trial.folder, "authority.pem"))
        for name, person in [*self.trial.people.all(), *people.ODD.items()]:
            self.shell(f'sh person.sh "$1" "$2" "$3" > {name}.pem', name, person["name"], person["email"])
        for name, subject in SUBJECTS.items():
            self.certify(name, subject, "-CA", "authority.pem", "-CAkey", "authority.key")
        self.certify("stranger", "/UID=ada/CN=Ada Lovelace")
        self.certify("tenant", "/CN=tenant", "-CA", "authority.pem", "-CAkey", "authority.key", kind="CA:TRUE")
        self.certify("beneath", "/UID=ada/CN=Ada Lovelace", "-CA", "tenant.pem", "-CAkey", "tenant.pem")
        self.shell("cat tenant.pem >> beneath.pem")

    def certify(self, name, subject, *authority, kind="CA:FALSE"):
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1")
        self.shell(
            f'openssl req -x509 -utf8 "$@" -keyout - -out - > {name}.pem',
            *new, *authority, "-subj", subject, "-addext", f"basicConstraints=critical,{kind}",
        )  # fmt: skip

    def shell(self, script, *words):
        self.run("sh", "-c", f"umask 077; {script}", "sh", *words)
