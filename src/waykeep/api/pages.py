"""Pages that anyone may read without an account, a cookie or a script: the policy's text, its proof, the form."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.params import Parameter

from waykeep.api.desk import TRY
from waykeep.api.doors import NOT_KEPT
from waykeep.api.rights import LAST_NUMBER
from waykeep.api.session import Ask, source_of
from waykeep.errors import AskError
from waykeep.flows.desk import LONGEST_CONTACT, LONGEST_NAME, Desk
from waykeep.flows.publictext import PublicText
from waykeep.flows.publishing import Listed
from waykeep.flows.signin import SignIn
from waykeep.policy.cases import LONGEST_TEXT
from waykeep.policy.text import Text
from waykeep.policy.wording import Words
from waykeep.reports import publicpage
from waykeep.store.cases import Said
from waykeep.store.documents import LANGUAGES
from waykeep.store.proof import SignedReport

POLICY, PROOF, FORM = "/privacy", "/proof", "/privacy/request"
NOTHING: Mapping[str, str] = {}
CHECK = "waykeep check proof FILE --key KEY"

Number = Annotated[int, Parameter(ge=1, le=LAST_NUMBER)]
Lang = Annotated[str | None, Parameter(max_length=10)]


@get("/privacy", include_in_schema=False)
async def policy(request: Ask, public: PublicText, lang: Lang = None) -> Response[str]:
    """The text in force."""
    words = public.words(_spoken(request, lang))
    text, listed = await asyncio.to_thread(lambda: (public.text(words.language), public.archive.listed()))
    body = publicpage.text(text, words, _marked(public.marks(), words)) + _versions(listed, words)
    return _page(text.title, body, words, POLICY, request)


@get("/privacy/versions/{number:int}", include_in_schema=False)
async def version(request: Ask, public: PublicText, number: Number, lang: Lang = None) -> Response[str]:
    """The text of one version, where it is open to everyone."""
    words = public.words(_spoken(request, lang))
    try:
        text = await asyncio.to_thread(public.text, words.language, number)
    except AskError as error:
        return _closed(error, words, request)
    return _page(text.title, publicpage.text(text, words, ""), words, f"{POLICY}/versions/{number}", request)


@get("/privacy/versions/{number:int}/changes", include_in_schema=False)
async def changes(request: Ask, public: PublicText, number: Number, lang: Lang = None) -> Response[str]:
    """What one version changed."""
    words = public.words(_spoken(request, lang))
    try:
        text, found = await asyncio.to_thread(lambda: (public.text(words.language, number), public.changes(number)))
    except AskError as error:
        return _closed(error, words, request)
    title = words.say("diff.title", {"version": words.foreign(text.version)})
    body = f"<h1>{escape(title)}</h1><section>{publicpage.changes(found, words)}</section>"
    return _page(title, body, words, f"{POLICY}/versions/{number}/changes", request)


@get("/proof", include_in_schema=False)
async def proof(request: Ask, public: PublicText, lang: Lang = None) -> Response[str]:
    """The last signed proof, clause by clause."""
    words = public.words(_spoken(request, lang))
    signed = await asyncio.to_thread(public.proof)
    title = words.say("proof.title", {"product": words.foreign(public.policy.parts.product)})
    if signed is None:
        body = f"<h1>{escape(title)}</h1><section><p>{escape(words.say('proof.none'))}</p></section>"
    else:
        text = await asyncio.to_thread(public.text, words.language)
        body = _proof(title, signed, text, words)
    return _page(title, body, words, PROOF, request)


@get("/privacy/request", include_in_schema=False)
async def form(request: Ask, public: PublicText, lang: Lang = None) -> Response[str]:
    """The form for everyone who has no account."""
    words = public.words(_spoken(request, lang))
    return _form(public, words, request)


@post("/privacy/request", include_in_schema=False, status_code=200)
async def write_in(request: Ask, public: PublicText, desk: Desk, signin: SignIn, lang: Lang = None) -> Response[str]:
    """Take the form; what was wrong is said above it, and nothing that was typed is lost."""
    words = public.words(_spoken(request, lang))
    typed = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    try:
        await signin.attempt(TRY, source_of(request))
        said = Said(name=typed.get("name", ""), contact=typed.get("contact", ""), text=typed.get("text", ""))
        _fits(said)
        made = await desk.write_in(typed.get("right", ""), said)
    except AskError as error:
        return _form(public, words, request, typed, error)
    due = "" if made.due_ms is None else words.say("form.due", {"when": _day(made.due_ms, words)})
    told = [words.say("form.sent"), words.say("form.number", {"number": words.foreign(made.id)}), due]
    title = words.say("form.title")
    body = f'<h1>{escape(title)}</h1><section role="status">{publicpage.paragraphs(told)}</section>'
    return _page(title, body, words, FORM, request)


@get(publicpage.SHEET, include_in_schema=False, sync_to_thread=False)
def style() -> Response[str]:
    """How the public pages look."""
    return Response(publicpage.STYLE, media_type="text/css; charset=utf-8")


@get("/policy/text")
async def text(request: Ask, public: PublicText, lang: Lang = None) -> Text:
    """The public text as data: each sentence with its keys, controls, clauses and what the last proof says of it."""
    return await asyncio.to_thread(public.text, _spoken(request, lang))


@get("/proof")
async def signed_proof(public: PublicText) -> SignedReport:
    """The last published proof with its signature."""
    found = await asyncio.to_thread(public.proof)
    if found is None:
        raise AskError("no-proof", "No proof has been published here.", 404)
    return found


def _closed(error: AskError, words: Words, request: Ask) -> Response[str]:
    """A page for who followed a link to what is not handed out here."""
    title = words.say("page.versions")
    body = f'<h1>{escape(title)}</h1><section><p lang="en">{escape(error.text)}</p></section>'
    return _page(title, body, words, POLICY, request, error.status)


def _fits(said: Said) -> None:
    for field, text, most in (("name", said.name, LONGEST_NAME), ("contact", said.contact, LONGEST_CONTACT)):
        if len(text) > most:
            raise AskError(f"{field}-too-long", f"The {field} may have {most} signs.", 422)


def _page(title: str, body: str, words: Words, path: str, request: Ask, status: int = 200) -> Response[str]:
    asked = f"?lang={words.language}" if request.query_params.get("lang") else ""
    links = {
        f"{POLICY}{asked}": words.say("page.policy"),
        f"{PROOF}{asked}": words.say("page.read_proof"),
        f"{FORM}{asked}": words.say("page.ask"),
        "/": words.say("page.sign_in"),
    }
    content = publicpage.shell(title, body, words, path, links)
    headers = {"cache-control": "no-cache", "vary": "accept-language", "content-language": words.language}
    return Response(content, status_code=status, media_type="text/html; charset=utf-8", headers=headers)


def _spoken(request: Ask, asked: str | None) -> str:
    """The language that was asked for by name, else the first of the browser's that there are words for."""
    wanted = [asked] if asked else request.headers.get("accept-language", "").split(",")
    known = {code.partition("-")[0].lower(): code for code in LANGUAGES}
    first = (one.partition(";")[0].strip().partition("-")[0].lower() for one in wanted)
    return next((known[one] for one in first if one in known), "en")


