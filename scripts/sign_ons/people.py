"""The people of a trial, in a file that its sign-on reads."""

import json
import os
import shutil

INITIAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "people.json")


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
