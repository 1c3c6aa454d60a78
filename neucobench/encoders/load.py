"""From what the user types to an encoder.

::

    mean                       a registered name
    timm:resnet50              a family, and a model in it
    path/to/file.py:MyEncoder  a class of the user's own
    path/to/recipe.toml        an ensemble; those that ship go by their name
    table                      the rows of an embedding file, to be reduced or stored
"""

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from neucobench.embeddings.files import ENDINGS
from neucobench.encoders.base import ENCODER_FAMILIES, ENCODERS
from neucobench.encoders.checked import CheckedEncoder, check_encoder
from neucobench.encoders.ensemble import EnsembleEncoder
from neucobench.encoders.options import (
    constructor_parameters,
    read_options,
    resolved_options,
)
from neucobench.encoders.recipe import BlockSetting, read_recipe, recipe_paths
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
    recipe = Path(spec) if spec.endswith(".toml") else recipe_paths().get(spec)
    if recipe is not None:
        if weights is not None:
            raise UsageError(
                f"{spec} has several blocks, and --weights {weights} does not say for "
                "which; give --option BLOCK.weights=FILE."
            )
        return _load_ensemble(recipe, options, device, tables)
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
        recorded["weights"] = f"sha256:{content}"
    # Where it computed is no part of what it computes.
    recorded.pop("device", None)
    return check_encoder(encoder, options=recorded, source=source)


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


def _load_ensemble(
    path: Path, options: Mapping[str, str], device: str | None, tables: Path | None
) -> CheckedEncoder:
    recipe = read_recipe(path)
    names = [block.name for block in recipe.blocks]
    for option in options:
        if option.partition(".")[0] not in names:
            known = [f"{name}." for name in names]
            raise UnknownNameError(
                f"option of the recipe {recipe.name!r}", option, known
            )
    folders = [path.parent, *([tables] if tables else [])]
    parts = []
    for block in recipe.blocks:
        prefix = f"{block.name}."
        own = {
            key.removeprefix(prefix): value
            for key, value in options.items()
            if key.startswith(prefix)
        }
        parts.append((block.name, _load_block(block, own, device, folders)))
    recorded = {
        name: json.dumps([encoder.name, dict(encoder.options)], sort_keys=True)
        for name, encoder in parts
    }
    ensemble = EnsembleEncoder(
        name=recipe.name, parts=tuple(parts), reducer=recipe.reducer(device)
    )
    return check_encoder(ensemble, options=recorded)


def _load_block(
    block: BlockSetting,
    options: Mapping[str, str],
    device: str | None,
    folders: list[Path],
) -> CheckedEncoder:
    if block.encoder is None:
        found = tuple(str(_find_table(name, folders)) for name in block.tables)
        return check_encoder(TableEncoder(paths=found), options={})
    if block.encoder == TableEncoder.name or _names_recipe(block.encoder):
        raise InputError(
            f"The block {block.name!r} has encoder = {block.encoder!r}; a block takes "
            "one encoder by its name, family or file, or embedding files by tables = "
            "[...]. Write the blocks of another recipe out, one by one."
        )
    texts = {name: str(value) for name, value in block.options.items()} | dict(options)
    weights = texts.pop("weights", block.weights)
    target = _find(block.encoder, {})[0]
    if not callable(target) or "device" not in constructor_parameters(target):
        # The others may have one: a block without computes where it can.
        device = None
    return load_encoder(block.encoder, options=texts, device=device, weights=weights)


def _names_recipe(spec: str) -> bool:
    return spec.endswith(".toml") or spec in recipe_paths()


def _find_table(name: str, folders: list[Path]) -> Path:
    """Return the first of the files that a recipe's table can mean.

    Raises:
        InputError: when there is none.
    """
    endings = ("",) if Path(name).suffix.lower() in ENDINGS else ENDINGS
    places = [folder / f"{name}{ending}" for folder in folders for ending in endings]
    for place in places:
        if place.is_file():
            return place
    raise InputError(
        f"The recipe's table {name!r} was not found in "
        f"{' or '.join(str(folder) for folder in folders)}; put {name}.parquet (or "
        ".csv, .npz) there, or give its folder in place of the cubes."
    )
