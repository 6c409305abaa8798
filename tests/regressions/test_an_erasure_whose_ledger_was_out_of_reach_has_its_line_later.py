"""A ledger that was out of reach while someone was forgotten left a certificate without a line, and rows unswept."""

import asyncio

import pytest

from houses import NOON_MS, House
from waykeep.errors import StoreError


def test_an_erasure_whose_ledger_was_out_of_reach_has_its_line_later(tmp_path, monkeypatch):
    house = House(tmp_path)
    van = house.device(house.tenant())
    house.report(van, NOON_MS)

    def out_of_reach(*_, **__):
        raise StoreError("the second place is out of reach")

    async def forget():
        with monkeypatch.context() as patch:
            patch.setattr(house.ledger, "action", out_of_reach)
            with pytest.raises(StoreError):
                await house.rights.forget(van)
        await house.rights.swept()
        await house.rights.certify_owed()

    asyncio.run(forget())

    assert [line.kind for line in house.ledger.lines_of("t0")] == ["erasure"]
    assert house.vault.erasures.uncertified() == ()
    assert van.encode() not in house.raw("data")
    house.close()
