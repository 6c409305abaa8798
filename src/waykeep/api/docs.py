"""The API's description: OpenAPI as JSON, and a page made from it that loads nothing from outside and runs nothing."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import msgspec
from litestar import Litestar, Response, Router, get
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Contact, License

from waykeep import __version__
from waykeep.api.doors import by_name

CONFIG = OpenAPIConfig(
    title="Waykeep",
    version=__version__,
    description="Sign in with the cookie `sid` or send `Authorization: Bearer` and a token. Errors are {slug, text}.",
    license=License(name="Apache-2.0", identifier="Apache-2.0"),
    contact=Contact(name="The operator of this server"),
    render_plugins=[JsonRenderPlugin()],  # the framework's other pages load scripts from outside
    use_handler_docstrings=True,
)
METHODS = ("get", "post", "put", "patch", "delete")
PROBLEM = {
    "description": "Nothing was done; the text says why.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; background: #fff; }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #d5dde5 }
details { border: 1px solid #d5dde5; border-radius: 8px; margin: .4rem 0; padding: .3rem .7rem }
summary { cursor: pointer } code { font-family: ui-monospace, monospace; font-size: .92em }
.method { display: inline-block; min-width: 4.2rem; font-weight: 600; text-transform: uppercase; font-size: .8em }
table { border-collapse: collapse; margin: .4rem 0 } td, th { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top }
@media (prefers-color-scheme: dark) { body { color: #dbe4ec; background: #11181f } details, h2 { border-color: #33414e } a { color: #8fc1ff } }
"""  # noqa: E501 - a style sheet


def description(
    routers: Sequence[Router], dependencies: Mapping[str, Provide], files: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The OpenAPI document, from an application that is described and never served; any route may give a Problem.

    `files` names the media types of routes that answer with a file.
    """
    with by_name():
        app = Litestar([*routers], dependencies=dict(dependencies), openapi_config=CONFIG, logging_config=None)
        document: dict[str, Any] = app.openapi_schema.to_schema()
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    text = {"type": "string"}
    schemas["Problem"] = {"type": "object", "required": ["slug", "text"], "properties": {"slug": text, "text": text}}
    for path, _, route in _routes(document):
        answers = route["responses"]
        for status in [status for status in answers if status[0] in "45"]:
            del answers[status]
        answers["default"] = PROBLEM
        if path in files:
            answers["200"]["content"] = {kind: {} for kind in files[path]}
        answers.get("204", {}).pop("content", None)
    return document


def page(document: dict[str, Any]) -> str:
    """The document for people."""
    groups: dict[str, list[str]] = {}
    for path, method, route in _routes(document):
        tag = (route.get("tags") or ["Other"])[0]
        groups.setdefault(tag, []).append(_route(path, method, route))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(routes)}" for tag, routes in groups.items())
    schemas = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>{_shape(schema)}</details>'
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    head = f'<meta charset="utf-8"><title>Waykeep API {__version__}</title><link rel="stylesheet" href="docs.css">'
    about = f"<h1>Waykeep API {__version__}</h1><p>{escape(document['info'].get('description', ''))}</p>"
    link = '<p><a href="openapi.json">openapi.json</a></p>'
    body = f"{about}{link}{body}<h2>Values</h2>{schemas}"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def router(document_of: Callable[[], dict[str, Any]]) -> Router:
    """The routes of the description, which is made at first need."""

    @get("/openapi.json", include_in_schema=False, sync_to_thread=False)
    def document() -> Response[bytes]:
        """The OpenAPI document."""
        return Response(msgspec.json.encode(document_of()), media_type="application/json")

    @get("/docs", include_in_schema=False, sync_to_thread=False)
    def documentation() -> Response[str]:
        """The document for people."""
        return Response(page(document_of()), media_type="text/html; charset=utf-8")

    @get("/docs.css", include_in_schema=False, sync_to_thread=False)
    def style() -> Response[str]:
        """How it looks."""
        return Response(STYLE, media_type="text/css; charset=utf-8")

    return Router("/v1", route_handlers=[document, documentation, style])


def _routes(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    paths = document["paths"]
    return [
        (path, method, paths[path][method]) for path in sorted(paths) for method in METHODS if method in paths[path]
    ]


def _route(path: str, method: str, route: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{'needed' if one.get('required') else ''}</td><td>{_named(one['schema'])} "
        f"{escape(one.get('description') or '')}</td></tr>"
        for one in route.get("parameters", ())
    )
    answers = "".join(
        f"<tr><td><code>{escape(status)}</code></td><td>{escape(answer.get('description', ''))}</td>"
        f"<td>{_content(answer)}</td></tr>"
        for status, answer in route["responses"].items()
    )
    body = f"<p>Body: {_content(route['requestBody'])}</p>" if "requestBody" in route else ""
    title = f'<span class="method">{method}</span> <code>{escape(path)}</code> {escape(route.get("summary") or "")}'
    return f"<details><summary>{title}</summary><table>{rows}</table>{body}<table>{answers}</table></details>"


def _content(holder: dict[str, Any]) -> str:
    return " ".join(
        f"<code>{escape(kind)}</code> {_named(held.get('schema', {}))}"
        for kind, held in holder.get("content", {}).items()
    )


def _shape(schema: dict[str, Any]) -> str:
    needed = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_named(one)}</td>"
        f"<td>{'needed' if name in needed else ''}</td></tr>"
        for name, one in schema.get("properties", {}).items()
    )
    return (
        f"<p>{escape(schema.get('description', ''))}</p><table>{rows}</table>" if rows else f"<p>{_named(schema)}</p>"
    )


def _named(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "items" in schema:
        return f"list of {_named(schema['items'])}"
    if either := schema.get("oneOf") or schema.get("anyOf"):
        return " or ".join(_named(one) for one in either)
    if "enum" in schema:
        return " · ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    return escape(str(schema.get("type", "any")))
