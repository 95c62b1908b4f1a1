"""What answers in the place of a sign-on that cannot be had from a package."""

import os
import shutil
import socket
import sys

from servers import Server


class StandIn(Server):
    """A program beside this one that is given its port and the file of the people."""

    program = ""
    port = 0

    def __init__(self, trial):
        super().__init__(trial.folder)
        self.trial = trial

    def create(self):
        self.make_folder()
        shutil.copyfile(os.path.join(os.path.dirname(os.path.abspath(__file__)), self.program), self.path(self.program))
        self.give(self.program)

    def command(self):
        # Our own interpreter may be where the unprivileged account cannot go.
        python = shutil.which("python3", path="/usr/bin") or sys.executable
        return [python, self.program, str(self.trial.port(self.port)), self.trial.people.path]

    def answers(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.trial.port(self.port))) == 0

    def people_changed(self):
        """Nothing is kept of the people: the file is read at each request."""


class OAuth2Proxy(StandIn):
    name = "oauth2-proxy"
    program = "oauth2_proxy_stand_in.py"
    port = 4180


class Authelia(StandIn):
    name = "authelia"
    program = "authelia_stand_in.py"
    port = 9091
