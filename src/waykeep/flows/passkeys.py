"""Passkeys: enrolling one, and signing in with one alone: the authenticator itself checks the person."""

import asyncio
from base64 import urlsafe_b64decode
from collections import OrderedDict
from typing import Any
from urllib.parse import urlsplit

import msgspec
import webauthn
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from waykeep.errors import AskError
from waykeep.flows.lockout import Limit
from waykeep.flows.signin import Clock, Random, SignIn
from waykeep.store.factors import Passkey
from waykeep.store.records import Records
from waykeep.store.sessions import Source

CHALLENGE_BYTES = 32
# A person finds the key in five minutes or starts again; beyond so many open questions the oldest is dropped.
CHALLENGE_MS, MOST_CHALLENGES, MOST_PASSKEYS = 300_000, 10_000, 20
# A page may ask as soon as it opens, so asking is free for long; but one source must not push out others' questions.
QUESTIONS = Limit(free=1000, first_ms=30_000, longest_ms=900_000, forget_ms=3_600_000)


class _Client(msgspec.Struct):
    challenge: str


class Passkeys:
    """Asks questions and checks their answers; the open questions live in memory only."""

    def __init__(self, rows: Records, signin: SignIn, web_url: str, random: Random, clock: Clock) -> None:
        self._rows, self._signin, self._random, self._clock = rows, signin, random, clock
        parts = urlsplit(web_url)
        self._site, self._origin = parts.hostname or "localhost", f"{parts.scheme}://{parts.netloc}"
        self._open: OrderedDict[bytes, tuple[str | None, int]] = OrderedDict()

    def offer(self, person: str) -> dict[str, Any]:
        """Options for the browser to make a passkey for this person."""
        known = self._rows.people.find(person)
        if known is None:
            raise AskError("not-found", "There is no such account.", 404)
        have = self._rows.factors.passkeys(person)
        if len(have) >= MOST_PASSKEYS:
            raise AskError("passkeys-full", "You have as many passkeys as an account may hold; remove one.", 409)
        options = webauthn.generate_registration_options(
            rp_id=self._site,
            rp_name="Waykeep",
            user_id=person.encode(),
            user_name=known.email or known.name,
            user_display_name=known.name,
            challenge=self._ask(person),
            timeout=CHALLENGE_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes.fromhex(one.credential)) for one in have],
        )
        return _json(webauthn.options_to_json(options))

    async def enrol(self, person: str, name: str, credential: dict[str, Any]) -> Passkey:
        """Check what the browser made and keep it."""
        challenge = self._answered(credential, person)
        try:
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._site,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except Exception as error:  # a foreign parser over a stranger's bytes: whatever it raises means no
            raise _wrong() from error
        passkey = Passkey(
            id="", person=person, name=" ".join(name.split())[:80] or "Passkey", credential=made.credential_id.hex(),
            public_key=made.credential_public_key.hex(), sign_count=made.sign_count, created_ms=self._clock(),
        )  # fmt: skip
        kept = await asyncio.wrap_future(self._rows.factors.add_passkey(passkey))
        if kept is None:
            raise _wrong()
        return kept

    def of(self, person: str) -> list[Passkey]:
        """Every passkey of a person."""
        return self._rows.factors.passkeys(person)

    async def remove(self, person: str, passkey: str) -> None:
        """Take a passkey away."""
        if not await asyncio.wrap_future(self._rows.factors.drop_passkey(person, passkey)):
            raise AskError("not-found", "There is no such passkey.", 404)

    async def ask(self, source: Source) -> dict[str, Any]:
        """Options for the browser to sign in; they name no account, so they tell nothing about any."""
        await self._signin.attempt("passkey", source, QUESTIONS)
        options = webauthn.generate_authentication_options(
            rp_id=self._site,
            challenge=self._ask(None),
            timeout=CHALLENGE_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _json(webauthn.options_to_json(options))

    async def sign_in(self, credential: dict[str, Any], source: Source) -> str:
        """Check the answer and open a session; gives its secret."""
        challenge = self._answered(credential, None)
        known = self._rows.factors.by_credential(_credential_id(credential))
        if known is None:
            raise _wrong()
        try:
            shown = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._site,
                expected_origin=self._origin,
                credential_public_key=bytes.fromhex(known.public_key),
                credential_current_sign_count=known.sign_count,
                require_user_verification=True,
            )
        except Exception as error:
            raise _wrong() from error
        used = self._rows.factors.use_passkey(known.id, shown.new_sign_count, self._clock())
        if not await asyncio.wrap_future(used):
            raise _wrong()
        return await self._signin.begin(known.person, "passkey", source)

    def _ask(self, person: str | None) -> bytes:
        challenge, now_ms = self._random(CHALLENGE_BYTES), self._clock()
        self._open[challenge] = (person, now_ms)
        while len(self._open) > MOST_CHALLENGES:
            self._open.popitem(last=False)
        return challenge

    def _answered(self, credential: dict[str, Any], person: str | None) -> bytes:
        """The question that this answers, asked of the same person not long ago; it is answered once."""
        try:
            client = msgspec.json.decode(_bytes(credential["response"]["clientDataJSON"]), type=_Client)
            challenge = _bytes(client.challenge)
        except (KeyError, TypeError, ValueError, msgspec.MsgspecError) as error:
            raise _wrong() from error
        asked = self._open.pop(challenge, None)
        if asked is None or asked[0] != person or not 0 <= self._clock() - asked[1] < CHALLENGE_MS:
            raise _wrong()
        return challenge


def _credential_id(credential: dict[str, Any]) -> str:
    try:
        return _bytes(credential["id"]).hex()
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong() from error


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])


def _wrong() -> AskError:
    return AskError("passkey-refused", "This passkey was not accepted; try again or sign in another way.", 401)
