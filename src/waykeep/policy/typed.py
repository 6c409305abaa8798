"""From a tree of plain values to typed ones; what does not fit is named with key and line."""

from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from waykeep.policy.lengths import length_ms
from waykeep.policy.overlay import Node, Path, Tree, label
from waykeep.policy.part import Length

T = TypeVar("T")


def convert(tree: Tree, kind: type[T]) -> T:
    """Give the whole tree as a value of a struct."""
    result: T = _convert(tree.value, kind, (), tree)
    return result


def _convert(value: Node, kind: Any, path: Path, tree: Tree) -> Any:
    if get_origin(kind) in (Union, UnionType):
        if value is None and NoneType in get_args(kind):
            return None
        kind = _branch(value, kind)
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(value, kind, path, tree)
    if origin is dict and isinstance(value, dict):
        return {key: _convert(item, inner[1], (*path, key), tree) for key, item in value.items()}
    if origin is tuple and isinstance(value, list):
        return tuple(_convert(item, inner[0], (*path, label(item, i)), tree) for i, item in enumerate(value))
    if kind is Length:
        return _length(value, path, tree)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise tree.wrong(path, str(error)) from error


def _length(value: Node, path: Path, tree: Tree) -> Length:
    if not isinstance(value, str):
        raise tree.wrong(path, "needs a length such as P30D")
    try:
        length_ms(value)
    except ValueError as error:
        raise tree.wrong(path, str(error)) from error
    return Length(value)


def _branch(value: Node, union: Any) -> Any:
    many = [one for one in get_args(union) if one is not NoneType]
    return next((one for one in many if len(many) > 1 and _shaped(value, one)), many[0])


def _shaped(value: Node, kind: Any) -> bool:
    """Tell whether a value has the outer shape of one branch of a union."""
    shape = get_origin(kind) or kind
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        return isinstance(value, dict)
    written: dict[Any, Any] = {dict: dict, tuple: list, float: (int, float)}
    return isinstance(value, written.get(shape, shape))


def _struct(value: Node, kind: type[msgspec.Struct], path: Path, tree: Tree) -> msgspec.Struct:
    if not isinstance(value, dict):
        raise tree.wrong(path, "needs a mapping of keys")
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in value:
        if key not in fields:
            raise tree.wrong((*path, key), f"unknown key; known are {', '.join(sorted(fields))}")
    for name, field in fields.items():
        if field.required and name not in value:
            raise tree.wrong(path, f"the key {name!r} is missing")
    found = {fields[key].name: _convert(item, fields[key].type, (*path, key), tree) for key, item in value.items()}
    try:
        return kind(**found)
    except (TypeError, ValueError) as error:
        raise tree.wrong(path, str(error)) from error
