"""Passwords: strong enough, hashed with argon2id in a thread of its own, and checked in the same time for nobody."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from waykeep.errors import AskError
from waykeep.store.tables import folded

T = TypeVar("T")

SHORTEST, LONGEST = 10, 256
# Each hash holds 64 MiB and a core for a sixth of a second: two at a time, and a queue that a person would wait for.
LANES, QUEUE = 2, 32

# Long enough, and still among the first that anybody tries; sequences and repeats are found by rule.
_COMMON = frozenset({
    "password12", "password123", "password1234", "passwordpassword", "mypassword1", "administrator", "administrator1",
    "admin12345", "admin123456", "adminadmin", "welcome123", "welcome1234", "letmein123", "letmeinplease",
    "iloveyou12", "iloveyou123", "qwertyuiop", "qwerty1234", "qwerty12345", "qwerty123456", "asdfghjkl1",
    "zxcvbnm123", "1q2w3e4r5t", "1qaz2wsx3edc", "changeme12", "changeme123", "changemenow", "football123",
    "baseball123", "superman123", "sunshine123", "princess123", "dragon1234", "monkey1234", "trustno1234",
    "whatever123", "tracker123", "tracking123", "waykeep123", "waykeepwaykeep", "fleet12345", "company123",
    "qazwsxedcrfv", "abcd123456", "a123456789", "aa12345678", "abc1234567", "test123456", "testtest12",
    "default1234", "secret1234",
})  # fmt: skip


def check(password: str, *names: str | None, least: int = SHORTEST) -> None:
    """Refuse a password that is short, common, one pattern, or built from the person's own name or address."""
    if not least <= len(password) <= LONGEST:
        raise AskError("password-length", f"Use a password of {least} to {LONGEST} characters.", 422)
    plain = folded(password)
    if plain in _COMMON or _is_pattern(plain):
        raise AskError("password-common", "This password is among the first that are tried; choose another.", 422)
    for name in names:
        words = (folded(name or "").replace("@", " ").replace(".", " ")).split()
        if any(len(word) >= 4 and word in plain for word in words):
            raise AskError("password-name", "A password must not contain your name or address.", 422)


def _is_pattern(plain: str) -> bool:
    steps = {ord(b) - ord(a) for a, b in pairwise(plain)}
    return len(set(plain)) < 4 or steps <= {1, -9} or steps <= {-1, 9} or plain in (plain * 2)[1:-1]


class Passwords:
    """Hashes and checks off the event loop. `hasher` decides the cost, `least` how short a new password may be."""

    def __init__(self, hasher: PasswordHasher, least: int = SHORTEST) -> None:
        self._hasher, self.least = hasher, max(SHORTEST, least)
        self._threads = ThreadPoolExecutor(LANES, "argon2")
        self._waiting = 0
        self._nobody = hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The text to keep."""
        return await self._run(self._hasher.hash, password)

    async def agrees(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one; for no account the same work is done and the answer is no."""
        right = await self._run(self._verify, stored or self._nobody, password)
        return right and stored is not None

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *values: str) -> T:
        if self._waiting >= QUEUE:
            raise AskError("busy", "Too many people are signing in at this moment; try again.", 503)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *values)
        finally:
            self._waiting -= 1
