"""What goes wrong, as a person may read it: a slug of docs/reference/errors.md and a sentence, never a trace."""

import logging
import re
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from waykeep.errors import AskError, StoreError

log = logging.getLogger("waykeep.api")

MISSING = re.compile(r"Missing required (\w+ parameter|header|cookie) '([\w-]+)'")

AnyRequest = Request[Any, Any, Any]

BY_STATUS = {
    400: ("wrong-field", "The request does not have the form that this route expects."),
    401: ("sign-in-first", "Sign in first."),
    403: ("not-allowed", "Your role or token may not do this."),
    404: ("no-such-page", "There is nothing under this address."),
    405: ("wrong-method", "This address does not answer to this method."),
    406: ("wrong-form", "This address cannot answer in the form that was asked for."),
    413: ("too-large", "The request is larger than this server takes."),
    415: ("wrong-form", "Send the body as application/json."),
    429: ("too-many", "Too many requests; wait a little."),
}


class Problem(msgspec.Struct, frozen=True):
    """Every error of the API."""

    slug: str
    text: str


def answer(status: int, slug: str, text: str) -> Response[Problem]:
    """An error as an answer that nobody may keep."""
    return Response(
        Problem(slug, text), status_code=status, headers={"cache-control": "no-store"}, media_type="application/json"
    )


def asked(_: AnyRequest, error: AskError) -> Response[Problem]:
    """The person asked for something that cannot be given."""
    return answer(error.status, error.slug, error.text)


def invalid(_: AnyRequest, error: ValidationException) -> Response[Problem]:
    """A field is missing or has the wrong type or range; the text names it, never its value."""
    fields = [f"{one.get('key') or 'the body'}: {one.get('message', '')}" for one in _details(error)]
    if missing := MISSING.search(str(error.detail)):  # the rest of the framework's sentence holds the address asked for
        fields.append(f"{missing[2]}: this {missing[1]} is missing")
    text = "; ".join(fields) or BY_STATUS[400][1]
    return answer(400, "wrong-field", text[:500])


def refused(_: AnyRequest, error: HTTPException) -> Response[Problem]:
    """The framework refused the request."""
    slug, text = BY_STATUS.get(error.status_code, ("refused", "The server refused this request."))
    return answer(error.status_code, slug, text)


def unreadable(_: AnyRequest, __: UnicodeDecodeError | RecursionError) -> Response[Problem]:
    """The body is no UTF-8, or nested deeper than anything means."""
    return answer(400, "wrong-field", BY_STATUS[400][1])


def unstored(_: AnyRequest, __: StoreError) -> Response[Problem]:
    """The store could not promise what was asked."""
    log.error("the store did not answer a request")
    return answer(503, "store", "The store could not do this now; nothing was changed. Try again in a moment.")


def unexpected(_: AnyRequest, error: Exception) -> Response[Problem]:
    """A mistake of ours: the log gets its kind and place, not what was in it."""
    noted(error)
    return answer(500, "unexpected", "Something went wrong on the server. It was noted without what you sent.")


def noted(error: BaseException) -> None:
    """Log a mistake by its kind and place; its text and its trace may hold who and where."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    log.error("unexpected error", extra={"kind": type(error).__name__, "place": place})


def _details(error: ValidationException) -> list[dict[str, Any]]:
    extra = error.extra
    return [one for one in extra if isinstance(one, dict)] if isinstance(extra, list) else []


HANDLERS: Any = {
    AskError: asked,
    ValidationException: invalid,
    HTTPException: refused,
    UnicodeDecodeError: unreadable,
    RecursionError: unreadable,
    StoreError: unstored,
    Exception: unexpected,
}
