"""A CAS server, of the package `django-cas-server`, that speaks TLS."""

import json
import os
import socketserver
import ssl
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

with open("settings.json") as file:
    TRIAL = json.load(file)
PASSWORD = "trial"
ATTRIBUTES = ("displayName", "mail", "groups")

settings.configure(
    SECRET_KEY=os.urandom(32).hex(),
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF="application",
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages", "django.contrib.staticfiles", "cas_server",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "cas.sqlite"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    STATIC_URL="/static/",
    USE_TZ=True,
    CAS_AUTH_CLASS="application.PeopleAuth",
    CAS_NEW_VERSION_JSON_URL=None,
    CAS_FAVICON_URL="",
    CAS_LOGO_URL="",
)  # fmt: skip
django.setup()

from cas_server.auth import AuthUser
from cas_server.models import ReplaceAttributName, ServicePattern
from django.urls import include, path

urlpatterns = [path("cas/", include("cas_server.urls", namespace="cas_server"))]


class PeopleAuth(AuthUser):
    def person(self):
        with open(TRIAL["people"]) as file:
            return {**TRIAL["odd"], **json.load(file)}.get(self.username)

    def test_password(self, password):
        return self.person() is not None and password == PASSWORD

    def attributs(self):
        person = self.person()
        return {"displayName": person["name"], "mail": person["email"], "groups": person["groups"]}


class Server(socketserver.ThreadingMixIn, WSGIServer):
    """Each connection has a thread, which also does the handshake."""

    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        return self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address


class Handler(WSGIRequestHandler):
    def get_environ(self):
        return super().get_environ() | {"HTTPS": "on"}


def serve():
    call_command("migrate", verbosity=0)
    service = ServicePattern.objects.create(
        name="application", pattern=f"^{TRIAL['application']}/", restrict_users=False, single_log_out=True
    )
    for name in ATTRIBUTES:
        ReplaceAttributName.objects.create(name=name, service_pattern=service)
    server = Server(("127.0.0.1", TRIAL["port"]), Handler)
    server.base_environ["HTTPS"] = "on"
    server.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.tls.load_cert_chain("server.pem", "server.key")
    server.set_app(get_wsgi_application())
    server.serve_forever()
