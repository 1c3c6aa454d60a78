"""Encoder cards: what an encoder reads, what it writes, and where it comes from.

The cards are ``codecs/encoders/<name>.toml``.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neucobench.content import card_path, card_paths, load_card

SECTION = "codecs/encoders"

Text = Annotated[str, Field(min_length=1)]
Modality = Literal["s1", "s2l1c", "s2l2a"]


class WeightsSource(BaseModel):
    """Say where the weights of an encoder are published, and what the file must be.

    Attributes:
        repo: a repository of models on the hub, ``"owner/name"``; or ``url``.
        url: an https address of the file; or ``repo``.
        file: the file's path in the repository, or its name.
        revision: the commit that is meant; a file on the hub must have one.
        sha256: the file's SHA-256, or its first digits where no more is known; a file
            at a url must have one.
        bytes: its size, where it is known.
        license: the licence of the weights.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    repo: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    url: Annotated[str, Field(pattern=r"^https://")] | None = None
    file: Text
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{7,40}$")] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")] | None = None
    bytes: Annotated[int, Field(ge=1)] | None = None
    license: Text

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.repo is None) == (self.url is None):
            raise ValueError("weights are at a repo or at a url; give one of them.")
        if self.repo is not None and self.revision is None:
            raise ValueError("weights in a repo need the revision that is meant.")
        if self.url is not None and self.sha256 is None:
            raise ValueError("weights at a url need their sha256.")
        return self

    @property
    def address(self) -> str:
        """Return the place for people: the address, or the file on the hub."""
        if self.repo is None:
            return str(self.url)
        return f"{self.file} of {self.repo} on the Hugging Face hub"


class EncoderCard(BaseModel):
    """Describe one encoder.

    Attributes:
        name: the encoder's name.
        title: a short name for tables and figures.
        description: what it computes.
        modalities: what it reads of a cube; empty when it reads none.
        seasons: how many time steps it reads, or None for all there are.
        dims: length of its vectors; with ``dims_option``, the default one. None: it
            depends on the model, or on the file.
        dims_option: whether another length can be asked for.
        s2_offset: what must have been added to the stored Sentinel-2 values of the
            downstream set: 0, or 1000 as in SSL4EO-S12 v1.1; None when it reads none.
        deterministic: whether the same cube always gives the same vector.
        pretrained: whether it needs trained weights.
        source: where the method was published.
        url: a public page about it.
        license: the licence of that source.
        weights: where its trained weights are published; None when it has none.
        notes: what a reader should know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    title: Text
    description: Text
    modalities: tuple[Modality, ...]
    seasons: Annotated[int, Field(ge=1)] | None = None
    dims: Annotated[int, Field(ge=1)] | None = None
    dims_option: bool
    s2_offset: Literal[0, 1000] | None = None
    deterministic: bool
    pretrained: bool
    source: Text
    url: Annotated[str, Field(pattern=r"^https://")] | None = None
    license: Text
    weights: WeightsSource | None = None
    notes: tuple[Text, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the card as plain JSON types."""
        return self.model_dump(mode="json")


def encoder_card_names() -> list[str]:
    """Return the names of all encoder cards, sorted."""
    return list(card_paths(SECTION))


def encoder_card(name: str) -> EncoderCard:
    """Return the card of an encoder.

    Raises:
        UnknownNameError: when no card has that name.
        CardError: when the card cannot be read.
    """
    return load_card(card_path(SECTION, "encoder", name), EncoderCard)
