"""Publishing a document: what is refused, when it holds, and what everyone may read of it."""

import asyncio

import pytest

from waykeep.errors import AskError, StartError
from waykeep.flows import publishing
from waykeep.flows.publictext import PublicText
from waykeep.flows.publishing import Archive, Publishing
from waykeep.policy.lengths import DAY_MS
from waykeep.store import documents, versions
from waykeep.store.engine import Database
from waykeep.store.promise_tables import METADATA
from waykeep.store.versions import Versions

NOW_MS = 1_800_000_000_000
MINOR = "categories: {identity.name: {says: Names}}"
BIG = "purposes: {profiling: {basis: consent, reads: [location.precise]}}"


class Home:
    """An installation's versions, its clock, and what the ledger was told."""

    def __init__(self, folder, profile):
        self.database = Database(folder / "waykeep.db", METADATA)
        self.versions, self.now_ms, self.noted = Versions(self.database, b"s" * 32), NOW_MS, []
        self.profile, self.policy = profile, documents.policy(profile, fill=True)
        publishing.begin(self.versions, self.policy, versions.SHIPPED, NOW_MS)

    def note(self, kind, detail):
        self.noted.append((kind, detail))
        done = self.database.write(lambda _: 0)
        done.result()
        return done

    def publish(self, text, version="2099-01-01", file=None, **more):
        content = f"extends: {self.profile}\nid: mine\nversion: {version}\n{text}\n"
        flow = Publishing(self.versions, lambda: self.now_ms, self.note, fill=True, file=file)
        return asyncio.run(flow.publish({"name": "mine.yaml", "content": content} | more))

    def archive(self):
        return Archive(self.versions, self.policy, lambda: self.now_ms)


@pytest.fixture
def home(tmp_path, request):
    made = Home(tmp_path, getattr(request, "param", "trak"))
    yield made
    made.database.close()


def refused(home, *words, **more):
    with pytest.raises(AskError) as told:
        home.publish(*words, **more)
    return told.value.slug


def test_a_minor_change_holds_at_once_and_is_in_the_ledger(home):
    told = home.publish(MINOR, minor=True)
    assert (told["number"], told["weight"], told["effective_ms"]) == ("2", "minor", str(NOW_MS))
    assert home.versions.in_force(NOW_MS).hash == told["hash"]
    assert [kind for kind, _ in home.noted] == ["policy-published"]


def test_a_change_that_matters_cannot_be_called_minor_and_waits_for_its_lead(home):
    assert refused(home, BIG, minor=True) == "change-is-material"
    assert refused(home, BIG, effective_ms=NOW_MS + 14 * DAY_MS - 1) == "lead-too-short"
    told = home.publish(BIG)
    assert (told["weight"], told["effective_ms"]) == ("material", str(NOW_MS + 14 * DAY_MS))
    assert home.versions.in_force(NOW_MS + 14 * DAY_MS - 1).number == 1
    assert home.versions.in_force(NOW_MS + 14 * DAY_MS).number == 2


def test_the_same_document_and_one_that_is_not_newer_are_refused(home):
    home.publish(MINOR, version="2099-01-02")
    assert refused(home, MINOR, version="2099-01-02") == "policy-unchanged"
    assert refused(home, BIG, version="2099-01-01") == "version-not-newer"


def test_where_the_settings_name_a_file_that_file_is_published_and_no_other(home, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"extends: trak\nid: mine\nversion: 2099-01-01\n{MINOR}\n")
    assert refused(home, BIG, file=mine) == "policy-file-differs"
    assert home.publish(MINOR, file=mine)["number"] == "2"


def test_an_invalid_document_is_refused_with_its_line(home):
    with pytest.raises(StartError, match=r"mine.yaml:4: age.minimum"):
        home.publish("age: {minimum: young}")


@pytest.mark.parametrize("home", ["safetrack"], indirect=True)
def test_where_a_text_holds_from_its_posting_a_later_day_is_refused(home):
    text = "purposes: {profiling: {basis: consent, reads: [identity.name]}}"
    assert refused(home, text, effective_ms=NOW_MS + 1) == "effective-on-posting"
    assert home.publish(text)["effective_ms"] == str(NOW_MS)


@pytest.mark.parametrize(
    ("home", "listed", "older"), [("trak", [2, 1], True), ("ivms", [2, 1], False), ("pars", [2], False)],
    indirect=["home"],
)  # fmt: skip
def test_the_archive_is_as_open_as_the_document_says(home, listed, older):
    home.publish(MINOR)
    archive = home.archive()
    assert [one.number for one in archive.listed()] == listed
    assert archive.listed()[0].in_force
    assert archive.text(2)[-1][0] == "mine.yaml"
    if older:
        assert archive.text(1) == home.policy.layers
    else:
        with pytest.raises(AskError) as told:
            archive.text(1)
        assert told.value.slug == "version-not-open"


def test_a_start_finds_what_was_published_and_refuses_what_was_not(home, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"extends: trak\nid: mine\nversion: 2099-01-01\n{MINOR}\n")

    def started(file, now_ms=NOW_MS):
        return documents.in_force("trak", file, home.versions.all(), now_ms, fill=True)

    with pytest.raises(StartError, match="waykeep policy publish"):
        started(mine)
    home.publish(MINOR)
    assert started(mine).hash == started(None).hash == home.versions.in_force(NOW_MS).hash
    mine.write_text(mine.read_text() + "# a byte more\n")
    with pytest.raises(StartError, match="waykeep policy publish"):
        started(mine)
    mine.write_text(mine.read_text().removesuffix("# a byte more\n"))
    home.publish(BIG, version="2099-01-02")
    assert started(mine, NOW_MS + 14 * DAY_MS - 1).hash == home.versions.all()[1].hash
    with pytest.raises(StartError, match="waykeep policy publish"):  # the older one, once the newer one holds
        started(mine, NOW_MS + 14 * DAY_MS)


def test_a_version_whose_form_is_no_longer_known_is_told_so_and_not_an_error(home):
    made = home.publish(MINOR, minor=True)
    with home.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM policy_version").fetchone() == (2,)
    home.database.write(
        lambda link: link.execute('UPDATE policy_version SET chain = \'[["base.yaml", "schema: policy/0"]]\'')
    ).result()
    public = PublicText(home.policy, (), home.archive(), None, documents.words)
    for asked in (lambda: public.text("en", int(made["number"])), lambda: public.changes(int(made["number"]))):
        with pytest.raises(AskError) as told:
            asked()
        assert (told.value.slug, told.value.status) == ("version-too-old", 404)


@pytest.mark.parametrize("home", ["ivms", "safetrack"], indirect=True)
def test_what_a_version_changed_can_be_read_also_where_the_older_text_cannot(home):
    made = home.publish(BIG if home.profile == "ivms" else "contacts: {privacy: {phone: '1'}}")
    number = int(made["number"])
    public = PublicText(home.policy, (), home.archive(), None, documents.words, fill=True)
    for moment_ms in (home.now_ms, int(made["effective_ms"]) + DAY_MS):
        home.now_ms = moment_ms
        assert public.changes(number)
    with pytest.raises(AskError):
        public.text("en", number - 1)
    with pytest.raises(AskError):
        public.changes(number - 1)
    with pytest.raises(AskError):
        public.changes(number + 1)
