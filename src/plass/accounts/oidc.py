"""The client side of OpenID Connect: authorization code with PKCE, and every check of what comes back.

Knows nothing of accounts (``federated.py``) and keeps nothing but the providers' own documents, for an hour.
Sources: OpenID Connect Core 1.0 (3.1.3.7 validation of the ID token), Back-Channel Logout 1.0 (2.6), RFC 7636 (PKCE),
RFC 9207 (issuer in the answer).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from .providers import STAFF, Provider

#: Signatures with a published key only: no shared secret, and never "none".
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
PATIENCE = httpx.Timeout(5.0)
KEEP = 3600
#: Clocks differ by so many seconds.
LEEWAY = 60
#: Keys are fetched anew for a logout notice at most so often; anybody can send one that names an unknown key.
KEYS_NOT_SOONER = 60
BACKCHANNEL = "http://schemas.openid.net/event/backchannel-logout"


class Away(Exception):
    """The provider cannot be reached, or does not answer as it should. Trying again later may help."""


class Refused(Exception):
    """What came back does not prove who somebody is. ``reason`` is a word for the log; it names nobody."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class PendingLogin:
    """A login begun at a provider, kept in the session until the answer comes, to check that the answer belongs to it."""

    state: str
    nonce: str
    verifier: str


@dataclass
class _ProviderDocuments:
    """A provider's own documents: where its pages are, and its keys."""

    metadata: dict[str, Any]
    fetched: float
    keys: KeySet | None = None
    keys_fetched: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


_cache: dict[str, _ProviderDocuments] = {}


def forget() -> None:
    """Forget the providers' documents; they are fetched anew when they are needed."""
    _cache.clear()


def metadata(provider: Provider) -> dict[str, Any]:
    """Where the provider's pages are, as it says itself. Raises :class:`Away`."""
    return _documents_of(provider).metadata


def ask(
    provider: Provider, redirect_uri: str, *, language: str = "nb", within: int | None = None
) -> tuple[PendingLogin, str]:
    """What to keep, and the address to send the browser to. Raises :class:`Away`.

    ``within``: the person is to show anew who they are, and it counts for so many seconds.
    """
    pending = PendingLogin(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(pending.verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(provider.scopes),
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "max_age": str(provider.max_age if within is None else within),
        "ui_locales": language,
    }
    if within is not None:
        query["prompt"] = "login"
    if provider.acr:
        query["acr_values"] = " ".join(provider.acr)
    if provider.acr and provider.key == STAFF:
        # Entra ID has authentication contexts instead, asked for and answered by a claim of its own.
        query["claims"] = json.dumps({"id_token": {"acrs": {"essential": True, "value": provider.acr[0]}}})
    endpoint = metadata(provider)["authorization_endpoint"]
    return pending, f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


def answer(
    provider: Provider, pending: PendingLogin, code: str, redirect_uri: str, *, issuer: str = ""
) -> dict[str, Any]:
    """The claims of the one who logged in, after every check. ``issuer`` is the answer's own ``iss``, if it had one.

    Raises :class:`Away` where the provider does not answer, :class:`Refused` where what it answers does not hold.
    """
    if issuer and issuer != provider.issuer:
        raise Refused("issuer of the answer")
    token = _exchange(provider, pending, code, redirect_uri)
    claims = _claims(provider, token, fetch_keys_anew=True)
    _check_times(claims)
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), pending.nonce.encode()):
        raise Refused("nonce")
    _check_strength(provider, claims)
    return claims


def logout_notice(provider: Provider, token: str) -> dict[str, Any]:
    """The claims of a provider's own notice that somebody logged out there. Raises :class:`Away` and :class:`Refused`."""
    claims = _claims(
        provider, token, fetch_keys_anew=time.time() - _documents_of(provider).keys_fetched > KEYS_NOT_SOONER
    )
    _check_times(claims, expires=False)
    if BACKCHANNEL not in (claims.get("events") or {}):
        raise Refused("not a logout notice")
    if "nonce" in claims:
        raise Refused("a login token instead of a logout notice")
    if not claims.get("sid") and not claims.get("sub"):
        raise Refused("a logout notice about nobody")
    return claims


