"""The column type for what identifies: the store keeps only sealed bytes of it."""

from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Sealed(TypeDecorator[bytes]):
    """Bytes that the vault sealed under a subject's key; `category` names what is inside."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, category: str) -> None:
        super().__init__()
        self.category = category

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Let sealed bytes through and nothing else: text here would be a leak."""
        if value is not None and not isinstance(value, bytes):
            raise TypeError("a Sealed column takes sealed bytes only")
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Give the sealed bytes back as they are; the vault opens them."""
        return None if value is None else bytes(value)
