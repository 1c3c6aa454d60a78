"""Encoder cards: what an encoder reads, what it writes, and where it comes from.

The cards are ``codecs/encoders/<name>.toml``.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from neucobench.content import card_path, card_paths, load_card

SECTION = "codecs/encoders"

Text = Annotated[str, Field(min_length=1)]
Modality = Literal["s1", "s2l1c", "s2l2a"]


class EncoderCard(BaseModel):
    """Describe one encoder.

    Attributes:
        name: the encoder's name.
        title: a short name for tables and figures.
        description: what it computes.
        modalities: what it reads of a cube; empty when it reads none.
        seasons: how many time steps it reads, or None for all there are.
        dims: length of its vectors; with ``dims_option``, the default one.
        dims_option: whether another length can be asked for.
        s2_offset: what must have been added to the stored Sentinel-2 values of the
            downstream set: 0, or 1000 as in SSL4EO-S12 v1.1; None when it reads none.
        deterministic: whether the same cube always gives the same vector.
        pretrained: whether it needs trained weights.
        source: where the method was published.
        url: a public page about it.
        license: the licence of that source.
        notes: what a reader should know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    title: Text
    description: Text
    modalities: tuple[Modality, ...]
    seasons: Annotated[int, Field(ge=1)] | None = None
    dims: Annotated[int, Field(ge=1)]
    dims_option: bool
    s2_offset: Literal[0, 1000] | None = None
    deterministic: bool
    pretrained: bool
    source: Text
    url: Annotated[str, Field(pattern=r"^https://")] | None = None
    license: Text
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
