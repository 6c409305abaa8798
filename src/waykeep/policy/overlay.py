"""Policy texts as trees that know the file and line of each key, and how one is laid over another.

In an overlay `key` replaces (maps merge key by key), `key+` adds, `key-` removes and `key!` keeps only what is named.
Entries of lists are known by their `id` or `name`.
"""

from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from waykeep.errors import StartError

Path = tuple[str, ...]
Node = Any  # what YAML holds: a mapping, a list, text, a number, a truth value or nothing


class Place(msgspec.Struct, frozen=True):
    """Where a key stands."""

    file: str
    line: int


class Tree(msgspec.Struct, frozen=True):
    """A document's plain values, and the place of each key by its path."""

    value: dict[str, Node]
    places: dict[Path, Place]
    file: str

    def place(self, path: Path) -> Place:
        """Where a key stands, or the nearest key above it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.file, 1))

    def wrong(self, path: Path, text: str) -> StartError:
        """The refusal that names file, line and key."""
        at = self.place(path)
        return StartError(f"{at.file}:{at.line}: {'.'.join(path) or 'document'}: {text}")


@lru_cache(maxsize=16)
def parse(file: str, text: str) -> Tree:
    """Read one YAML text; the tree is shared, so whoever changes values copies them first."""
    try:
        node = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StartError(f"{file}:{line}: {error.problem}") from error
    except YAMLError as error:
        raise StartError(f"{file}:1: {error}") from error
    if not isinstance(node, CommentedMap):
        raise StartError(f"{file}:1: a policy document is a mapping of keys")
    places: dict[Path, Place] = {}
    return Tree(_plain(node, (), file, places), places, file)


def _plain(node: Node, path: Path, file: str, places: dict[Path, Place]) -> Node:
    """Turn ruamel's nodes into plain values and note where each key stands."""
    if isinstance(node, CommentedMap):
        for key in node:
            places[*path, str(key)] = Place(file, node.lc.key(key)[0] + 1)
        return {str(key): _plain(item, (*path, str(key)), file, places) for key, item in node.items()}
    if isinstance(node, CommentedSeq):
        items = []
        for index, item in enumerate(node):
            below = (*path, label(item, index))
            places[below] = Place(file, node.lc.item(index)[0] + 1)
            items.append(_plain(item, below, file, places))
        return items
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, date):
        return node.isoformat()
    return next(kind(node) for kind in (int, float, str) if isinstance(node, kind))


def label(item: Node, index: int) -> str:
    """By what a list's entry is known: its id, its name, itself, or its number."""
    if isinstance(item, dict):
        return str(item.get("id") or item.get("name") or index)
    return item if isinstance(item, str) else str(index)


def lay(under: Tree, over: Tree) -> Tree:
    """One document over another; neither is changed."""
    places = dict(under.places)
    value = _lay(under.value, over.value, (), over, places)
    return Tree(value, places, over.file)


def _lay(under: Node, over: dict[str, Node], path: Path, tree: Tree, places: dict[Path, Place]) -> dict[str, Node]:
    result: dict[str, Node] = dict(under)
    for marked, value in over.items():
        key, mark = (marked[:-1], marked[-1]) if marked[-1:] in ("+", "-", "!") else (marked, "")
        here, there = (*path, key), (*path, marked)
        if mark and key not in result:
            raise tree.wrong(there, f"there is no {key!r} to change")
        old = result.get(key)
        if mark in ("-", "!"):
            result[key] = _pick(old, value, there, tree, keep=mark == "!")
            continue
        if mark == "+" and isinstance(old, list):
            if not isinstance(value, list):
                raise tree.wrong(there, "needs a list")
            result[key] = _joined(old, value)
        elif isinstance(old, dict) and isinstance(value, dict):
            result[key] = _lay(old, value, here, tree, places)
        else:
            result[key] = value
        for found, place in tree.places.items():
            if found[: len(there)] == there:
                places[here + found[len(there) :]] = place
    return result


def _joined(old: list[Node], new: list[Node]) -> list[Node]:
    """Add entries to a list; one known by the same id or name takes the old one's place."""
    named = {label(item, -1 - index): item for index, item in enumerate(old)}
    for index, item in enumerate(new):
        named[label(item, len(old) + index)] = item
    return list(named.values())


def _pick(old: Node, names: Node, path: Path, tree: Tree, *, keep: bool) -> Node:
    """The entries of a list or map that the patterns name, or all others."""
    if not isinstance(names, list) or not isinstance(old, list | dict):
        raise tree.wrong(path, "needs a list of names, and a list or mapping to change")
    present = list(old) if isinstance(old, dict) else [label(item, index) for index, item in enumerate(old)]
    for name in names:
        if not any(fnmatchcase(known, str(name)) for known in present):
            raise tree.wrong((*path, str(name)), "names nothing that is there")
    chosen = [known for known in present if any(fnmatchcase(known, str(name)) for name in names) == keep]
    if isinstance(old, dict):
        return {known: old[known] for known in chosen}
    return [item for index, item in enumerate(old) if label(item, index) in chosen]
