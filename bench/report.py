"""How a bench tells what it measured."""

from typing import NamedTuple


class Row(NamedTuple):
    """One figure: what it is, its value, and the goal that it is held against (None = none was set)."""

    what: str
    value: float
    way: str
    goal: float | None
    note: str

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.way == "<=" else self.value >= self.goal


def table(rows: list[Row]) -> str:
    """Figures as a Markdown table."""
    lines = ["| figure | value | goal | met | note |", "|---|---|---|---|---|"]
    for row in rows:
        goal = "–" if row.goal is None else f"{row.way} {row.goal:g}"
        met = {True: "yes", False: "**no**", None: "–"}[row.met]
        lines.append(f"| {row.what} | {row.value:.3g} | {goal} | {met} | {row.note} |")
    return "\n".join(lines)
