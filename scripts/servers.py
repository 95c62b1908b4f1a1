"""Servers that tests start, wait for and end.

Each keeps what it writes in a folder of its own, listens on the loopback, and runs as an
unprivileged account.
"""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

SECONDS = 60


def free_port():
    """A port that nobody has, and that no client is given when it connects."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Server:
    """A server whose files and process are in a folder."""

    name = ""
    packaged_account = "nobody"
    stop = signal.SIGTERM

    def __init__(self, folder):
        self.folder = os.path.join(folder, self.name)
        self.account = self.find_account()

    def find_account(self):
        """The account to run as: our own, or the package's where we are root."""
        if os.geteuid() != 0:
            return None
        for name in (self.packaged_account, "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                pass

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def make_folder(self):
        os.mkdir(self.folder, 0o700)
        self.give()
        self.write("log", "")

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read().strip()

    def write(self, name, text):
        with open(self.path(name), "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(text)
        self.give(name)

    def give(self, name=""):
        if self.account:
            os.chown(self.path(name), self.account.pw_uid, self.account.pw_gid)

    def command(self):
        """The words of the command that runs the server."""
        raise NotImplementedError

    def environment(self):
        """The variables that the server has beside our own."""
        return {}

    def answers(self):
        """Whether the server is ready."""
        raise NotImplementedError

    def start_process(self, command, log):
        account = {}
        if self.account:
            account = dict(user=self.account.pw_uid, group=self.account.pw_gid, extra_groups=[])
        return subprocess.Popen(
            command, cwd=self.folder, env=dict(os.environ, **self.environment()), stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True, **account,
        )  # fmt: skip

    def run(self, *command):
        with open(self.path("log"), "ab") as log:
            if self.start_process(command, log).wait() != 0:
                self.fail(f"{command[0]} failed")

    def fail(self, what):
        sys.exit(f"{what}:\n" + "\n".join(self.read("log").splitlines()[-20:]))

    def is_running(self):
        try:
            with open(f"/proc/{self.read('pid')}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    def start(self):
        """Starts the server unless it runs, and waits until it answers."""
        if self.is_running():
            return
        with open(self.path("log"), "ab") as log:
            process = self.start_process(self.command(), log)
        self.write("pid", str(process.pid))
        deadline = time.monotonic() + SECONDS
        while not self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                self.fail(f"{self.name} did not start")
            time.sleep(0.05)

    def down(self):
        """Ends the server, and waits until it has."""
        if not self.is_running():
            return
        os.kill(int(self.read("pid")), self.stop)
        deadline = time.monotonic() + SECONDS
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)


class TrialServer(Server):
    """A server of a trial, at the address that a port of the recipe stands for."""

    port = 0

    def __init__(self, trial):
        super().__init__(trial.folder)
        self.trial = trial

    def program(self, name, package):
        found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
        return found or sys.exit(f"{name} is missing: install `{package}`")

    def answers(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.trial.port(self.port))) == 0

    def people_changed(self):
        """Takes over who there is now, unless that is read anew whenever it is asked for."""
