"""What forgetting a device or a person takes out of the records, and what it must know before."""

from collections.abc import Callable, Sequence

from waykeep.flows.directory import Directory
from waykeep.model.rules import Span
from waykeep.policy import promises
from waykeep.store.records import Records


class Parting:
    """The side of the records that the erasure flow asks."""

    def __init__(self, rows: Records, directory: Directory, has_subject: Callable[[str], bool]) -> None:
        self._rows, self._directory, self._has_subject = rows, directory, has_subject

    def kind_of(self, subject: str) -> str | None:
        """Give "device", "person" or None for a pseudonym that no one has."""
        if self._rows.fleet.exists(subject):
            return "device"
        return "person" if self._rows.people.exists(subject) else None

    def held(self, person: str, now_ms: int) -> Sequence[tuple[str, Span]]:
        """Every device whose fixes were a person's, with each stretch of it that has begun.

        Where someone else drove what the person held, the fixes are the driver's.
        """
        return [
            (device, span)
            for device in sorted(self.named_by(person))
            for span, who in promises.held(self._directory.attribution(device))
            if who == person and span.from_ms <= now_ms
        ]

    def named_by(self, person: str) -> frozenset[str]:
        """Every device that names a person as driver or holder, also for a turn that is only planned."""
        return frozenset(one.device for one in self._rows.fleet.assignments() if one.person == person)

    def part(self, subject: str) -> None:
        """Take a device or person out of the records; durable when it returns."""
        self._rows.fleet.erase(subject).result()
        self._rows.people.erase(subject).result()

    def subjects(self) -> list[str]:
        """Every device and person that the records name, to find at the start whose key is gone."""
        return [*self._rows.fleet.ids(), *self._rows.people.ids()]

    def drop(self, subjects: frozenset[str]) -> None:
        """Let the directory lose the devices among these whose key is gone; others only changed their subject."""
        for subject in subjects:
            if self._directory.device(subject) is not None and not self._has_subject(subject):
                self._directory.drop(subject)
        self._directory.regroup()