def _exchange(provider: Provider, pending: PendingLogin, code: str, redirect_uri: str) -> str:
    about = metadata(provider)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": pending.verifier,
    }
    methods = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    auth = None
    if "client_secret_basic" in methods:
        auth = httpx.BasicAuth(provider.client_id, provider.client_secret)
    else:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    reply = _http("POST", about["token_endpoint"], data=form, auth=auth)
    if reply.status_code >= 500:
        raise Away(f"the token endpoint answers {reply.status_code}")
    token = _json(reply).get("id_token")
    if reply.status_code != 200 or not isinstance(token, str):
        # The code was used before, is not ours, or the client's secret is wrong. The body may say who, so it is not kept.
        raise Refused(f"the token endpoint answers {reply.status_code}")
    return token


def _claims(provider: Provider, token: str, *, fetch_keys_anew: bool) -> dict[str, Any]:
    """The claims of a signed token from the provider to us. Keys that are not known yet are fetched once."""
    try:
        try:
            decoded = jwt.decode(token, _keys(provider), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            if not fetch_keys_anew:
                raise
            decoded = jwt.decode(token, _keys(provider, anew=True), algorithms=ALGORITHMS)
    except (JoseError, ValueError) as error:
        raise Refused(f"token: {type(error).__name__}") from None
    claims = decoded.claims
    if claims.get("iss") != provider.issuer:
        raise Refused("issuer")
    audience = claims.get("aud")
    if provider.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise Refused("audience")
    if ((isinstance(audience, list) and len(audience) > 1) or "azp" in claims) and claims.get(
        "azp"
    ) != provider.client_id:
        raise Refused("authorized party")
    return claims


def _check_times(claims: dict[str, Any], *, expires: bool = True) -> None:
    now = time.time()
    if expires and "exp" not in claims:
        raise Refused("no expiry")
    if "exp" in claims and not now < _number(claims, "exp") + LEEWAY:
        raise Refused("expired")
    if not _number(claims, "iat") - LEEWAY <= now:
        raise Refused("issued in the future")
    if now - _number(claims, "iat") > KEEP:
        raise Refused("issued long ago")
    if "nbf" in claims and not _number(claims, "nbf") - LEEWAY <= now:
        raise Refused("not valid yet")


def _check_strength(provider: Provider, claims: dict[str, Any]) -> None:
    """How sure the provider is, and when the person themselves last showed who they are (ASVS 6.8.4)."""
    if provider.acr and not _listed(claims, "acr", "acrs") & set(provider.acr):
        raise Refused("acr")
    if provider.amr and not _listed(claims, "amr") & set(provider.amr):
        raise Refused("amr")
    if "auth_time" not in claims:
        raise Refused("no auth_time")
    if time.time() - _number(claims, "auth_time") > provider.max_age + LEEWAY:
        raise Refused("auth_time")


def _listed(claims: dict[str, Any], *names: str) -> set[str]:
    values: set[str] = set()
    for name in names:
        value = claims.get(name) or []
        values |= {str(item) for item in (value if isinstance(value, list) else [value])}
    return values


def _number(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"{name} is no time")
    return float(value)


def _documents_of(provider: Provider) -> _ProviderDocuments:
    cached = _cache.get(provider.issuer)
    if cached is not None and time.time() - cached.fetched < KEEP:
        return cached
    document = _json(_http("GET", f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"))
    if document.get("issuer") != provider.issuer:
        raise Away("the provider's document is about another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(document.get(name), str):
            raise Away(f"the provider's document has no {name}")
    _cache[provider.issuer] = fresh = _ProviderDocuments(document, time.time())
    return fresh


def _keys(provider: Provider, *, anew: bool = False) -> KeySet:
    documents = _documents_of(provider)
    with documents.lock:
        if documents.keys is None or anew or time.time() - documents.keys_fetched > KEEP:
            try:
                documents.keys = KeySet.import_key_set(_json(_http("GET", documents.metadata["jwks_uri"])))  # type: ignore[arg-type]
            except (JoseError, KeyError, TypeError, ValueError) as error:
                raise Away("the provider's keys cannot be read") from error
            documents.keys_fetched = time.time()
        return documents.keys


def _http(method: str, address: str, **more: Any) -> httpx.Response:
    try:
        return httpx.request(method, address, timeout=PATIENCE, headers={"Accept": "application/json"}, **more)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Away(f"{type(error).__name__} at {address.split('?')[0]}") from error


def _json(reply: httpx.Response) -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError as error:
        raise Away("the answer is not JSON") from error
    if not isinstance(body, dict):
        raise Away("the answer is not an object")
    return body
