"""What the document calls identifying stands in no clear column."""

import pytest

from waykeep.errors import StartError
from waykeep.store import datamap, documents
from waykeep.store.schema import FILES


def test_every_shipped_document_finds_its_identifying_columns_sealed():
    for profile in ("base", "pars", "smartpar", "ivms", "trak", "safetrack"):
        categories = documents.policy(profile, fill=True).parts.categories
        datamap.check_document(FILES.values(), {name for name, one in categories.items() if one.identifying})


def test_a_clear_column_of_an_identifying_category_is_named():
    with pytest.raises(StartError, match=r"person\.language holds account\.preference in clear"):
        datamap.check_document(FILES.values(), {"account.preference"})
