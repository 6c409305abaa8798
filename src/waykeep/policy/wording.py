"""Words of one language for the public text: sentences with gaps, names, lists, lengths of time; pure."""

import re
from collections.abc import Iterable, Mapping

import msgspec

_LENGTH = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")
_SENTENCE_END = re.compile(r"[.!?؟。！？]+(?:\s|$)|[。！？]")
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_WIDE = re.compile(r"[\u3400-\u9fff]")
_ISOLATE, _POP = "\u2066", "\u2069"  # a run that is read from left to right inside a right-to-left sentence


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """A language and its words by key; `right_to_left` is the direction of its script."""

    language: str
    right_to_left: bool
    by_key: Mapping[str, str]

    def say(self, key: str, values: Mapping[str, str] | None = None) -> str:
        """A sentence with its gaps filled. Raises KeyError where the language lacks it."""
        return self.by_key[key].format_map(values or {})

    def name(self, group: str, word: str, otherwise: str | None = None) -> str:
        """What a word of the document is called; one of the operator's own stands as they wrote it."""
        return self.by_key.get(f"{group}.{word}") or self.foreign(otherwise or word)

    def each(self, group: str, words: Iterable[str]) -> tuple[str, ...]:
        """What several words of the document are called."""
        return tuple(self.name(group, word) for word in words)

    def names(self, group: str, words: Iterable[str]) -> str:
        """A short list of names in one sentence."""
        return self.listed(self.each(group, words))

    def listed(self, parts: Iterable[str]) -> str:
        """Parts joined as the language joins a list."""
        found = list(dict.fromkeys(parts))
        if len(found) < 2:
            return "".join(found)
        return f"{self.by_key['list.comma'].join(found[:-1])}{self.by_key['list.and']}{found[-1]}"

    def number(self, figure: float) -> str:
        """A number in the language's figures."""
        text = f"{figure:g}"
        return text.translate(_PERSIAN) if self.language == "fa" else text

    def length(self, iso: str) -> str:
        """A length such as P2Y in words; an open or unlimited one by its own word."""
        match = _LENGTH.fullmatch(iso)
        if match is None:
            return self.name("length", iso.partition("(")[0])
        pairs = [(int(count), unit) for count, unit in zip(match.groups(), _UNITS, strict=True) if count is not None]
        told = [self._counted(count, unit) for count, unit in pairs if count]
        return self.listed(told) if told else self.by_key["length.at_once"]

    def foreign(self, text: str) -> str:
        """Text of another language, kept in its own order."""
        return f"{_ISOLATE}{text}{_POP}" if self.right_to_left else text

    def _counted(self, count: int, unit: str) -> str:
        form = _plural(self.language, count)
        key = f"length.{unit}.{form}"
        text = self.by_key.get(key) or self.by_key[f"length.{unit}.other"]
        return text.format(n=self.number(count))


def longest_sentence(text: str) -> int:
    """The words of the longest sentence; of a script without spaces, two signs count as a word."""
    return max((_words(one) for one in _SENTENCE_END.split(text)), default=0)


def _words(sentence: str) -> int:
    wide = len(_WIDE.findall(sentence))
    return round(wide / 2) + len(_WIDE.sub(" ", sentence).split()) if wide else len(sentence.split())


def _plural(language: str, count: int) -> str:
    """The form that a number takes, after Unicode's plural rules for these languages."""
    if language == "ar":
        if count in {1, 2}:
            return "one" if count == 1 else "two"
        return "few" if 3 <= count % 100 <= 10 else "other"
    return "one" if count == 1 and language == "en" else "other"
