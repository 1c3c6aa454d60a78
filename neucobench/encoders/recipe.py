"""Ensemble recipes: which blocks stand side by side, and what reduces them.

::

    kind = "ensemble"
    name = "color-and-texture"
    title = "Band statistics beside random features"
    description = "..."

    [[blocks]]
    encoder = "bandstats"

    [[blocks]]
    name = "texture"
    encoder = "mosaiks"
    options = { mode = "gaussian" }
    weight = 0.5
    reduce = [{ reducer = "pca", dims = 256 }]

    [[reduce]]
    reducer = "pca"
    dims = 1024

A block is an encoder, or columns of embedding files: ``tables = ["clip.parquet"]``,
several of which stand side by side. Recipes that ship are in ``codecs/recipes``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neucobench.content import card_paths, load_card, read_toml
from neucobench.encoders.reducers.base import Reducer
from neucobench.encoders.reducers.chain import Chain
from neucobench.encoders.reducers.parse import make_reducer
from neucobench.encoders.reducers.per_block import PerBlock
from neucobench.errors import CardError

SECTION = "codecs/recipes"
TRAINING = "training"  # of a codec, in the same folder

Text = Annotated[str, Field(min_length=1)]
Value = bool | int | float | str


class ReducerSetting(BaseModel):
    """Name a reducer; the other keys are its options."""

    model_config = ConfigDict(frozen=True, extra="allow")

    reducer: Text

    def make(self, device: str | None) -> Reducer:
        """Return the reducer, for ``device`` where it has the choice.

        Raises:
            UnknownNameError: when the reducer or an option is not known.
            UsageError: when a value cannot be used.
        """
        options = self.model_extra or {}
        reducer = make_reducer(self.reducer, options)
        if device is None or "device" in options or not hasattr(reducer, "device"):
            return reducer
        return make_reducer(self.reducer, {**options, "device": device})


class BlockSetting(BaseModel):
    """Describe one block.

    Attributes:
        name: the block's name; without one, the encoder's or the first table's.
        encoder: as on the command line: a name, a family's model, or a file's class.
        options: the encoder's options.
        weights: the file of the encoder's weights.
        tables: embedding files, in place of an encoder.
        weight: what the block is multiplied by, after its reducers.
        reduce: its own reducers, one after the other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    encoder: Text | None = None
    options: dict[str, Value] = Field(default_factory=dict)
    weights: Text | None = None
    tables: tuple[Text, ...] = ()
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    reduce: tuple[ReducerSetting, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _named(cls, content: Any) -> Any:
        if isinstance(content, dict) and "name" not in content:
            tables = content.get("tables") or [""]
            name = content.get("encoder") or Path(str(tables[0])).stem
            return content | {"name": name}
        return content

    @model_validator(mode="after")
    def _one_source(self) -> "BlockSetting":
        if (self.encoder is None) == (not self.tables):
            raise ValueError("give either 'encoder' or 'tables'.")
        if self.tables and (self.options or self.weights):
            raise ValueError("'tables' take no 'options' and no 'weights'.")
        return self


class Recipe(BaseModel):
    """Describe an ensemble.

    Attributes:
        kind: ``"ensemble"``.
        name: its name, the file's stem.
        title: a short name for tables and figures.
        description: what it computes.
        blocks: what stands side by side, in this order.
        reduce: reducers of the whole, one after the other.
        dims: length of its vectors, for lists.
        source: where it was published.
        url: a public page about it.
        license: the license of that source.
        notes: what a reader should know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["ensemble"]
    name: Text
    title: Text
    description: Text
    blocks: Annotated[tuple[BlockSetting, ...], Field(min_length=1)]
    reduce: tuple[ReducerSetting, ...] = ()
    dims: Annotated[int, Field(ge=1)] | None = None
    source: Text | None = None
    url: Annotated[str, Field(pattern=r"^https://")] | None = None
    license: Text | None = None
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _different_names(self) -> "Recipe":
        names = [block.name for block in self.blocks]
        if len(set(names)) < len(names):
            raise ValueError(f"two blocks have the same name: {', '.join(names)}.")
        return self

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return nothing: what is read depends on the encoders; for lists."""
        return ()

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as plain JSON types."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def reducer(self, device: str | None = None) -> Reducer | None:
        """Return what reduces the blocks and the whole, or None for nothing.

        Args:
            device: where the reducers that have the choice compute.
        """
        steps = {block.name: _chain(block.reduce, device) for block in self.blocks}
        weights = {block.name: block.weight for block in self.blocks}
        whole = [setting.make(device) for setting in self.reduce]
        if any(steps.values()) or any(weight != 1 for weight in weights.values()):
            whole.insert(0, PerBlock(steps=steps, weights=weights))
        return Chain(steps=tuple(whole)) if len(whole) > 1 else next(iter(whole), None)


def _chain(settings: Sequence[ReducerSetting], device: str | None) -> Reducer | None:
    steps = tuple(setting.make(device) for setting in settings)
    return Chain(steps=steps) if len(steps) > 1 else next(iter(steps), None)


def recipe_paths() -> dict[str, Path]:
    """Return the recipes of ensembles that ship or are the user's, name to file."""
    return {
        name: path
        for name, path in card_paths(SECTION).items()
        if read_toml(path).get("kind") != TRAINING
    }


def recipe_file(spec: str) -> Path | None:
    """Return the file of the recipe that ``spec`` names, or None when it names none."""
    return Path(spec) if spec.endswith(".toml") else card_paths(SECTION).get(spec)


def read_recipe(path: Path) -> Recipe:
    """Return the recipe in a file.

    Raises:
        CardError: when it cannot be read, or is no recipe of an ensemble.
    """
    if read_toml(path).get("kind") == TRAINING:
        raise CardError(
            f"{path} is a recipe to train a codec by, and an encoder's recipe has "
            "kind = 'ensemble'; type: neucobench codec train "
            f"{path} --data DIR"
        )
    return load_card(path, Recipe)
