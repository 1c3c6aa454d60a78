"""An encoder in a file of the user's own: imported, and its errors as sentences."""

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from neucobench.errors import InputError, UnknownNameError

# The modules of the users' files are named so.
USER_MODULE = "neucobench_user_encoder_"


def import_from_file(path: Path, name: str) -> Any:
    """Return the object ``name`` of a Python file.

    Raises:
        InputError: when the file cannot be imported.
        UnknownNameError: when it has no such object.
    """
    return _attribute(_import_file(path), name, path)


def file_digest(path: Path, what: str) -> str:
    """Return the SHA-256 of a file.

    Raises:
        InputError: when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        usage = "path/to/file.py:MyEncoder" if path.suffix == ".py" else "--weights"
        raise InputError(
            f"{path} ({what}) cannot be read: {error.strerror}. Give a file that "
            f"exists: {usage}."
        ) from error


def _import_file(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(
        f"{USER_MODULE}{path.stem}", path
    )
    if specification is None or specification.loader is None:
        raise InputError(f"{path} is not a Python file that can be imported.")
    module = importlib.util.module_from_spec(specification)
    # Dataclasses with postponed annotations, and pickle, look their module up there.
    sys.modules[specification.name] = module
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        sys.modules.pop(specification.name, None)
        raise InputError(
            f"{path} cannot be imported: {describe(error)} Correct the file."
        ) from error
    return module


def _attribute(module: ModuleType, name: str, path: Path) -> Any:
    if not hasattr(module, name):
        own = [
            key
            for key, value in vars(module).items()
            if getattr(value, "__module__", None) == module.__name__
        ]
        raise UnknownNameError(f"encoder in {path}", name, own)
    return getattr(module, name)


def describe(error: BaseException) -> str:
    """Return an exception of the user's code as a sentence, with file and line."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"
    return f"{type(error).__name__}: {error}{where if frames else ''}."
