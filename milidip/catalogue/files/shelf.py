"""Where ready files lie: the newest of the whole register, and each release.

A folder appears and goes in one step, so that nobody sees half of one. What may be served is
decided at each request, by the register's own row (`Register.files_from`) and the day: a promise
counts from the moment it is made, whether or not the files of before could be removed from disk.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from milidip.catalogue.files.package import About, File, Folder
from milidip.catalogue.models import Register, Release

BULK, RELEASES = "bulk", "releases"
ABOUT = "about.json"
UNFINISHED = ".unfinished-"
A_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Ready:
    """The files of the whole register as they were last cut."""

    path: Path
    about: About
    files: tuple[File, ...]
    until: date | None

    def may_be_served(self, register: Register, today: date) -> bool:
        """Tell whether nothing was taken back, and no clearance has ended, since the cut.

        Files from later than the register are of another one, as after a restore.
        """
        if not register.files_from <= self.about.revision <= register.revision:
            return False
        return self.until is None or today < self.until


def bulk_root() -> Path:
    return Path(settings.DATA_ROOT) / BULK


def release_folder(number: str) -> Path:
    return Path(settings.DATA_ROOT) / RELEASES / number


@contextmanager
def unfinished_folder() -> Iterator[Path]:
    """A folder to write into, on the disk where it will stay; removed unless it was moved."""
    root = Path(settings.DATA_ROOT)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def newest() -> Ready | None:
    """Return the last cut of the whole register, whether or not it may still be served."""
    path = max(_cuts(), key=_revision, default=None)
    return None if path is None else _read(path)


def put(folder: Path, written: Folder) -> Path:
    """Let the site find a finished cut, and take the earlier ones away."""
    about = {
        "about": {name: getattr(written.about, name) for name in About.__dataclass_fields__},
        "until": written.until and written.until.isoformat(),
        "files": [file.as_dict() for file in written.files],
    }
    (folder / ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=1))
    place = bulk_root() / f"r{written.about.revision}"
    earlier = [other for other in _cuts() if other != place]
    move(folder, place)
    for other in earlier:
        remove(other)
    return place


def move(folder: Path, place: Path) -> None:
    """Move a finished folder to where it is found, in place of one that is there."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if place.exists():
        remove(place)
    folder.replace(place)


def remove(path: Path) -> None:
    """Remove a folder: out of sight in one step, and then from the disk."""
    aside = path.parent.parent / f"{UNFINISHED}{path.name}-{os.getpid()}"
    try:
        path.replace(aside)
    except FileNotFoundError:
        return
    shutil.rmtree(aside, ignore_errors=True)


def clear() -> None:
    """Remove from the disk what may not be served: earlier cuts, and withdrawn releases.

    What an interruption left half written goes too, when it is a day old.
    """
    register = Register.objects.get()
    for path in _cuts():
        if _revision(path) < register.files_from:
            remove(path)
    for number in Release.objects.withdrawn().values_list("number", flat=True):
        remove(release_folder(number))
    for left in Path(settings.DATA_ROOT).glob(f"{UNFINISHED}*"):
        if time.time() - left.stat().st_mtime > A_DAY:
            shutil.rmtree(left, ignore_errors=True)


def _cuts() -> list[Path]:
    root = bulk_root()
    return [path for path in root.glob("r*") if path.name[1:].isdecimal()] if root.is_dir() else []


def _revision(path: Path) -> int:
    return int(path.name[1:])


def _read(path: Path) -> Ready | None:
    try:
        changed = (path / ABOUT).stat().st_mtime_ns
        return _parsed(path, changed)
    except FileNotFoundError:
        return None  # removed while this looked


@lru_cache(maxsize=4)
def _parsed(path: Path, changed: int) -> Ready:
    said = json.loads((path / ABOUT).read_text())
    return Ready(
        path,
        About(**said["about"]),
        tuple(File(**file) for file in said["files"]),
        date.fromisoformat(said["until"]) if said["until"] else None,
    )
