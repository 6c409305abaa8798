"""The public pages as HTML: no script, no cookie, nothing loaded but one style sheet of our own."""

from collections.abc import Iterable, Mapping
from html import escape

from waykeep.policy.changes import Change
from waykeep.policy.text import Quoted, Section, Sentence, Standing, Text
from waykeep.policy.text_tables import Grid
from waykeep.policy.wording import Words

SHEET = "/privacy/page.css"
NAMES = {"en": "English", "fa": "فارسی", "ar": "العربية", "zh-CN": "简体中文"}
HASH = 16  # signs of a fingerprint that a person may compare
STYLE = """
:root { color-scheme: light dark; --paper: #f4f1ea; --surface: #fffdf8; --ink: #1e2320; --soft: #59615b;
  --line: #dedacf; --accent: #1d4a73; --good: #17703f; --wait: #8f5400 }
@media (prefers-color-scheme: dark) { :root { --paper: #131412; --surface: #1b1d1a; --ink: #ebe8df; --soft: #a9aca1;
  --line: #34372f; --accent: #a5c8ea; --good: #58c98f; --wait: #e6aa55 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, sans-serif }
:lang(fa), :lang(ar) { line-height: 1.8 }
header, main, footer { max-width: 52rem; margin: 0 auto; padding: 16px }
header { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; justify-content: space-between }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px }
h1 { font-size: 1.6rem; line-height: 1.3; margin: 8px 0 4px } h2 { font-size: 1.2rem; margin: 0 0 8px }
h3 { font-size: 1rem; margin: 16px 0 8px } p { margin: 8px 0 } a { color: var(--accent) }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin: 16px 0 }
.soft, footer { color: var(--soft); font-size: .9rem } ul { margin: 4px 0; padding-inline-start: 1.4rem }
code { font-family: ui-monospace, monospace; font-size: .88em; overflow-wrap: anywhere }
.mark { font-size: .78rem; border: 1px solid currentColor; border-radius: 8px; padding: 0 6px; white-space: nowrap }
.proven, .pass, .attested { color: var(--good) } .unproven, .not_yet, .fail { color: var(--wait) }
.room { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .92rem }
th, td { text-align: start; vertical-align: top; padding: 6px 12px 6px 0; min-width: 6rem;
  border-bottom: 1px solid var(--line) }
td div + div { margin-top: 4px } [dir=rtl] th, [dir=rtl] td { padding: 6px 0 6px 12px }
details { margin-top: 12px } summary { cursor: pointer; color: var(--accent) }
form { display: grid; gap: 12px; max-width: 32rem } label { display: grid; gap: 4px; font-weight: 600 }
label small { font-weight: 400; color: var(--soft) }
input, select, textarea { font: inherit; font-weight: 400; color: inherit; background: var(--paper);
  border: 1px solid var(--soft);
  border-radius: 8px; padding: 8px; width: 100%; min-height: 44px }
button { font: inherit; font-weight: 600; justify-self: start; min-height: 44px; padding: 8px 20px; border: 0;
  border-radius: 8px; background: var(--accent); color: var(--surface); cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
"""


def shell(title: str, body: str, words: Words, path: str, links: Mapping[str, str]) -> str:
    """A whole page: its links to the others, its languages, its body."""
    direction = "rtl" if words.right_to_left else "ltr"
    spoken = "".join(_language(code, name, path, words) for code, name in NAMES.items())
    nav = "".join(f'<a href="{escape(to)}">{escape(name)}</a>' for to, name in links.items())
    return (
        f'<!doctype html><html lang="{words.language}" dir="{direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f'<link rel="icon" href="/mark.svg"><link rel="stylesheet" href="{SHEET}"></head><body><header><nav>{nav}</nav>'
        f'<nav aria-label="{escape(words.say("page.languages"))}">{spoken}</nav></header>'
        f"<main>{body}</main></body></html>\n"
    )


def text(found: Text, words: Words, note: str) -> str:
    """The body of the text: its title, what it is, and its sections."""
    made = escape(words.say("page.made", {"version": words.foreign(found.version)}))
    print_ = f'<code dir="ltr" title="{found.hash}">{found.hash[:HASH]}</code>'
    told = f"{made} {escape(words.say('page.fingerprint'))} {print_}"
    sections = "".join(_section(one, words) for one in found.sections)
    return f'<h1>{escape(found.title)}</h1><p class="soft">{told}</p><p class="soft">{note}</p>{sections}'


def table(head: Iterable[str], rows: Iterable[Iterable[str]], title: str) -> str:
    """A table of cells that are HTML already; it scrolls by itself where it is too wide."""
    columns = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    named = f'tabindex="0" role="region" aria-label="{escape(title)}"'
    return f'<div class="room" {named}><table><thead><tr>{columns}</tr></thead><tbody>{lines}</tbody></table></div>'


def changes(found: Iterable[Change], words: Words) -> str:
    """What differs between two versions."""
    rows = [
        (escape(words.name("kind", one.kind)), _code(one.key), _plain(one.before, words), _plain(one.after, words))
        for one in found
    ]
    if not rows:
        return f"<p>{escape(words.say('diff.none'))}</p>"
    return table([words.say(f"diff.{one}") for one in ("what", "key", "before", "after")], rows, words.say("diff.what"))


