"""A server that already runs, as probes meet it: an organisation of canaries on it, taken away afterwards."""

from urllib.parse import urlsplit

from waykeep.errors import AskError
from waykeep.flows.prove.ask import Browser


class Running:
    """Found an organisation of canaries with the token of a server's administrator."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self.founder = Browser(self.url)
        self.founder.token = token
        answer = self.founder.send("POST", "/v1/organisations", {"name": "Canaries of a proof"})
        if answer.status != 201:
            raise AskError("prove-token", f"{url} let no organisation be made: it answered {answer.status}")
        self.link: str = answer.json["invitation"]["link"]
        self.host = urlsplit(self.url).hostname or "127.0.0.1"
        doors = self.founder.get("/v1/protocols").json or []
        self.ports: dict[str, int] = {one["name"]: one["port"] for one in doors}

    def stands(self) -> None:
        """Leave it as it is: it is not ours to start."""

    def leave(self, admin: Browser) -> list[str]:
        """Forget every canary; gives what could not be taken away."""
        own = (admin.get("/v1/me").json or {}).get("id")
        planted = [f"{kind}/{one['id']}" for kind in ("units", "people") for one in admin.get(f"/v1/{kind}").json or []]
        planted.sort(key=lambda path: path == f"people/{own}")  # whoever forgets the others goes last
        return [path for path in planted if admin.send("DELETE", f"/v1/{path}").status != 200]
