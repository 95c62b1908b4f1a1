"""An OpenID provider, of the package `oidc-provider`."""

import json
import os
import secrets
import shutil
import sys
import urllib.request

from servers import TrialServer
from sign_ons.people import ODD

FOLDER = os.path.dirname(os.path.abspath(__file__))


class OpenIdProvider(TrialServer):
    name = "openid"
    packages = FOLDER
    port = 9000

    def url(self):
        return f"http://localhost:{self.trial.port(self.port)}"

    def create(self):
        """Writes down what the provider knows of the application."""
        self.make_folder()
        self.write("client_secret", secrets.token_hex(32))
        shutil.copyfile(os.path.join(FOLDER, "provider.mjs"), self.path("provider.mjs"))
        self.give("provider.mjs")
        settings = {
            "module": os.path.join(self.trial.fetched("node"), "node_modules/oidc-provider/lib/index.js"),
            "people": self.trial.people.path,
            "odd": ODD,
            "issuer": self.url(),
            "port": self.trial.port(self.port),
            "application": f"http://localhost:{self.trial.port(8080)}",
            "client_secret": self.read("client_secret"),
        }
        self.write("settings.json", json.dumps(settings))

    def command(self):
        node = shutil.which("node") or sys.exit("node is missing: install `nodejs`")
        return [node, "provider.mjs"]

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.url()}/.well-known/openid-configuration"):
                return True
        except OSError:
            return False

    def people_changed(self):
        """The provider reads who there is with each request."""
