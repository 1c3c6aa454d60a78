"""A folder that holds an exported site: what changed is written, what went is removed.

The site's own list, ``export.json``, names its files. Whatever else lies in the folder
(``.git``, ``CNAME``, a README) is left alone.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from neucobench.atomic import remove_leftovers, write_text
from neucobench.content import TOP_FOLDERS, content_roots, read_text
from neucobench.errors import InputError

LIST = "export.json"
SCHEMA = "neucobench/export/1"


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Count what a new state of the site changed: files written, and removed."""

    written: int
    removed: int


def require_own_folder(out: Path) -> None:
    """Refuse a folder in which content of the package lies.

    Raises:
        InputError: when ``out`` is, or lies in, a folder of cards or published facts.
    """
    place = out.resolve()
    for root in content_roots():
        for name in TOP_FOLDERS:
            shipped = (root / name).resolve()
            if place == shipped or shipped in place.parents:
                raise InputError(
                    f"{out} lies in {shipped}, which holds the cards and facts of "
                    "NeuCo-Bench; a site is built elsewhere. Name another folder."
                )


def replace_site(staged: Path, out: Path) -> Changes:
    """Make ``out`` hold exactly the files of ``staged``, beside what is not the site's.

    A kill leaves a folder that the next export completes.

    Args:
        staged: the new site.
        out: its place.

    Raises:
        InputError: when a file of the site would replace one that is not the site's.
    """
    new = sorted(
        path.relative_to(staged).as_posix()
        for path in staged.rglob("*")
        if path.is_file()
    )
    old = _listed(out)
    for name in new:
        if (out / name).exists() and name not in old:
            raise InputError(
                f"{out / name} exists and is not of an earlier export; name an empty "
                "folder, or move the file away."
            )
    remove_leftovers(out)
    # First the list of both, so that a kill leaves no file that no list names.
    _write_list(out, {*old, *new})
    written = sum(_copy(staged / name, out / name) for name in new)
    gone = [name for name in old if name not in new and (out / name).is_file()]
    for name in gone:
        _remove(out, name)
    _write_list(out, set(new))
    return Changes(written=written, removed=len(gone))


def _listed(out: Path) -> list[str]:
    path = out / LIST
    if not path.exists():
        return []
    try:
        document = json.loads(read_text(path))
        names = [str(name) for name in document["files"]]
        known = document["schema"] == SCHEMA
    except (OSError, ValueError, LookupError, TypeError):
        names, known = [], False
    if not known or any(".." in Path(name).parts or name[:1] == "/" for name in names):
        raise InputError(
            f"{path} is not the list of an exported site; name an empty folder, or "
            "move the file away."
        )
    return names


def _write_list(out: Path, names: set[str]) -> None:
    document = {"schema": SCHEMA, "files": sorted(names)}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    path = out / LIST
    if not path.is_file() or path.read_bytes() != text.encode():
        write_text(path, text)


def _copy(source: Path, target: Path) -> bool:
    """Copy a text file where it differs; tell whether it did."""
    content = source.read_bytes()
    if target.is_file() and target.read_bytes() == content:
        return False
    write_text(target, content.decode("utf-8"))
    return True


def _remove(out: Path, name: str) -> None:
    """Remove a file, and the folders that are empty without it."""
    path = out / name
    path.unlink()
    for folder in path.parents:
        if folder == out or any(folder.iterdir()):
            return
        folder.rmdir()
