"""Where test input that is shared between projects lies; None where this copy of the project stands alone."""

import os
from pathlib import Path

import pytest

_FOUND = Path(os.environ.get("WAYKEEP_SHARED", Path(__file__).parents[2] / "shared"))
SHARED: Path | None = _FOUND if _FOUND.is_dir() else None

needs_shared = pytest.mark.skipif(SHARED is None, reason="no shared test input: set WAYKEEP_SHARED to its folder")
