"""The people of a trial, in a file that its sign-on reads."""

import json
import os
import shutil

INITIAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "people.json")


def odd(*lines):
    """Somebody who wrote lines of a request into the own name."""
    return {"name": "\r\n".join(lines), "email": "odd@example.org", "groups": []}


# The end of a request and the head of another, and further headers of the same.
ODD = {
    "eve": odd("Eve", "", "GET /me HTTP/1.1", "Host: localhost", "Remote-User: mallory"),
    "meg": odd("Meg", "Remote-User: mallory", "Remote-Groups: admins", "X-Rest: "),
}


class People:
    def __init__(self, path):
        self.path = path

    def write_initial(self):
        shutil.copyfile(INITIAL, self.path)
        os.chmod(self.path, 0o644)

    def all(self):
        """User names, each with a name, an email address and groups."""
        with open(self.path) as file:
            return json.load(file).items()

    def put(self, person, groups):
        """Puts a person in these groups and no others. Whoever reads meanwhile reads a whole file."""
        people = dict(self.all())
        people[person]["groups"] = groups
        with open(self.path + ".new", "w") as file:
            json.dump(people, file)
        os.replace(self.path + ".new", self.path)
