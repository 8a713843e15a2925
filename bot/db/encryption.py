"""What people write and the tokens they trust us with are stored encrypted (Fernet, keys can be rotated)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from contextlib import suppress

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import SettingError, Undecryptable


class Cipher:
    """Encrypts with the first key, reads with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are url-safe base64 Fernet keys, newest first. Raises SettingError when one is malformed."""
        try:
            fernets = [Fernet(key) for key in keys]
        except ValueError as error:
            raise SettingError(
                "LUCY_ENCRYPTION_KEYS: each key must be 32 url-safe base64 bytes (make one: openssl rand -base64 32 | tr '+/' '-_')"
            ) from error
        self._newest, self._fernet = fernets[0], MultiFernet(fernets)
        self._marking = HKDF(SHA256(), 32, salt=None, info=b"lucy fingerprints").derive(keys[0].encode())

    def fingerprint(self, words: bytes) -> bytes:
        """A keyed hash: the same words can be known again, and without the key nobody can try which they were."""
        return hmac.digest(self._marking, words, "sha256")

    def seal(self, text: str) -> bytes:
        """Encrypt; lone surrogates survive the round trip."""
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass"))

    def renewed(self, sealed: bytes) -> bytes | None:
        """The same under the newest key; None when it is already. Raises Undecryptable."""
        with suppress(InvalidToken):
            self._newest.decrypt(sealed)
            return None
        return self.seal(self.open(sealed))

    def open(self, sealed: bytes) -> str:
        """Decrypt. Raises Undecryptable when none of the keys fits."""
        try:
            return self._fernet.decrypt(sealed).decode("utf-8", "surrogatepass")
        except InvalidToken as error:
            raise Undecryptable("no key in LUCY_ENCRYPTION_KEYS opens a stored text") from error


def derived_key(secret: str) -> str:
    """The key every replica that shares `secret` arrives at, for installations that set no key of their own."""
    derived = HKDF(SHA256(), 32, salt=None, info=b"lucy stored texts").derive(secret.encode())
    return base64.urlsafe_b64encode(derived).decode()


def cipher_of(keys: Sequence[str], bot_token: str | None) -> Cipher:
    """These keys; last, or alone, the one derived from what every replica of a single-workspace Lucy shares.

    Raises SettingError.
    """
    if keys and not bot_token:
        return Cipher(keys)
    return Cipher([*keys, derived_key(bot_token or "no texts are stored without Slack")])
