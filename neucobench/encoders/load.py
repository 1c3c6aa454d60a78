"""From what the user types to an encoder.

::

    mean                       a registered name
    timm:resnet50              a family, and a model in it
    path/to/file.py:MyEncoder  a class of the user's own
    path/to/recipe.toml        an ensemble; those that ship go by their name
    table                      the rows of an embedding file, to be reduced or stored
"""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from neucobench.embeddings.files import ENDINGS
from neucobench.encoders.base import ENCODER_FAMILIES, ENCODERS
from neucobench.encoders.card import encoder_card, encoder_card_names
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.checking import check_encoder
from neucobench.encoders.load_ensemble import load_ensemble
from neucobench.encoders.options import (
    constructor_parameters,
    read_options,
    resolved_options,
)
from neucobench.encoders.recipe import recipe_file, recipe_paths
from neucobench.encoders.tables import TableEncoder
from neucobench.encoders.user_file import describe, file_digest, import_from_file
from neucobench.errors import InputError, NeucoError, UnknownNameError, UsageError


def load_encoder(
    spec: str,
    *,
    options: Mapping[str, str] = MappingProxyType({}),
    device: str | None = None,
    weights: str | None = None,
    cubes: Path | str | None = None,
) -> CheckedEncoder:
    """Return the encoder that ``spec`` names, made with ``options``.

    Args:
        spec: a registered name, e.g. ``"mean"``, a family and a model, e.g.
            ``"timm:resnet50"``, ``"path/to/file.py:MyEncoder"``, a class, a function
            that returns an encoder, or an encoder, or a recipe's name or file.
        options: the constructor's arguments as text; each is read as its annotation
            says: ``int``, ``float``, ``bool`` or ``str``. For a recipe
            ``block.option``.
        device: goes to the constructor's parameter ``device``; an encoder without one
            computes on the CPU.
        weights: a file; goes to the constructor's parameter ``weights``.
        cubes: what is encoded: the folder where a recipe's tables are looked for, or
            the embedding file of ``table``.

    Raises:
        UnknownNameError: when the name, the file's object or an option is not known.
        UsageError: when an option cannot be read, or the encoder takes none.
        InputError: when the file is missing or fails, or holds no encoder.
    """
    tables = None if cubes is None else Path(cubes)
    if spec == TableEncoder.name:
        return _load_table(tables, options, weights)
    recipe = recipe_file(spec)
    if recipe is not None:
        if weights is not None:
            raise UsageError(
                f"{spec} has several blocks, and --weights {weights} does not say for "
                "which; give --option BLOCK.weights=FILE."
            )
        return load_ensemble(
            recipe, options=options, device=device, tables=tables, load=_load_block
        )
    target, source, options = _find(spec, options)
    if not (inspect.isclass(target) or inspect.isfunction(target)):
        if options:
            raise UsageError(
                f"{spec} is an object that exists already and takes no options; drop "
                "--option, or name its class."
            )
        return check_encoder(target, source=source)
    arguments = read_options(target, spec, options, device=device, weights=weights)
    if arguments.get("weights"):
        # The workers of a cluster stand in other folders.
        arguments["weights"] = str(Path(arguments["weights"]).expanduser().resolve())
    encoder = _construct(target, spec, arguments)
    recorded = resolved_options(target, arguments)
    if arguments.get("weights"):
        # What the file holds decides the numbers, and not where it lies.
        content = file_digest(Path(arguments["weights"]), "the weights")
        recorded["weights"] = f"sha256:{_shorten_published(spec, content)}"
    elif recorded.get("pretrained") == "True" and _published(spec):
        recorded["weights"] = f"sha256:{_published(spec)}"
    # Where it computed is no part of what it computes.
    recorded.pop("device", None)
    return check_encoder(encoder, options=recorded, source=source)


def _published(spec: str) -> str:
    """Return the digest of the weights that an encoder's card names, or nothing."""
    weights = encoder_card(spec).weights if spec in encoder_card_names() else None
    return weights.sha256 or "" if weights else ""


def _shorten_published(spec: str, content: str) -> str:
    """Return a digest, as the card has it where it is that of the card's weights."""
    published = _published(spec)
    return published if published and content.startswith(published) else content


def _find(
    spec: str, options: Mapping[str, str]
) -> tuple[Any, str | None, Mapping[str, str]]:
    """Return the target, the digest of its file or None, and the options."""
    before, _, after = spec.rpartition(":")
    if before.endswith(".py"):
        source = file_digest(Path(before), "the encoder's file")
        return import_from_file(Path(before), after), source, options
    family, colon, model = spec.partition(":")
    if not colon:
        if spec in ENCODER_FAMILIES.targets:
            raise UsageError(
                f"{spec} is a family of encoders; name one model of it: --encoder "
                f"{spec}:MODEL."
            )
        if spec not in ENCODERS.targets:
            known = [*ENCODERS.names(), *recipe_paths(), TableEncoder.name]
            raise UnknownNameError("encoder", spec, known)
        return ENCODERS.load(spec), None, options
    target = ENCODER_FAMILIES.load(family)
    if not model or "model" in options:
        raise UsageError(
            f"{spec} must name one model, after the colon and not as an option; type "
            f"--encoder {family}:MODEL."
        )
    return target, None, dict(options) | {"model": model}


def _construct(
    target: Callable[..., Any], spec: str, arguments: Mapping[str, Any]
) -> Any:
    try:
        return target(**arguments)
    except NeucoError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(
            f"The encoder {spec} cannot be made: {describe(error)} Correct the options "
            "(--option name=value) or the encoder."
        ) from error


def _load_table(
    path: Path | None, options: Mapping[str, str], weights: str | None
) -> CheckedEncoder:
    if options or weights:
        raise UsageError(
            "The encoder 'table' takes the rows of a file as they are; drop --option "
            "and --weights."
        )
    if path is None or path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"The encoder 'table' reads an embedding file, and {path} is none; give "
            f"one that ends in {', '.join(ENDINGS)} in place of the cubes."
        )
    return check_encoder(TableEncoder(paths=(str(path),)), options={})


def _load_block(
    spec: str, options: Mapping[str, str], device: str | None, weights: str | None
) -> CheckedEncoder:
    target = _find(spec, {})[0]
    if not callable(target) or "device" not in constructor_parameters(target):
        # The others may have one: a block without computes where it can.
        device = None
    return load_encoder(spec, options=options, device=device, weights=weights)
