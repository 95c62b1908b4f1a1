"""A stand-in for Authelia, which proxies ask who is there."""

import os
import shutil
import socket
import sys

from servers import Server

STAND_IN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "authelia_stand_in.py")


class Authelia(Server):
    name = "authelia"
    port = 9091

    def __init__(self, trial):
        super().__init__(trial.folder)
        self.trial = trial

    def create(self):
        self.make_folder()
        with open(STAND_IN) as file:
            self.write("stand_in.py", file.read())

    def command(self):
        # The system's own, as ours may be where the account of the server cannot go.
        python = shutil.which("python3", path=os.defpath) or sys.executable
        return [python, "stand_in.py", str(self.trial.port(self.port)), self.trial.people.path]

    def answers(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.trial.port(self.port))) == 0

    def people_changed(self):
        """It reads them at each request."""
