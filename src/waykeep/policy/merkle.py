"""The RFC 6962 tree hash over leaves, with proofs that one leaf is inside and that a tree only grew."""

import hashlib
import hmac
from collections.abc import Callable, Sequence

Span = Callable[[int, int], bytes]  # the tree hash of leaves [start, stop), so that a store may remember big ones

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf; the prefix keeps a leaf from passing for a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below size: where a tree of that size divides."""
    return 1 << ((size - 1).bit_length() - 1)


def root(hashes: Sequence[bytes]) -> bytes:
    """The tree hash over leaf hashes; level by level, an odd one rises as it is."""
    if not hashes:
        return EMPTY
    level = list(hashes)
    while len(level) > 1:
        pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = [*pairs, level[-1]] if len(level) % 2 else pairs
    return level[0]


def over(hashes: Sequence[bytes]) -> Span:
    """A span function over leaf hashes held in memory."""
    return lambda start, stop: root(hashes[start:stop])


def inclusion(index: int, size: int, span: Span) -> list[bytes]:
    """The audit path of one leaf in a tree of that size, from the leaf upwards (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(index)
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + split(stop - start)
        if index < middle:
            path.append(span(middle, stop))
            stop = middle
        else:
            path.append(span(start, middle))
            start = middle
    return path[::-1]


def consistency(old: int, new: int, span: Span) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the tree of `old` leaves (RFC 6962, 2.1.2)."""
    if not 0 < old <= new:
        raise ValueError(old)
    path: list[bytes] = []
    start, stop, whole = 0, new, True
    while old != stop:
        middle = start + split(stop - start)
        if old <= middle:
            path.append(span(middle, stop))
            stop = middle
        else:
            path.append(span(start, middle))
            start, whole = middle, False
    if not whole:
        path.append(span(start, stop))
    return path[::-1]


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], head: bytes) -> bool:
    """Whether the path leads from this leaf hash at this index to the head of a tree of that size."""
    if not 0 <= index < size:
        return False
    at, last, here = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at % 2 or at == last:
            here = node_hash(step, here)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            here = node_hash(here, step)
        at, last = at >> 1, last >> 1
    return last == 0 and hmac.compare_digest(here, head)


def grew(old: int, old_head: bytes, new: int, new_head: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows that the new tree begins with the old one."""
    if old == new:
        return not path and old_head == new_head
    if not 0 < old < new or not path:
        return False
    steps = list(path)
    at, last = old - 1, new - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    first = steps.pop(0) if at else old_head
    before = after = first
    for step in steps:
        if last == 0:
            return False
        if at % 2 or at == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, step)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_head and after == new_head
