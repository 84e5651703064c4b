"""Compute the digests that are compared with the server's: they must be the same on both sides."""

from collections.abc import Iterable
from hashlib import sha256


def digest_of_texts(texts: Iterable[str]) -> str:
    """Return the SHA-256, in hex, of texts in order, each with its length in bytes before it.

    The server computes the same over ``statements`` and over the list of versions (``sql/read.sql`` and the files
    of ``apply/sql``); the lengths keep ``['ab', 'c']`` apart from ``['a', 'bc']``.
    """
    parts = (f"{len(text.encode())}:{text}" for text in texts)
    return sha256(",".join(parts).encode()).hexdigest()


def digest_of_versions(versions: Iterable[str]) -> str:
    """Return the digest of a set of versions, whatever their order."""
    return digest_of_texts(sorted(versions, key=str.encode))
