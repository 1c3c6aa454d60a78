"""How wide and how deep a temporal network is."""

from dataclasses import dataclass

# Latents of a window along each axis, for the decoder and for its context.
WINDOW, CONTEXT = 4, 8
TOKENS, CONTEXT_TOKENS = WINDOW**2, CONTEXT**2
FRAMES = 2  # earlier frames that a frame is predicted from
STRIDE = 16  # pixels of one latent


@dataclass(frozen=True, kw_only=True)
class TemporalSizes:
    """Hold the sizes of a network; the defaults are those of the published ones.

    Attributes:
        bands: of a frame.
        channels: of the four stages of the analysis; the last are the latents.
        width: of the transformers.
        heads: of their attention.
        separate_layers: blocks of the encoder that sees one earlier frame.
        joint_layers: blocks of the encoder that sees both.
        decoder_layers: blocks of the causal decoder.
        expansion: how many times as wide the middle of a perceptron is.
        flexible: whether latents are repacked, and tokens may be left out (FlexTEC).
    """

    bands: int = 12
    channels: tuple[int, int, int, int] = (128, 160, 192, 192)
    width: int = 768
    heads: int = 16
    separate_layers: int = 6
    joint_layers: int = 4
    decoder_layers: int = 5
    expansion: int = 4
    flexible: bool = False

    @property
    def latents(self) -> int:
        """Return how many channels the latents have."""
        return self.channels[-1]