def quoted(found: Iterable[Quoted], words: Words, evidence: Mapping[str, tuple[str, ...]] | None = None) -> str:
    """Clauses of the register, each with its controls and what the last proof says; with its evidence where given."""
    head = [words.say(f"proof.{one}") for one in ("clause", "says", "control", "result")]
    rows = []
    for one in found:
        cells = [_code(one.id), f'<span lang="en" dir="ltr">{escape(one.says)}</span>', _code(", ".join(one.controls))]
        cells.append(
            "–" if one.result is None else _mark(one.result.value, words.say(f"page.result.{one.result.value}"))
        )
        if evidence is not None:
            cells.append("".join(f'<div lang="en" dir="ltr">{escape(line)}</div>' for line in evidence.get(one.id, ())))
        rows.append(cells)
    head += [words.say("proof.evidence")] if evidence is not None else []
    return table(head, rows, words.say("proof.clause"))


def paragraphs(lines: Iterable[str]) -> str:
    """Each line as a paragraph; empty ones are left out."""
    return "".join(f"<p>{escape(one)}</p>" for one in lines if one)


def form(
    action: str,
    rights: Iterable[str],
    limits: Mapping[str, int],
    typed: Mapping[str, str],
    wrong: str,
    words: Words,
) -> str:
    """The form of a request: what was typed stands in it again, with what was wrong above it."""
    had = {name: escape(typed.get(name, "")) for name in ("right", "name", "contact", "text")}
    say = {
        name: escape(words.say(f"form.{name}"))
        for name in ("title", "lead", "name", "contact", "right", "text", "send")
    }
    hint = {name: f"<small>{escape(words.say(f'form.{name}_hint'))}</small>" for name in ("contact", "text")}
    choices = "".join(_choice(one, words, chosen=had["right"] == one) for one in rights)
    most = {name: f'name="{name}" maxlength="{limits[name]}"' for name in ("name", "contact", "text")}
    fields = (
        f'<label>{say["right"]}<select name="right">{choices}</select></label>'
        f'<label>{say["name"]}<input {most["name"]} autocomplete="name" value="{had["name"]}"></label>'
        f'<label>{say["contact"]}{hint["contact"]}<input {most["contact"]} required value="{had["contact"]}"></label>'
        f'<label>{say["text"]}{hint["text"]}<textarea {most["text"]} rows="5">{had["text"]}</textarea></label>'
    )
    told = f'<p role="alert" class="unproven">{escape(words.say("form.wrong", {"why": wrong}))}</p>' if wrong else ""
    return (
        f'<h1>{say["title"]}</h1><p>{say["lead"]}</p><section>{told}<form method="post" action="{escape(action)}">'
        f"{fields}<button>{say['send']}</button></form></section>"
    )


def _choice(right: str, words: Words, *, chosen: bool) -> str:
    return f'<option value="{right}"{" selected" if chosen else ""}>{escape(words.name("right", right))}</option>'


def _section(one: Section, words: Words) -> str:
    sentences = "".join(_sentence(each, words) for each in one.sentences)
    held = ""
    if one.withheld:
        told = words.say("page.withheld", {"n": words.number(one.withheld)})
        held = f'<p class="soft">{escape(told)}</p>'
    tables = "".join(_grid(each) for each in one.tables)
    clauses = ""
    if one.quoted:
        summary = words.say("page.quoted", {"n": words.number(len(one.quoted))})
        clauses = f"<details><summary>{escape(summary)}</summary>{quoted(one.quoted, words)}</details>"
    return f'<section id="{one.id}"><h2>{escape(one.title)}</h2>{sentences}{held}{tables}{clauses}</section>'


def _sentence(one: Sentence, words: Words) -> str:
    mark = (
        ""
        if one.standing is Standing.NO_PROOF
        else f" {_mark(one.standing.value, words.say(f'page.{one.standing.value}'))}"
    )
    held = f'data-controls="{" ".join(one.controls)}" data-clauses="{" ".join(one.clauses)}"'
    items = f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in one.items)}</ul>" if one.items else ""
    return f'<div {held} data-keys="{escape(" ".join(one.keys))}"><p>{escape(one.text)}{mark}</p>{items}</div>'


def _grid(one: Grid) -> str:
    rows = [["".join(f"<div>{_linked(line)}</div>" for line in cell) for cell in row] for row in one.rows]
    return f"<h3>{escape(one.title)}</h3>{table(one.head, rows, one.title)}"


def _linked(line: str) -> str:
    """A line; the address of someone else's page as a link that tells them nothing of the reader."""
    told = escape(line)
    return f'<a rel="external noreferrer" dir="ltr" href="{told}">{told}</a>' if line.startswith("https://") else told


def _mark(kind: str, told: str) -> str:
    return f'<span class="mark {kind}">{escape(told)}</span>'


def _code(told: str) -> str:
    return f'<code dir="ltr">{escape(told)}</code>'


def _plain(told: str, words: Words) -> str:
    return f'<span dir="ltr">{escape(told)}</span>' if told else escape(words.say("nothing"))


def _language(code: str, name: str, path: str, words: Words) -> str:
    here = ' aria-current="true"' if code == words.language else ""
    joined = "&amp;" if "?" in path else "?"
    return f'<a href="{escape(path)}{joined}lang={code}" lang="{code}"{here}>{name}</a>'
