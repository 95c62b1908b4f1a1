"""What answers in the place of a sign-on that cannot be had from a package."""

import os
import shutil
import sys

from servers import TrialServer


class StandIn(TrialServer):
    """A program beside this one that is given its port and the file of the people."""

    script = ""

    def create(self):
        self.make_folder()
        shutil.copyfile(os.path.join(os.path.dirname(os.path.abspath(__file__)), self.script), self.path(self.script))
        self.give(self.script)

    def command(self):
        # Our own interpreter may be where the unprivileged account cannot go.
        python = shutil.which("python3", path="/usr/bin") or sys.executable
        return [python, self.script, str(self.trial.port(self.port)), self.trial.people.path]

    def people_changed(self):
        """Nothing is kept of the people: the file is read at each request."""


class OAuth2Proxy(StandIn):
    name = "oauth2-proxy"
    script = "oauth2_proxy_stand_in.py"
    port = 4180


class Authelia(StandIn):
    name = "authelia"
    script = "authelia_stand_in.py"
    port = 9091
