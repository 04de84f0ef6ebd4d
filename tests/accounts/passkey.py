"""A passkey made in software, as a device would keep it, and the ways in that a browser takes with it."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field, replace
from typing import Any

import cbor2
from bs4 import BeautifulSoup
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from plass.accounts import passkeys
from plass.accounts.session_store import SessionStore
from plass.organisation.models import User

ORIGIN, RP_ID = "http://localhost", "localhost"
PRESENT, VERIFIED, ATTESTED = 1, 4, 64


@dataclass
class Device:
    """One key of somebody: it signs what it is asked, and counts (unless ``counts`` says otherwise).

    What it says of itself can be changed, to be somebody who lies: the origin, the name it is bound to, whether its owner
    was verified.
    """

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes = b""
    count: int = 0
    counts: bool = True
    origin: str = ORIGIN
    rp_id: str = RP_ID
    verified: bool = True

    def create(self, question: str) -> str:
        """The answer to a question for a new key."""
        asked = json.loads(question)
        self.handle = base64url_to_bytes(asked["user"]["id"])
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        credential_data = bytes(16) + struct.pack(">H", len(self.credential)) + self.credential + cbor2.dumps(cose)
        attested = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + credential_data}
        return self._answer(
            clientDataJSON=self._client_data("webauthn.create", asked["challenge"]),
            attestationObject=cbor2.dumps(attested),
        )

    def get(self, question: str) -> str:
        """The answer to a question for a login."""
        client_data = self._client_data("webauthn.get", json.loads(question)["challenge"])
        self.count += self.counts
        data = self._data()
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=client_data, authenticatorData=data, signature=signature, userHandle=self.handle
        )

    def but(self, **different: Any) -> Device:
        """The same key on a device that is different in this."""
        return replace(self, **different)

    def _data(self, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verified else 0) | more
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **response: bytes) -> str:
        called = bytes_to_base64url(self.credential)
        parts = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": called, "rawId": called, "type": "public-key", "response": parts})


def stranger() -> Client:
    """A browser that asks for the program by the name that keys are bound to."""
    return Client(HTTP_HOST="localhost")


def browser_of(world: Any, account: User) -> Client:
    """The same, logged in."""
    client = stranger()
    client.force_login(world.act_as(account))
    return client


def give(world: Any, account: User, device: Device | None = None, *, name: str = "Nøkkelringen") -> Device:
    """Let ``account`` have a passkey: the device that keeps it."""
    device = device or Device()
    session = SessionStore()
    question = passkeys.question_to_add(session, world.act_as(account))
    to = passkeys.take_question(session, passkeys.NEW)
    assert to is not None
    passkeys.add(device.create(question), by=account, to=to, origin=device.origin, name=name)
    return device


def question_of(client: Client) -> str:
    """What the login page's script is told to ask a device."""
    return client.post("/logg-inn/passnokkel/sporsmal/").content.decode()


def log_in(client: Client, device: Device, **more: str) -> Any:
    """What the login page's script does: asks the device, and sends its answer."""
    return send(client, device.get(question_of(client)), **more)


def send(client: Client, answer: str, **more: str) -> Any:
    """Send an answer as the login page does."""
    return client.post("/logg-inn/passnokkel/", {"answer": answer, **more})


def who(client: Client) -> str | None:
    """Whose login the browser has."""
    return client.session.get("_auth_user_id")


def form_of(page: Any) -> tuple[str, dict[str, str]]:
    """The question on the page for a new key, and what stands in its form."""
    form = BeautifulSoup(page.content, "html.parser").select_one("form[data-passkey=create]")
    assert form is not None, page.status_code
    fields = {element["name"]: element.get("value", "") for element in form.select("input[name]")}
    return str(form["data-question"]), {name: str(value) for name, value in fields.items()}
