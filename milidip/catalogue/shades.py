"""Five shades for counts, on maps and in tables: a step means the same everywhere on one page."""

from bisect import bisect_right
from dataclasses import dataclass

MOST = 5
DECADE = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Shades:
    """The lowest count of each shade, from the lightest on."""

    starts: tuple[int, ...]
    highest: int

    @classmethod
    def up_to(cls, highest: int) -> "Shades":
        """Return shades for counts of 1 to ``highest``, at round numbers, about evenly spread."""
        starts = [n * 10**power for power in range(len(str(max(highest, 1)))) for n in DECADE]
        starts = [start for start in starts if start <= highest]
        if highest <= MOST:
            starts = list(range(1, highest + 1))
        elif len(starts) > MOST:
            step = (len(starts) - 1) / (MOST - 1)
            starts = [starts[round(number * step)] for number in range(MOST)]
        return cls(tuple(starts), highest)

    def of(self, count: int) -> int:
        """Return the shade of a count, 1 to 5; 0 for none."""
        return bisect_right(self.starts, count) if count else 0

    @property
    def legend(self) -> list[tuple[int, int, int]]:
        """Each shade with the lowest and the highest count that it stands for."""
        ends = [*(start - 1 for start in self.starts[1:]), self.highest]
        return [
            (number, start, end)
            for number, (start, end) in enumerate(zip(self.starts, ends, strict=False), 1)
        ]
