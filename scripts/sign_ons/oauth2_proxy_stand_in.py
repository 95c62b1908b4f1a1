"""A stand-in for oauth2-proxy 7 with `set_xauthrequest`, for people with a password.

It answers as oauth2-proxy does where another proxy asks it: `/oauth2/auth` is 202 with
`X-Auth-Request-*`, which lack what is empty and join groups with a comma, or 401;
`/oauth2/sign_in` takes a form, and `/oauth2/sign_out` takes the cookie away. It has no provider:
the preferred user name is a person's full name, as it is with some.

https://oauth2-proxy.github.io/oauth2-proxy/features/endpoints
https://oauth2-proxy.github.io/oauth2-proxy/configuration/integrations/nginx
"""

import http.server
import json
import secrets
import sys
import urllib.parse

PASSWORD = "trial"
COOKIE = "_oauth2_proxy"


class OAuth2Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sessions = {}

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        target = urllib.parse.parse_qs(url.query).get("rd", ["/"])[0]
        if url.path == "/oauth2/auth":
            person = self.sessions.get(self.cookie())
            self.answer(202 if person else 401, self.claims(person) if person else {})
        elif url.path == "/oauth2/sign_in":
            self.answer(200, {}, '<form method="POST" action="/oauth2/sign_in"></form>')
        elif url.path == "/oauth2/sign_out":
            self.sessions.pop(self.cookie(), None)
            self.answer(302, {"Location": target, "Set-Cookie": f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly"})
        else:
            self.answer(404, {})

    def do_POST(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = {name: values[0] for name, values in urllib.parse.parse_qs(form).items()}
        person = fields.get("username")
        if person not in self.people() or fields.get("password") != PASSWORD:
            return self.answer(401, {})
        token = secrets.token_urlsafe(32)
        self.sessions[token] = person
        cookie = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"
        self.answer(302, {"Location": fields.get("rd", "/"), "Set-Cookie": cookie})

    def people(self):
        with open(sys.argv[2]) as file:
            return json.load(file)

    def claims(self, name):
        person = self.people()[name]
        claims = {
            "X-Auth-Request-User": name,
            "X-Auth-Request-Preferred-Username": person["name"],
            "X-Auth-Request-Email": person["email"],
            "X-Auth-Request-Groups": ",".join(person["groups"]),
        }
        return {header: value for header, value in claims.items() if value}

    def cookie(self):
        pairs = (pair.strip().partition("=") for pair in self.headers.get("Cookie", "").split(";"))
        return next((value for name, _, value in pairs if name == COOKIE), None)

    def answer(self, status, headers, body=""):
        self.send_response(status)
        for name, value in headers.items():
            # Header values are written as ISO 8859-1: these bytes are UTF-8.
            self.send_header(name, value.encode().decode("latin-1"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        """A request is no news."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), OAuth2Proxy).serve_forever()
