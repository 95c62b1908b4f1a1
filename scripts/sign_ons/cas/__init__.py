"""A CAS server, of the package `django-cas-server`. Its certificate is also its authority's, in `authority.pem`."""

import json
import os
import shutil

from servers import TrialServer
from sign_ons.people import ODD

FOLDER = os.path.dirname(os.path.abspath(__file__))


class Cas(TrialServer):
    name = "cas"
    port = 8443

    def create(self):
        """Makes the certificate, and writes down what the server knows of the application."""
        self.make_folder()
        shutil.copyfile(os.path.join(FOLDER, "application.py"), self.path("application.py"))
        self.give("application.py")
        settings = {
            "people": self.trial.people.path,
            "odd": ODD,
            "port": self.trial.port(self.port),
            "application": f"http://localhost:{self.trial.port(8080)}",
        }
        self.write("settings.json", json.dumps(settings))
        self.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
            "-keyout", "server.key", "-out", "server.pem",
        )  # fmt: skip
        shutil.copyfile(self.path("server.pem"), os.path.join(self.trial.folder, "authority.pem"))

    def command(self):
        python = os.path.join(self.trial.fetched("python"), "bin", "python")
        return [python, "-c", "import application; application.serve()"]

    def people_changed(self):
        """The server reads who there is when somebody signs in."""
