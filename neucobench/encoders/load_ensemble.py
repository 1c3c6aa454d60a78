"""From a recipe to an ensemble: its blocks loaded, its tables found."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from neucobench.embeddings.files import ENDINGS
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.checking import check_encoder
from neucobench.encoders.ensemble import EnsembleEncoder
from neucobench.encoders.recipe import BlockSetting, read_recipe, recipe_file
from neucobench.encoders.tables import TableEncoder
from neucobench.errors import InputError, UnknownNameError, UsageError

# Given what stands in ``encoder``, the options, --device and the weights.
BlockLoader = Callable[[str, Mapping[str, str], str | None, str | None], CheckedEncoder]


def load_ensemble(
    path: Path,
    *,
    options: Mapping[str, str],
    device: str | None,
    tables: Path | None,
    load: BlockLoader,
) -> CheckedEncoder:
    """Return the ensemble that a recipe describes.

    Args:
        path: the recipe.
        options: ``block.option`` to its value as text.
        device: for the blocks and reducers that have the choice.
        tables: where its tables are looked for, besides the recipe's own folder.
        load: loads the encoder of one block.

    Raises:
        CardError: when the recipe cannot be read.
        UnknownNameError: when a block, an encoder, a reducer or an option is not known.
        InputError: when a table is missing, or a block's encoder cannot be one.
    """
    recipe = read_recipe(path)
    names = [block.name for block in recipe.blocks]
    for option in options:
        if option.partition(".")[0] not in names or "." not in option:
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
        parts.append((block.name, _load_block(block, own, device, folders, load)))
    recorded = {
        name: json.dumps(
            [encoder.name, encoder.version, encoder.source, dict(encoder.options)],
            sort_keys=True,
        )
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
    load: BlockLoader,
) -> CheckedEncoder:
    if block.encoder is None:
        if options:
            raise UsageError(
                f"The block {block.name!r} is a table and takes no options; drop "
                f"--option {block.name}.{next(iter(options))}=..."
            )
        found = tuple(str(_find_table(name, folders)) for name in block.tables)
        return check_encoder(TableEncoder(paths=found), options={})
    if block.encoder == TableEncoder.name or recipe_file(block.encoder):
        raise InputError(
            f"The block {block.name!r} has encoder = {block.encoder!r}; a block takes "
            "one encoder by its name, family or file, or embedding files by tables = "
            "[...]. Write the blocks of another recipe out, one by one."
        )
    spec = _beside(block.encoder, folders[0])
    texts = {name: str(value) for name, value in block.options.items()} | dict(options)
    weights = texts.pop("weights", block.weights)
    return load(spec, texts, device, weights)


def _beside(spec: str, folder: Path) -> str:
    """Return ``spec`` with a Python file that lies beside the recipe found there."""
    path, _, name = spec.rpartition(":")
    beside = folder / path
    return f"{beside}:{name}" if path.endswith(".py") and beside.is_file() else spec


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
