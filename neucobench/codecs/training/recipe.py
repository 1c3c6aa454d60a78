"""Training recipes: which network, which loss, which data, and how long.

::

    kind = "training"
    name = "my-codec"                # the weights are <name>_lambda-<rate>.safetensors
    title = "My codec"
    description = "..."
    architecture = "factorized"      # or "elic"; of stacks "temporal" or "flexible"
    n = 128                          # channels between the convolutions
    m = 192                          # channels of the latents
    frames = 4                       # of a stack; with [temporal], instead of n and m
    initial = "random"               # or "principal": components; not for "elic"
    batch = 8                        # crops in a step, over all processes together
    crop = 256                       # pixels; a multiple of 16, of 64 but "factorized"
    steps = 500_000
    seed = 0
    precision = "float32"            # or "bfloat16": the convolutions; the rest never
    checkpoint = 1000                # steps between two states on disk
    validate = 5000                  # steps between two validations

    [temporal]                       # of stacks only; the published sizes
    channels = [128, 160, 192, 192]  # of the transform; the last are the latents
    width = 768                      # of the transformers
    heads = 16
    separate_layers = 6              # of the encoder of one earlier frame
    joint_layers = 4                 # of the encoder of both
    decoder_layers = 5
    expansion = 4                    # of the perceptrons

    [optimizer]                      # AdamW
    learning_rate = 1e-4
    transforms = 0.3                 # share of it that the transforms of stacks have
    auxiliary_learning_rate = 1e-3   # of the quantiles of the bottleneck
    weight_decay = 0.0
    clip = 1.0                       # the gradient's largest norm
    average = 0.999                  # decay of the averaged weights

    [schedule]
    warm_up = 500                    # steps of rising learning rate
    rate_free = 0                    # first steps in which bits do not move a transform
    forecast = 0.3                   # weight of what tokens cost that follow expected
    forecast_after = 1000            # ones, as where a cloud is filled; from this step
    decay = "cosine"                 # or "constant", or "step" (tenfold down at each)
    begin = 0.6                      # share of the steps after which it falls
    last = 0.01                      # share of the learning rate that is left

    [data]
    include = ["*"]                  # of the paths below --data, in Unix patterns
    exclude = ["*282D*"]             # kept out of training and validation
    validation = ["*/val/*"]         # kept out of training, looked at
    validation_pictures = 16         # or stacks
    series = '(?P<place>.*)_(?P<season>[0-9])[.]tif'  # files: the frames of a place
    short = "leave-out"              # or "repeat": stacks of fewer frames than asked
    offsets = [{ pattern = "*_v11.tif", offset = 1000 }]
    weights = [{ pattern = "*snow*", weight = 0.3 }]  # how often, against 1
    pool_mib = 2048                  # pixels in memory at a time
    pool_steps = 1000                # steps before the next ones are read

    [augment]
    flips = true
    turns = true
    radiometry = 0.5                 # share of the crops with a gain and an offset,
    gain = 0.15                      # the same for all bands: std of the log of it,
    offset = 70.0                    # std in raw units (1/10,000)
    bands = 0.5                      # share with a gain and an offset for each band:
    band_gain = 0.1
    band_offset = 40.0
    zoom = 0.5                       # share made smaller, from a square up to so many
    most_zoom = 1.7                  # times as wide
    mix = 0.5                        # share that are the mean of two, at random weights
    shuffle = 0.5                    # share of the stacks in another order than time's
    frames = 0.5                     # share with a gain and an offset for each frame:
    frame_gain = 0.1
    frame_offset = 40.0

    [[rates]]
    lambda = 40

    [[rates]]
    lambda = 10
    start = 40                       # begin with the weights of that rate
    steps = 100_000                  # these four instead of the recipe's
    learning_rate = 5e-5
    n = 128
    m = 192
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from neucobench.codecs.training.architectures import STACKS, check_architecture
from neucobench.codecs.training.settings import (
    Augment,
    Count,
    Data,
    Optimizer,
    Rate,
    Schedule,
    Section,
    Temporal,
    Text,
)
from neucobench.content import card_paths, load_card, read_toml
from neucobench.errors import CardError, UnknownNameError, UsageError

SECTION = "codecs/recipes"
KIND = "training"


class TrainingRecipe(Section):
    """Describe the training of one codec; the keys are explained above."""

    kind: Literal["training"]
    name: Text
    title: Text
    description: Text
    architecture: Literal["factorized", "elic", "temporal", "flexible"]
    bands: Count = 12
    n: Count | None = None
    m: Count | None = None
    frames: Count | None = None
    temporal: Temporal | None = None
    initial: Literal["random", "principal"] = "random"
    batch: Count = 8
    crop: Annotated[int, Field(ge=16, multiple_of=16)] = 256
    steps: Count
    seed: Annotated[int, Field(ge=0)] = 0
    precision: Literal["float32", "bfloat16"] = "float32"
    checkpoint: Count = 1000
    validate_every: Annotated[int, Field(ge=1, alias="validate")] = 5000
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    data: Data = Data()
    augment: Augment = Augment()
    rates: Annotated[tuple[Rate, ...], Field(min_length=1)]
    source: Text | None = None
    url: Annotated[str, Field(pattern=r"^https://")] | None = None
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        check_architecture(self)
        widths: dict[float, tuple[int, int]] = {}
        for entry in self.rates:
            if entry.rate in widths:
                raise ValueError(f"lambda = {entry.rate:g} is there twice.")
            widths[entry.rate] = self.widths(entry)
            if entry.start is None:
                continue
            if entry.start == entry.rate or entry.start not in widths:
                raise ValueError(
                    f"lambda = {entry.rate:g} starts from {entry.start:g}, which must "
                    "be a rate further up."
                )
            if widths[entry.start] != widths[entry.rate]:
                raise ValueError(
                    f"lambda = {entry.rate:g} starts from {entry.start:g}, which has "
                    "another n or m."
                )
        return self

    @property
    def of_stacks(self) -> bool:
        """Tell whether it is for stacks of frames, and not for single pictures."""
        return self.architecture in STACKS

    def widths(self, entry: Rate) -> tuple[int, int]:
        """Return n and m for a rate; both 0 for stacks, which have neither."""
        return entry.n or self.n or 0, entry.m or self.m or 0

    def rate(self, wanted: float) -> Rate:
        """Return the entry of a rate.

        Raises:
            UsageError: when the recipe has no such rate.
        """
        for entry in self.rates:
            if entry.rate == wanted:
                return entry
        known = ", ".join(f"{entry.rate:g}" for entry in self.rates)
        raise UsageError(
            f"The recipe {self.name!r} has no rate {wanted:g}; it has {known}. Choose "
            "one of them with --rate, or add it to the recipe."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as plain JSON types, with the keys of the TOML file."""
        return self.model_dump(mode="json", by_alias=True)


def training_recipe_paths() -> dict[str, Path]:
    """Return the training recipes that ship or are the user's, name to file."""
    return {
        name: path
        for name, path in card_paths(SECTION).items()
        if read_toml(path).get("kind") == KIND
    }


def read_training_recipe(spec: str) -> TrainingRecipe:
    """Return the recipe that ``spec`` names: a name, or the path of a TOML file.

    Raises:
        UnknownNameError: when no recipe has that name.
        CardError: when the file cannot be read, or is no recipe of a training.
    """
    if spec.endswith(".toml"):
        path = Path(spec)
    else:
        paths = training_recipe_paths()
        if spec not in paths:
            raise UnknownNameError("training recipe", spec, paths)
        path = paths[spec]
    kind = read_toml(path).get("kind")
    if kind != KIND:
        raise CardError(
            f"{path}: kind = {kind!r}; codec train takes kind = {KIND!r}. For an "
            f"ensemble type: neucobench encode CUBES --encoder {spec}"
        )
    return load_card(path, TrainingRecipe)
