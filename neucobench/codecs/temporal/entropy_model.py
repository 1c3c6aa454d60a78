"""The entropy model: what to expect of a frame, given the two frames before.

::

    f[t-2], f[t-1] ──▶ encoders of the context ──▶ z_joint
                                                      │
    tokens before ──▶ embedded ──▶ causal decoder ◀───┘
                                        │
                                      z_cur ──▶ mean_head ──▶ mu
                                        │  └──▶ scale_head ─▶ sigma_raw
                                        ▼
                                   dequantizer

Everything is computed in the precision of the latents that are given: single for the
published strings, double for portable streams. Mentzer et al. 2022 (VCT).
"""

import torch
from torch import Tensor, nn

from neucobench.codecs.temporal.attention import Linear, Norm, Position
from neucobench.codecs.temporal.context import JointEncoder, SeparateEncoder
from neucobench.codecs.temporal.decoder import CausalDecoder, KeysValues
from neucobench.codecs.temporal.heads import head
from neucobench.codecs.temporal.sizes import CONTEXT_TOKENS, TOKENS, TemporalSizes

_SPREAD = 35.0  # latents are divided by it before they are embedded


class StartToken(nn.Module):
    """Hold the token that stands before the first one."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.sym = nn.Parameter(torch.rand(channels) * 2 - 1)


class EntropyModel(nn.Module):
    """Expect the tokens of windows."""

    def __init__(self, sizes: TemporalSizes) -> None:
        super().__init__()
        width, channels = sizes.width, sizes.latents
        shape = width, sizes.heads, sizes.expansion
        self.learned_zero = StartToken(channels)
        self.encoder_embedding = Linear(channels, width)
        self.decoder_embedding = Linear(channels, width)
        self.post_embedding_layernorm = Norm(width)
        self.enc_position_sep = Position(CONTEXT_TOKENS, width)
        self.enc_position_joint = Position(2 * CONTEXT_TOKENS, width)
        self.dec_position = Position(TOKENS, width)
        self.encoder_sep = SeparateEncoder(sizes.separate_layers, *shape)
        self.encoder_joint = JointEncoder(sizes.joint_layers, *shape)
        self.decoder = CausalDecoder(sizes.decoder_layers, *shape)
        self.mean_head = head(width, channels)
        self.scale_head = head(width, channels)
        if sizes.flexible:
            self.mask_token = nn.Parameter(torch.randn(channels) * 0.02)
            self.z_cur_mask_token = nn.Parameter(torch.randn(width) * 0.02)

    def look_back(self, tokens: Tensor) -> Tensor:
        """Return what one frame says to later ones, (windows, 64, width).

        Args:
            tokens: (windows, 64, channel), quantized.
        """
        embedded = self.post_embedding_layernorm(
            self.encoder_embedding(tokens / _SPREAD)
        )
        seen: Tensor = self.encoder_sep(self.enc_position_sep(embedded))
        return seen

    def join(self, older: Tensor, newer: Tensor) -> Tensor:
        """Return z_joint, (windows, 128, width), of what two frames say."""
        joint: Tensor = self.encoder_joint(older, newer, self.enc_position_joint)
        return joint

    def embed(self, tokens: Tensor, first: int = 0) -> Tensor:
        """Return tokens as the decoder takes them, (windows, tokens, width).

        Args:
            tokens: (windows, tokens, channel), already shifted right by one.
            first: the place of the first of them.
        """
        embedded = self.post_embedding_layernorm(
            self.decoder_embedding(tokens / _SPREAD)
        )
        places = slice(first, first + tokens.shape[1])
        placed: Tensor = embedded + self.dec_position.at(places, embedded.dtype)
        return placed

    def start(self, like: Tensor) -> Tensor:
        """Return the token before the first, (windows, 1, channel).

        Args:
            like: (windows, ...), which gives the number of windows, the precision and
                the device.
        """
        return self.learned_zero.sym.to(like).expand(len(like), 1, -1)

    def decode(self, tokens: Tensor, z_joint: Tensor | list[KeysValues]) -> Tensor:
        """Return z_cur, (windows, 16, width): of each token, given those before it.

        Args:
            tokens: (windows, 16, channel); the last is not looked at.
            z_joint: (windows, 128, width), or the keys and values of it.
        """
        if isinstance(z_joint, Tensor):
            z_joint = self.decoder.look_at(z_joint)
        shifted = torch.cat([self.start(tokens), tokens[:, :-1]], dim=1)
        z_cur: Tensor = self.decoder(self.embed(shifted), z_joint)
        return z_cur

    def parameters_of(self, z_cur: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and sigma_raw, each (..., channel), of (..., width)."""
        return self.mean_head(z_cur), self.scale_head(z_cur)
