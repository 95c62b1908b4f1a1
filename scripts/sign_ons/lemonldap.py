"""LemonLDAP::NG, the portal and what a proxy asks, with the configuration that a recipe has."""

import os
import secrets
import shutil
import socket
import sys

from servers import Server


class Lemonldap(Server):
    name = "lemonldap"
    socket = "lemonldap.sock"

    def __init__(self, trial):
        super().__init__(trial.folder)
        self.recipe = os.path.join(trial.folder, "recipe")

    def create(self):
        self.make_folder()

    def environment(self):
        return {"LLNG_DEFAULTCONFFILE": "lemonldap-ng.ini", "LLNG_KEY": secrets.token_hex(16)}

    def command(self):
        program = shutil.which("llng-fastcgi-server", path=os.environ["PATH"] + ":/usr/sbin")
        program = program or sys.exit("llng-fastcgi-server is missing: install `lemonldap-ng-fastcgi-server`")
        return [
            "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", self.recipe,
            program, "--foreground", "--proc", "4", "--pid", "lemonldap.pid", "--socket", self.socket,
        ]  # fmt: skip

    def answers(self):
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(os.path.join(self.recipe, self.socket)) == 0

    def people_changed(self):
        """What is known of people is for a session."""