def _marked(signed: SignedReport | None, words: Words) -> str:
    if signed is None:
        return escape(words.say("page.no_proof"))
    told = escape(words.say("page.proof", {"when": _day(signed.proof.made_ms, words)}))
    return f'{told} <a href="{PROOF}?lang={words.language}">{escape(words.say("page.read_proof"))}</a>'


def _versions(listed: tuple[Listed, ...], words: Words) -> str:
    rows = []
    for one in listed:
        told = {"version": words.foreign(one.version), "when": _day(one.effective_ms, words)}
        line = escape(words.say("page.version_line", told))
        line += f" · <b>{escape(words.say('page.in_force'))}</b>" if one.in_force else ""
        here = f"{POLICY}/versions/{one.number}"
        if not one.open:
            line += f' · <a href="{FORM}?lang={words.language}">{escape(words.say("page.on_request"))}</a>'
        elif not one.in_force:
            line += f' · <a href="{here}?lang={words.language}">{escape(words.say("page.source"))}</a>'
        if one.open and one.number > 1:
            line += f' · <a href="{here}/changes?lang={words.language}">{escape(words.say("page.differs"))}</a>'
        rows.append(f"<li>{line}</li>")
    return f'<section id="versions"><h2>{escape(words.say("page.versions"))}</h2><ul>{"".join(rows)}</ul></section>'


def _proof(title: str, signed: SignedReport, text: Text, words: Words) -> str:
    one = signed.proof
    counts = words.say("proof.counts", {name: words.number(count) for name, count in one.counts.items()})
    lead = [words.say("proof.lead", {"when": _day(one.made_ms, words), "counts": counts})]
    if one.policy_hash != text.hash:
        lead.append(words.say("proof.other", {"hash": words.foreign(one.policy_hash[: publicpage.HASH])}))
    lead.append(words.say("proof.signed", {"key": words.foreign(signed.key)}))
    lead.append(words.say("proof.check", {"command": words.foreign(CHECK)}))
    results = {judged.id: judged for judged in one.clauses}
    found = [
        msgspec.structs.replace(clause, result=results[clause.id].result)
        for section in text.sections
        for clause in section.quoted
        if clause.id in results
    ]
    evidence = {id_: (*one.evidence, *((one.missing,) if one.missing else ())) for id_, one in results.items()}
    table = publicpage.quoted(found, words, evidence)
    paragraphs = publicpage.paragraphs(lead)
    file = f'<p><a href="/v1/proof">{escape(words.say("proof.file"))}</a></p>'
    return f"<h1>{escape(title)}</h1><section>{paragraphs}{file}</section><section>{table}</section>"


def _form(
    public: PublicText, words: Words, request: Ask, typed: Mapping[str, str] = NOTHING, error: AskError | None = None
) -> Response[str]:
    title = words.say("form.title")
    limits = {"name": LONGEST_NAME, "contact": LONGEST_CONTACT, "text": LONGEST_TEXT}
    wrong = "" if error is None else error.text
    rights = public.policy.parts.rights.all
    body = publicpage.form(f"{FORM}?lang={words.language}", rights, limits, typed, wrong, words)
    return _page(title, body, words, FORM, request, 200 if error is None else error.status)


def _day(at_ms: int, words: Words) -> str:
    return words.foreign(f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d}")


ROUTER = Router("/", route_handlers=[policy, version, changes, proof, form, write_in, style])
DATA = Router("/v1", route_handlers=[text, signed_proof], tags=["Promises"], response_headers=NOT_KEPT)
