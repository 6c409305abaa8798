"""What every part of a policy document is made of."""

from typing import NewType

import msgspec

Length = NewType("Length", str)  # ISO 8601, or a word of lengths.py
Texts = tuple[str, ...]


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mapping of the document."""
