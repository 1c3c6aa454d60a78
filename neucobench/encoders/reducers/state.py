"""What a run has fitted, as two files: tensors, and a description with a digest.

``<stem>.safetensors`` holds the arrays; ``<stem>.json`` says what they belong to::

    { "schema": "neucobench/reducer-state/1", "digest": "<SHA-256>",
      "about": {...}, "encoder": {"<tensor>": {"dtype": "float32", "shape": [3, 4]}},
      "reducer": null or {"name": "pca", "options": {...}, "blocks_in": [...],
                          "blocks_out": [...], "tensors": {...}, "children": [...]} }

The digest covers everything: each number, and the description itself.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydantic import ValidationError

from neucobench.atomic import whole_file, write_text
from neucobench.content import read_text
from neucobench.embeddings.files import ENDINGS
from neucobench.encoders.reducers.base import ReducerState
from neucobench.encoders.reducers.document import (
    SCHEMA,
    StateDocument,
    describe,
    entry_of,
    flatten,
    join_encoder,
    join_reducer,
    listed_tensors,
)
from neucobench.errors import InputError

_TENSORS, _DESCRIPTION = ".safetensors", ".json"


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """Hold what a run has fitted.

    Attributes:
        encoder: the arrays that the encoder has learned; empty when it learns nothing.
        reducer: the state of the reducer behind it, or None.
        about: what else there is to say, of plain JSON types.
    """

    encoder: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    reducer: ReducerState | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of all that is held, the same before and after saving."""
        description = describe(self.encoder, self.reducer, self.about)
        digest = hashlib.sha256(description.text().encode())
        for name, tensor in sorted(flatten(self.encoder, self.reducer).items()):
            digest.update(f"\n{name}\n".encode())
            digest.update(tensor.tobytes())
        return digest.hexdigest()


def save_fitted(path: Path, fitted: Fitted) -> tuple[Path, Path]:
    """Write what a run has fitted, and return the two files.

    The tensors come first: a description without them never stands there.

    Args:
        path: the stem, e.g. ``mosaiks.state``, or either of the files.
        fitted: what is written; the same gives the same bytes.

    Raises:
        InputError: when an array holds neither numbers nor truth values.
        OSError: when the files cannot be written.
    """
    from safetensors.numpy import save

    tensors = flatten(fitted.encoder, fitted.reducer)
    for name, tensor in tensors.items():
        if tensor.dtype.kind not in "biuf":
            raise InputError(
                f"The fitted array {name!r} has the type {tensor.dtype}; numbers and "
                "truth values can be saved. Return it as one of them from fit()."
            )
    document = describe(fitted.encoder, fitted.reducer, fitted.about)
    tensors_file, description_file = _files(path)
    with whole_file(tensors_file) as hidden:
        # Written here: the library's own files are for their owner alone.
        hidden.write_bytes(save(tensors))
    signed = document.model_copy(update={"digest": fitted.digest})
    write_text(description_file, signed.text())
    return tensors_file, description_file


def load_fitted(path: Path) -> Fitted:
    """Return what ``save_fitted`` wrote.

    Args:
        path: the stem, either of the files, or the embedding file that they lie beside.

    Raises:
        InputError: when a file is missing, damaged, changed, or of another kind.
    """
    tensors_file, description_file = _files(path)
    document = _read_document(description_file)
    tensors = _read_tensors(tensors_file)
    found = {name: entry_of(tensor) for name, tensor in tensors.items()}
    if found != listed_tensors(document):
        raise _refusal(
            tensors_file, f"it does not hold the tensors that {description_file} lists"
        )
    fitted = Fitted(
        encoder=join_encoder(document, tensors),
        reducer=join_reducer(document, tensors),
        about=document.about,
    )
    if fitted.digest != document.digest:
        raise _refusal(description_file, "the digest is not that of the two files")
    return fitted


def _files(path: Path) -> tuple[Path, Path]:
    stem = path.name
    if not stem:
        raise InputError(
            f"{str(path)!r} names no file; give --reducer the state of a run, e.g. "
            "mosaiks.parquet.state.json."
        )
    for ending in (_TENSORS, _DESCRIPTION):
        stem = stem.removesuffix(ending)
    if path.suffix.lower() in ENDINGS:
        # The embedding file itself: its state lies beside it.
        stem = f"{stem}.state"
    return path.with_name(stem + _TENSORS), path.with_name(stem + _DESCRIPTION)


def _read_document(path: Path) -> StateDocument:
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise _refusal(path, str(error)) from error
    try:
        return StateDocument.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "the document"
        why = f"it is no {SCHEMA}: {where}: {problem['msg']}"
        raise _refusal(path, why) from error


def _read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        if not path.is_file():
            raise FileNotFoundError("it is no file that exists")
        return dict(load(path.read_bytes()))
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        # KeyError: a type of numbers that NumPy does not have.
        raise _refusal(path, str(error)) from error


def _refusal(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} cannot be used as a fitted state: {why[:300]}. A state is the pair "
        f"<name>{_TENSORS} and <name>{_DESCRIPTION} that a run has written beside its "
        "vectors. Give one that is whole, or fit again."
    )
