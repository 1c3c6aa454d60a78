"""Look at an encoder's attributes once, before any cube is read."""

import hashlib
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from neucobench.data.bands import S2_OFFSET, modality
from neucobench.encoders.base import Encoder
from neucobench.encoders.checked import CheckedEncoder
from neucobench.errors import InputError

LONGEST = 2**24  # dimensions: a vector of 64 MiB


def check_encoder(
    encoder: Encoder,
    *,
    options: Mapping[str, str] | None = None,
    source: str | None = None,
) -> CheckedEncoder:
    """Return ``encoder`` with its attributes checked and filled in.

    Args:
        encoder: any object that follows the protocol; a checked one is returned as is.
        options: the constructor's arguments as text; without them they are taken from
            the attributes that are named like the constructor's parameters.
        source: SHA-256 of the file that defines it.

    Raises:
        InputError: when an attribute is missing or not what it should be.
    """
    if isinstance(encoder, CheckedEncoder):
        return encoder
    needed = ["name", "modalities", "dims", "encode"]
    if hasattr(encoder, "fit"):
        needed.append("fitted")
    for attribute in needed:
        if not hasattr(encoder, attribute):
            raise InputError(
                f"{type(encoder).__name__} has no attribute {attribute!r}; an encoder "
                "has name, modalities, dims and encode(batch). Add what is missing."
            )
    checked = CheckedEncoder(
        inner=encoder,
        name=encoder.name,
        modalities=_modalities(encoder),
        dims=encoder.dims,
        version=str(getattr(encoder, "version", "1")),
        offset=getattr(encoder, "offset", 0),
        seasons=_seasons(encoder),
        batch_size=getattr(encoder, "batch_size", 8),
        shard_size=getattr(encoder, "shard_size", 64),
        thread_safe=bool(getattr(encoder, "thread_safe", False)),
        device=_device(encoder),
        tables=str(getattr(encoder, "tables", "")),
        transductive=bool(getattr(encoder, "transductive", False)),
        options=_options(encoder, options),
        source=source,
    )
    _check_values(checked)
    return checked


def _modalities(encoder: Encoder) -> tuple[str, ...]:
    names = encoder.modalities
    if not isinstance(names, tuple | list) or not all(map(_is_text, names)):
        raise InputError(
            f"modalities of {type(encoder).__name__} is {names!r}; give a tuple of "
            "names, e.g. ('s2l2a',)."
        )
    return tuple(modality(name).name for name in names)


def _device(encoder: Encoder) -> str:
    name = str(getattr(encoder, "device", "cpu"))
    if name != "auto":
        return name
    from neucobench.device import torch_device

    return str(torch_device(name))


def _seasons(encoder: Encoder) -> tuple[int, ...] | None:
    seasons = getattr(encoder, "seasons", None)
    try:
        return None if seasons is None else tuple(int(season) for season in seasons)
    except (TypeError, ValueError):
        raise InputError(
            f"seasons of {type(encoder).__name__} is {seasons!r}; it must be None or "
            "indices of 0 or more."
        ) from None


def _check_values(encoder: CheckedEncoder) -> None:
    wrong = [
        (not _is_text(encoder.name), "name", "a text"),
        (
            not _is_count(encoder.dims) or encoder.dims > LONGEST,
            "dims",
            f"an integer of 1 to {LONGEST:,}",
        ),
        (not _is_count(encoder.batch_size), "batch_size", "an integer of 1 or more"),
        (not _is_count(encoder.shard_size), "shard_size", "an integer of 1 or more"),
        (encoder.offset not in (0, S2_OFFSET), "offset", f"0 or {S2_OFFSET}"),
        (
            encoder.seasons is not None
            and (not encoder.seasons or min(encoder.seasons) < 0),
            "seasons",
            "None or indices of 0 or more",
        ),
    ]
    for bad, attribute, accepted in wrong:
        if bad:
            raise InputError(
                f"{attribute} of {type(encoder.inner).__name__} is "
                f"{getattr(encoder, attribute)!r}; it must be {accepted}."
            )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_count(value: Any) -> bool:
    return (
        isinstance(value, int | np.integer)
        and not isinstance(value, bool)
        and (int(value) >= 1)
    )


def _options(encoder: Encoder, given: Mapping[str, str] | None) -> dict[str, str]:
    """Return the options as they are recorded, those it resolves itself included."""
    options = _stored_options(encoder) if given is None else dict(given)
    return options | dict(getattr(encoder, "recorded", {}))


def _stored_options(encoder: Encoder) -> dict[str, str]:
    return {
        name: _as_text(getattr(encoder, name))
        for name in inspect.signature(type(encoder)).parameters
        if hasattr(encoder, name)
    }


def _as_text(value: Any) -> str:
    """Return an option as text; an array, whose text is shortened, as a digest."""
    array = np.asarray(value) if hasattr(value, "__array__") else np.empty(())
    if not array.ndim:
        return str(value)
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return f"{array.dtype} {array.shape} sha256:{digest}"
