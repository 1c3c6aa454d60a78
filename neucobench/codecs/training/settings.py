"""The tables of a training recipe; the recipe's own module explains the keys."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


def _names_places(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}.") from error
    if "place" not in groups:
        raise ValueError("a series needs a group (?P<place>...) that names the place.")
    return pattern


Pattern = Annotated[str, AfterValidator(_names_places)]


class Section(BaseModel):
    """A table of the recipe; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Temporal(Section):
    """Describe a network for stacks; what is not said is as published."""

    channels: tuple[Count, Count, Count, Count] = (128, 160, 192, 192)
    width: Count = 768
    heads: Count = 16
    separate_layers: Count = 6
    joint_layers: Count = 4
    decoder_layers: Count = 5
    expansion: Count = 4


class Optimizer(Section):
    """Describe AdamW, the clipping, and the averaged weights."""

    learning_rate: Positive = 1e-4
    transforms: Share = 1.0
    auxiliary_learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.0
    clip: Positive = 1.0
    average: Annotated[float, Field(ge=0, lt=1)] = 0.999


class Schedule(Section):
    """Describe how the learning rate rises and falls, and when what counts."""

    warm_up: Annotated[int, Field(ge=0)] = 500
    rate_free: Annotated[int, Field(ge=0)] = 0
    forecast: NotNegative = 0.0
    forecast_after: Annotated[int, Field(ge=0)] = 0
    decay: Literal["constant", "cosine", "step"] = "cosine"
    begin: Share = 0.6
    last: Share = 0.01


class Offset(Section):
    """Say what the files that match ``pattern`` have added to their reflectance."""

    pattern: Text
    offset: int


class Weight(Section):
    """Say how often the files that match ``pattern`` are drawn, against 1."""

    pattern: Text
    weight: Positive


class Data(Section):
    """Say which files are for training, and which for validation."""

    include: tuple[Text, ...] = ("*",)
    exclude: tuple[Text, ...] = ()
    validation: tuple[Text, ...] = ()
    validation_pictures: Count = 16
    series: Pattern | None = None
    short: Literal["leave-out", "repeat"] = "leave-out"
    offsets: tuple[Offset, ...] = ()
    weights: tuple[Weight, ...] = ()
    pool_mib: Count = 2048
    pool_steps: Count = 1000


class Augment(Section):
    """Say how a crop is varied; all bands and frames alike but for those named."""

    flips: bool = True
    turns: bool = True
    radiometry: Share = 0.0
    gain: NotNegative = 0.15
    offset: NotNegative = 70.0
    bands: Share = 0.0
    band_gain: NotNegative = 0.1
    band_offset: NotNegative = 40.0
    zoom: Share = 0.0
    most_zoom: Annotated[float, Field(ge=1, le=8)] = 1.7
    mix: Share = 0.0
    shuffle: Share = 0.0
    frames: Share = 0.0
    frame_gain: NotNegative = 0.1
    frame_offset: NotNegative = 40.0


class Rate(Section):
    """Describe one set of weights; what is not said is the recipe's."""

    rate: Annotated[Positive, Field(alias="lambda")]
    start: Positive | None = None
    steps: Count | None = None
    learning_rate: Positive | None = None
    n: Count | None = None
    m: Count | None = None
