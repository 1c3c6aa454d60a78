"""Cards: TOML files found in a wheel, in a checkout, or in a user's folder.

A *section* is a folder below a content root, e.g. ``tasks``, ``tasks/suites`` or
``leaderboard/boards``; a card's name is its file's stem. Folders of the user come from
the environment variable ``NEUCOBENCH_PATH`` (separated like ``PATH``) and from
``--content``, which sets it; they have the same three top folders.
"""

import os
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from neucobench.errors import CardError, UnknownNameError

PATH_VARIABLE = "NEUCOBENCH_PATH"
TOP_FOLDERS = ("codecs", "tasks", "leaderboard")
LARGEST_TEXT = 2**26  # bytes

Card = TypeVar("Card", bound=BaseModel)


def shipped_root() -> Path:
    """Return the folder that holds the shipped ``codecs``, ``tasks``, ``leaderboard``.

    Raises:
        CardError: when the installation lacks them.
    """
    package = Path(__file__).parent
    for root in (package / "_content", package.parent):
        if all((root / name).is_dir() for name in TOP_FOLDERS):
            return root
    raise CardError(
        "The cards that ship with NeuCo-Bench are missing from this installation; "
        "reinstall the package."
    )


def content_roots() -> list[Path]:
    """Return the shipped root and then the user's folders, in the order given.

    Raises:
        CardError: when a folder of the user does not exist.
    """
    roots = [shipped_root()]
    for entry in os.environ.get(PATH_VARIABLE, "").split(os.pathsep):
        if not entry:
            continue
        root = Path(entry)
        if not root.is_dir():
            raise CardError(
                f"The content folder {entry!r} is not a folder that exists; correct "
                f"--content or {PATH_VARIABLE}."
            )
        roots.append(root)
    return roots


def card_paths(section: str) -> dict[str, Path]:
    """Return the cards of a section, name to file, sorted by name.

    Raises:
        CardError: when two folders define the same name; both files are named.
    """
    found: dict[str, Path] = {}
    for root in content_roots():
        for path in sorted((root / section).glob("*.toml")):
            other = found.setdefault(path.stem, path)
            if other.resolve() != path.resolve():
                raise CardError(
                    f"{section}/{path.stem} is defined twice, in {other} and in "
                    f"{path}; rename one of them."
                )
    return dict(sorted(found.items()))


def card_path(section: str, kind: str, name: str) -> Path:
    """Return the file of one card.

    Args:
        section: the folder, e.g. ``"tasks/suites"``.
        kind: the word used in the message, e.g. ``"suite"``.
        name: the card's name.

    Raises:
        UnknownNameError: when there is no such card.
    """
    paths = card_paths(section)
    if name not in paths:
        raise UnknownNameError(kind, name, paths)
    return paths[name]


def read_text(path: Path, *, encoding: str = "utf-8") -> str:
    """Return the text of a regular file of at most 64 MiB.

    A pipe would be waited for, and a device read, without end.

    Raises:
        OSError: when it is missing, too large or not a regular file.
        UnicodeDecodeError: when it is not text.
    """
    if not path.exists():
        raise FileNotFoundError("it does not exist; check the path")
    if path.is_dir():
        raise IsADirectoryError("it is a folder; give the path of one file in it")
    if not path.is_file():
        raise OSError("it is not a regular file; save the content to one first")
    with path.open("rb") as file:
        data = file.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        raise OSError(f"it is larger than {LARGEST_TEXT >> 20} MiB")
    return data.decode(encoding)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises:
        CardError: when it is missing, too large, not UTF-8, or not TOML.
    """
    try:
        return tomllib.loads(read_text(path).replace("\r\n", "\n"))
    except (OSError, ValueError, RecursionError) as error:
        # A number or a date that cannot be is a plain ValueError.
        raise CardError(f"{path} is not a readable TOML file: {error}.") from error


def load_card(path: Path, model: type[Card]) -> Card:
    """Return a TOML file as an instance of ``model``.

    The card's ``name`` must be the file's stem.

    Args:
        path: the TOML file.
        model: a pydantic model with a field ``name``; unknown keys should be forbidden.

    Raises:
        CardError: when the file cannot be read, or says something the model refuses;
            the message names the file, the key and what is wrong.
    """
    content = read_toml(path)
    try:
        card = model.model_validate(content)
    except ValidationError as error:
        raise CardError(f"{path}: {_first_problem(error)} Correct it.") from error
    if content.get("name") != path.stem:
        raise CardError(
            f"{path}: the name on the card is {content.get('name')!r}; it must be the "
            f"file's own, {path.stem!r}."
        )
    return card


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"]) or "the card"
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}: {problem['msg']}{more}."
