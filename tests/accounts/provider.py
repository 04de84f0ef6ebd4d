"""An OpenID provider on loopback: Authlib's authorization server, served over HTTP, with PKCE, nonce and signed tokens.

It works by the book unless a test lets it lie (``tamper``), which is how the negative cases come about.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import flask
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeGrant, ClientMixin
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, OpenIDCode, UserInfo
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "plass", "a secret between the two"
REGISTERED = ("http://testserver/logg-inn/ansatt/svar/", "http://testserver/logg-inn/person/svar/")


@dataclass
class Client(ClientMixin):
    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return REGISTERED[0]

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in REGISTERED

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    user: str
    auth_time: int
    acr: str
    amr: list[str]

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> str:
        return self.acr

    def get_amr(self) -> list[str]:
        return self.amr


@dataclass
class OpenIDProvider:
    """``people``: claims by subject. ``who`` is logged in there, since ``auth_time``, by ``acr`` and ``amr``."""

    issuer: str = ""
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    who: str = ""
    auth_time: int = 0
    acr: str = ""
    amr: list[str] = field(default_factory=list)
    tamper: Callable[[dict[str, Any], dict[str, Any]], Any] | None = None
    down: bool = False
    codes: dict[str, Code] = field(default_factory=dict)
    keys: list[RSAKey] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)

    def start_anew(self) -> None:
        """As if nobody had been here; the keys stay."""
        self.people, self.who, self.auth_time = {}, "", int(time.time())
        self.acr, self.amr, self.tamper, self.down, self.asked = "", [], None, False, {}
        self.codes = {}

    def log_in(self, who: str, *, acr: str = "", amr: tuple[str, ...] = (), ago: int = 0, **claims: Any) -> None:
        """Somebody logs in at the provider."""
        self.people[who] = claims
        self.who, self.acr, self.amr, self.auth_time = who, acr, list(amr), int(time.time()) - ago

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one is no longer published."""
        self.keys = [new_key()]

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None, key: Any = None) -> str:
        """A signed token."""
        key = key or self.keys[0]
        return jwt.encode({"alg": "RS256", "kid": key.kid, **(header or {})}, claims, key)

    def logout_token(self, **claims: Any) -> str:
        """The notice that somebody logged out here."""
        now = int(time.time())
        events = {"http://schemas.openid.net/event/backchannel-logout": {}}
        return self.sign(
            {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "1", "events": events} | claims
        )


def new_key() -> RSAKey:
    key = RSAKey.generate_key(2048, private=True)
    key.ensure_kid()
    return key


class Tokens(OpenIDCode):
    def __init__(self, provider: OpenIDProvider) -> None:
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.nonce == nonce for code in self.provider.codes.values())

    def resolve_client_private_key(self, client: Client) -> RSAKey:
        return self.provider.keys[0]

    def get_client_algorithm(self, client: Client) -> str:
        return "RS256"

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": self.provider.issuer}

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        return {"alg": "RS256", "kid": self.provider.keys[0].kid}

    def generate_user_info(self, user: str, scope: str) -> UserInfo:
        return UserInfo(sub=user, **self.provider.people[user])

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        made = super().encode_id_token(token, request)
        if self.provider.tamper is None:
            return made
        read = jwt.decode(made, self.provider.keys[0])
        return self.provider.tamper(dict(read.claims), dict(read.header))


def application(provider: OpenIDProvider) -> flask.Flask:
    app = flask.Flask("provider")
    server = AuthorizationServer(
        app,
        query_client=lambda client_id: Client() if client_id == CLIENT else None,
        save_token=lambda token, request: None,
    )

    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["client_secret_basic"]

        def save_authorization_code(self, code: str, request: Any) -> None:
            asked = request.payload.data
            provider.codes[code] = Code(
                code,
                asked["redirect_uri"],
                asked["scope"],
                asked["nonce"],
                asked["code_challenge"],
                asked["code_challenge_method"],
                provider.who,
                provider.auth_time,
                provider.acr,
                provider.amr,
            )

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> str:
            return authorization_code.user

    server.register_grant(Grant, [Tokens(provider), CodeChallenge(required=True)])

    @app.before_request
    def out_of_order() -> Any:
        return ("away", 503) if provider.down else None

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Any:
        return {
            "issuer": provider.issuer,
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{provider.issuer}/token",
            "jwks_uri": f"{provider.issuer}/keys",
            "end_session_endpoint": f"{provider.issuer}/end",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    @app.get("/keys")
    def keys() -> Any:
        return KeySet(provider.keys).as_dict(private=False)

    @app.get("/authorize")
    def authorize() -> Any:
        provider.asked = dict(flask.request.args)
        return server.create_authorization_response(grant_user=provider.who, grant=server.get_consent_grant())

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return app


@contextmanager
def running() -> Iterator[OpenIDProvider]:
    """The provider, served on a free port of loopback until the end."""
    import os

    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback has no TLS
    provider = OpenIDProvider(keys=[new_key()])
    server = make_server("127.0.0.1", 0, application(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
