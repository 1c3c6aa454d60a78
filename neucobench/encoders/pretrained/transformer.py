"""The pre-norm transformer block that the pretrained encoders have in common."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention


class Attention(nn.Module):
    """Let every token look at every token, in several heads.

    Args:
        width: length of a token; a multiple of ``heads``.
        heads: number of heads.
        fused: whether q, k and v are one linear map ``qkv``, stacked in this order, or
            three maps ``q``, ``k`` and ``v``. The numbers are the same; the names of
            the weights differ from model to model.
    """

    def __init__(self, width: int, heads: int, *, fused: bool) -> None:
        super().__init__()
        self.heads = heads
        self.fused = fused
        if fused:
            self.qkv = nn.Linear(width, 3 * width)
        else:
            self.q = nn.Linear(width, width)
            self.k = nn.Linear(width, width)
            self.v = nn.Linear(width, width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (samples, tokens, width), as the tokens that are given."""
        if self.fused:
            q, k, v = self.qkv(tokens).chunk(3, dim=-1)
        else:
            q, k, v = self.q(tokens), self.k(tokens), self.v(tokens)
        mixed = scaled_dot_product_attention(
            self._split(q), self._split(k), self._split(v)
        )
        return cast(Tensor, self.proj(mixed.transpose(1, 2).flatten(2)))

    def _split(self, tokens: Tensor) -> Tensor:
        """Return (samples, heads, tokens, width / heads)."""
        return tokens.view(*tokens.shape[:-1], self.heads, -1).transpose(1, 2)


class Mlp(nn.Module):
    """Widen each token, apply the exact GELU, and bring it back.

    Args:
        width: length of a token.
        hidden: length in between.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (..., width), as the tokens that are given."""
        return cast(Tensor, self.fc2(gelu(self.fc1(tokens))))


class Block(nn.Module):
    """Compute ``x + attention(norm1(x))``, then ``x + mlp(norm2(x))``.

    Args:
        width: length of a token; a multiple of ``heads``.
        heads: number of heads.
        hidden: length inside the MLP.
        eps: what both layer norms add to the variance.
        fused: whether the weights of q, k and v are one map; see ``Attention``.
    """

    def __init__(
        self, width: int, heads: int, *, hidden: int, eps: float, fused: bool
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=eps)
        self.attn = Attention(width, heads, fused=fused)
        self.norm2 = nn.LayerNorm(width, eps=eps)
        self.mlp = Mlp(width, hidden)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (samples, tokens, width), as the tokens that are given."""
        tokens = tokens + self.attn(self.norm1(tokens))
        return tokens + cast(Tensor, self.mlp(self.norm2(tokens)))


def sine_cosine(positions: Tensor, frequencies: Tensor) -> Tensor:
    """Return (..., 2 * frequencies): the sines of position x frequency, then cosines.

    Args:
        positions: (...) float64.
        frequencies: (frequency,) float64.
    """
    angles = positions[..., None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
