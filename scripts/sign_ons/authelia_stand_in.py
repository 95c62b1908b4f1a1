"""A stand-in for Authelia, which is in no package registry that the trials can use.

    authelia_stand_in.py PORT PEOPLE

It answers a proxy that asks who is there as version 4.39 of Authelia does with its default
endpoints, by its pages and its source:

    https://www.authelia.com/reference/guides/proxy-authorization/
    https://www.authelia.com/integration/proxies/caddy/
    https://www.authelia.com/integration/proxies/nginx/
    https://www.authelia.com/configuration/security/access-control/
    https://github.com/authelia/authelia (internal/handlers/handler_authz*.go)

- `/api/authz/forward-auth` reads the request from `X-Forwarded-Method`, `-Proto`, `-Host` and
  `-Uri`; `/api/authz/auth-request` from `X-Original-Method` and `X-Original-URL`. Without them, or
  where the scheme is not `https`, it answers 400.
- Somebody is known by `Authorization: Basic`, or by the cookie `authelia_session`. Whoever is
  known gets all four headers, empty where there is nothing to say. Nobody gets none of them.
- `/` has the policy `bypass`: everybody passes, and whoever is known is told there, too. All else
  has `one_factor`. Credentials that are wrong are 401 there. Who shows none is led to the portal:
  by 302, or 303 after another method than GET, HEAD and OPTIONS; by 401 where `text/html` is
  not accepted, and always at `auth-request`. `Location` says where.
- People are read at each request, as with the file provider and its `refresh_interval`.

`POST /api/firstfactor` signs in, with a `username` and a `password` in JSON, and
`POST /api/logout` out. The portal's pages, which send these, are not here.
"""

import base64
import binascii
import http.cookies
import http.server
import json
import posixpath
import secrets
import sys
import urllib.parse

PASSWORD = "trial"
COOKIE = "authelia_session"
REALM = 'Basic realm="Authorization Required"'


class WrongCredentials(Exception):
    pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    people = ""
    sessions = {}

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        if path == "/api/authz/forward-auth":
            parts = [self.headers.get(f"X-Forwarded-{name}", "") for name in ("Proto", "Host", "Uri")]
            self.authorize(self.headers.get("X-Forwarded-Method"), "{}://{}{}".format(*parts))
        elif path == "/api/authz/auth-request":
            method, url = (self.headers.get(f"X-Original-{name}") for name in ("Method", "URL"))
            self.authorize(method, url or "", is_redirected=False)
        else:
            self.answer(404)

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/api/firstfactor":
            self.sign_in(json.loads(body))
        elif self.path == "/api/logout":
            self.sessions.pop(self.token(), None)
            self.answer(200, {"Content-Type": "application/json"}, '{"status":"OK"}')
        else:
            self.answer(404)

    def sign_in(self, form):
        if not self.has_password(form.get("username"), form.get("password")):
            self.answer(401, {"Content-Type": "application/json"}, '{"status":"KO"}')
            return
        token = secrets.token_urlsafe()
        self.sessions[token] = form["username"]
        cookie = f"{COOKIE}={token}; HttpOnly; Path=/; SameSite=Lax"
        self.answer(200, {"Content-Type": "application/json", "Set-Cookie": cookie}, '{"status":"OK"}')

    def authorize(self, method, url, is_redirected=True):
        target = urllib.parse.urlsplit(url)
        if not (method and method.isalpha() and method.isupper() and target.scheme == "https" and target.netloc):
            self.answer(400)
            return
        is_open = clean(target.path) == "/"
        try:
            username = self.known()
        except WrongCredentials:
            if not is_open:
                self.answer(401, {"WWW-Authenticate": REALM})
                return
            username = None
        if username:
            self.answer(200, self.identity(username))
        elif is_open:
            self.answer(200)
        else:
            status = self.redirection(method) if is_redirected else 401
            portal = f"http://127.0.0.1:{self.server.server_port}/?{urllib.parse.urlencode({'rd': url, 'rm': method})}"
            self.answer(status, {"Location": portal})

    def known(self):
        """Who is there, or nobody."""
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                username, _, password = base64.b64decode(value, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise WrongCredentials from None
            if not self.has_password(username, password):
                raise WrongCredentials
            return username
        return self.sessions.get(self.token())

    def token(self):
        cookie = http.cookies.SimpleCookie(self.headers.get("Cookie")).get(COOKIE)
        return cookie and cookie.value

    def has_password(self, username, password):
        return username in self.all() and password == PASSWORD

    def identity(self, username):
        person = self.all()[username]
        groups = ",".join(person["groups"])
        return {
            "Remote-User": username, "Remote-Name": person["name"], "Remote-Email": person["email"],
            "Remote-Groups": groups,
        }  # fmt: skip

    def all(self):
        with open(self.people) as file:
            return json.load(file)

    def redirection(self, method):
        accepted = [item.partition(";")[0].strip() for item in self.headers.get("Accept", "").split(",")]
        if "text/html" not in accepted and accepted[0] != "*/*":
            return 401
        return 302 if method in ("GET", "HEAD", "OPTIONS") else 303

    def answer(self, status, headers={}, body=""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value.encode().decode("latin-1"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def clean(path):
    """A path without what leads back in it, as the rules see it."""
    return posixpath.normpath("/" + urllib.parse.unquote(path).lstrip("/"))


def main():
    port, Handler.people = int(sys.argv[1]), sys.argv[2]
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
