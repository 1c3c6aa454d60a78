"""Codec cards: what a codec codes, how, at which rates, and where it comes from.

The cards are ``codecs/<name>.toml``; weights that ship are in ``codecs/weights``.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neucobench.content import card_path, card_paths, load_card

SECTION = "codecs"

Text = Annotated[str, Field(min_length=1)]


class CodecWeights(BaseModel):
    """Say where weights are: for one rate, or one set for all rates.

    Attributes:
        rate: the rate they were trained for; None: they serve all rates of the card.
        variant: what such a set is called, e.g. ``"lambda-800"``; ``--weights`` takes
            the name.
        file: the file's path: in the repository of ``repo``, or without one beside the
            card, e.g. ``"weights/tec-fp-s_lambda-10.safetensors"``.
        repo: a repository of models on the hub, ``"owner/name"``.
        revision: the commit that is meant, where it is known.
        sha256: the file's SHA-256, where it is known; a file beside the card has one.
        bytes: its size, where it is known.
        n: the channels of the network's middle layers, for weights drawn at random.
        m: the channels of its latents, likewise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: Annotated[float, Field(gt=0)] | None = None
    variant: Text | None = None
    file: Text
    repo: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{7,40}$")] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    bytes: Annotated[int, Field(ge=1)] | None = None
    n: Annotated[int, Field(ge=1)] | None = None
    m: Annotated[int, Field(ge=1)] | None = None

    @property
    def url(self) -> None:
        """Return None: the weights are in a repository or beside the card."""
        return

    @property
    def address(self) -> str:
        """Return the place for people."""
        return f"{self.file} of {self.repo} on the Hugging Face hub"

    @model_validator(mode="after")
    def _is_for_one_or_all(self) -> Self:
        if (self.rate is None) == (self.variant is None):
            raise ValueError("weights have a rate, or serve all and have a variant.")
        return self

    @model_validator(mode="after")
    def _shipped_has_digest(self) -> Self:
        if self.repo is None and self.sha256 is None:
            raise ValueError("weights beside the card need their sha256.")
        return self


class CodecCard(BaseModel):
    """Describe one codec.

    Attributes:
        name: the codec's name.
        title: a short name for tables and figures.
        description: what it does.
        family: learned from data, or classical.
        bands: how many bands it takes; None: any number.
        smallest: the least height and width in pixels.
        packing: how bands and seasons are laid out for the coder.
        depth: how reflectance becomes the coder's numbers, and what happens to values
            beyond the range.
        rate: the name of its rate knob, e.g. ``"lambda"`` or ``"crf"``.
        rates: the settings that exist (learned) or that a sweep takes (classical).
        default_rate: one of them.
        better: whether a larger or a smaller setting means a better picture.
        needs: what must be installed beside the extra ``codecs``, if anything.
        source: where the method was published.
        url: a public page about it.
        license: the licence of that source, or of the weights.
        weights: where the weights are: one for each rate, or sets that serve all
            rates, the usual one first; none for classical codecs.
        notes: what a reader should know, for a learned codec what it has seen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    title: Text
    description: Text
    family: Literal["learned", "classical"]
    bands: Annotated[int, Field(ge=1)] | None = None
    smallest: Annotated[int, Field(ge=1)] = 16
    packing: Text
    depth: Text
    rate: Text
    rates: Annotated[tuple[float, ...], Field(min_length=1)]
    default_rate: float
    better: Literal["larger", "smaller"]
    needs: Text | None = None
    source: Text
    url: Annotated[str, Field(pattern=r"^https://")] | None = None
    license: Text
    weights: tuple[CodecWeights, ...] = ()
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _rates_agree(self) -> Self:
        if self.default_rate not in self.rates:
            raise ValueError("default_rate must be one of rates.")
        known = {entry.rate for entry in self.weights}
        if self.family == "learned" and known not in ({None}, set(self.rates)):
            raise ValueError("a learned codec has weights for each of its rates.")
        return self

    @property
    def variants(self) -> tuple[str, ...]:
        """Return the names of the sets of weights that serve all rates."""
        return tuple(entry.variant for entry in self.weights if entry.variant)

    def as_dict(self) -> dict[str, Any]:
        """Return the card as plain JSON types."""
        return self.model_dump(mode="json")


def codec_names() -> list[str]:
    """Return the names of all codec cards, sorted."""
    return list(card_paths(SECTION))


def codec_card(name: str) -> CodecCard:
    """Return the card of a codec.

    Raises:
        UnknownNameError: when no card has that name.
        CardError: when the card cannot be read.
    """
    return load_card(codec_card_path(name), CodecCard)


def codec_card_path(name: str) -> Path:
    """Return the file of a codec's card; weights that ship lie beside it.

    Raises:
        UnknownNameError: when no card has that name.
    """
    return card_path(SECTION, "codec", name)
