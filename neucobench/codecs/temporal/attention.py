"""The block that all transformers of TEC-TT are made of.

::

    x ─┬─ norm ─ self-attention ─+─┬─ norm ─ perceptron ─+─┐
       └─────────────────────────┘ └─────────────────────┘ │
    ┌──────────────────────────────────────────────────────┘
    ├─ norm ─ cross-attention ─+─┬─ norm ─ perceptron ─+──▶
    └──────────────────────────┘ └─────────────────────┘

What the cross-attention looks at is the context, as it is; in an encoder, which has
none, it is the same as what it asks with.

All layers compute in the precision of what they are given: weights are kept in single
precision, and portable streams are coded in double.
"""

import threading
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

_EPSILON = 1e-6


class _Scratch(threading.local):
    """Memory for weights in another precision: fresh memory costs more than that."""

    def __init__(self) -> None:
        self._kept: Tensor | None = None

    def converted(self, weight: Tensor, dtype: torch.dtype) -> Tensor:
        """Return weights, valid until the next call of the same thread."""
        kept, count = self._kept, weight.numel()
        usable = kept is not None and kept.numel() >= count and kept.dtype == dtype
        if kept is None or not usable or kept.device != weight.device:
            # Memory of inference mode could not be written to outside of it.
            with torch.inference_mode(mode=False):
                kept = self._kept = weight.new_empty(count, dtype=dtype)
        return kept[:count].view(weight.shape).copy_(weight)


_scratch = _Scratch()


class Linear(nn.Linear):
    """A linear layer in the precision of its input."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., out)."""
        if x.dtype == self.weight.dtype or torch.is_grad_enabled():
            weight = self.weight.to(x.dtype)
        else:
            weight = _scratch.converted(self.weight, x.dtype)
        return functional.linear(x, weight, self.bias.to(x.dtype))


class Norm(nn.LayerNorm):
    """A normalization over the last axis, in the precision of its input."""

    def __init__(self, width: int) -> None:
        super().__init__(width, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., width)."""
        weight, bias = self.weight.to(x.dtype), self.bias.to(x.dtype)
        return functional.layer_norm(x, self.normalized_shape, weight, bias, self.eps)


class Position(nn.Module):
    """Add a learned vector to each token."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self._pos = nn.Parameter(torch.randn(1, tokens, width) * 0.02)

    def forward(self, x: Tensor) -> Tensor:
        """Return (windows, tokens, width)."""
        return x + self.at(slice(None), x.dtype)

    def at(self, tokens: slice, dtype: torch.dtype) -> Tensor:
        """Return the vectors of some tokens, (1, tokens, width)."""
        return self._pos[:, tokens].to(dtype)


class Perceptron(nn.Module):
    """Two linear layers with an exact GELU between them."""

    def __init__(self, width: int, expansion: int) -> None:
        super().__init__()
        self.fc1 = Linear(width, width * expansion)
        self.fc2 = Linear(width * expansion, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return (windows, tokens, width)."""
        y: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return y


class Attention(nn.Module):
    """Attention of several heads."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k = Linear(width, width), Linear(width, width)
        self.v, self.proj = Linear(width, width), Linear(width, width)

    def keys_values(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values of (windows, tokens, width) for every head."""
        return self._split(self.k(context)), self._split(self.v(context))

    def forward(
        self, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """Return (windows, tokens, width).

        Args:
            x: (windows, tokens, width), what asks.
            keys: (windows, heads, others, width / heads).
            values: likewise.
            mask: (tokens, others), added to the scores.
        """
        scale = (x.shape[-1] // self.heads) ** -0.5
        scores = (self._split(self.q(x)) * scale) @ keys.transpose(-2, -1)
        if mask is not None:
            scores = scores + mask
        found = scores.softmax(dim=-1) @ values
        joined: Tensor = self.proj(found.transpose(1, 2).reshape(x.shape))
        return joined

    def _split(self, x: Tensor) -> Tensor:
        windows, tokens, width = x.shape
        return x.reshape(windows, tokens, self.heads, width // self.heads).transpose(
            1, 2
        )


class Block(nn.Module):
    """One block; see the module's diagram."""

    def __init__(self, width: int, heads: int, expansion: int) -> None:
        super().__init__()
        self.norm1a, self.norm1b = Norm(width), Norm(width)
        self.norm2a, self.norm2b = Norm(width), Norm(width)
        self.self_attention = Attention(width, heads)
        self.cross_attention = Attention(width, heads)
        self.mlp1 = Perceptron(width, expansion)
        self.mlp2 = Perceptron(width, expansion)

    def encode(self, x: Tensor) -> Tensor:
        """Return (windows, tokens, width) of an encoder: every token sees all."""
        x = self._attend_itself(x, None)
        seen = self.norm2a(x)
        return self._across(x, seen, *self.cross_attention.keys_values(seen))

    def decode(self, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        """Return (windows, tokens, width) of a decoder.

        Args:
            x: (windows, tokens, width).
            keys: of the context, see ``cross_attention.keys_values``.
            values: likewise.
            mask: (tokens, tokens), which keeps tokens from seeing later ones.
        """
        x = self._attend_itself(x, mask)
        return self._across(x, self.norm2a(x), keys, values)

    def step(
        self,
        x: Tensor,
        own: tuple[Tensor, Tensor],
        place: int,
        context: tuple[Tensor, Tensor],
    ) -> Tensor:
        """Return one token of a decoder, (windows, 1, width).

        Args:
            x: (windows, 1, width).
            own: keys and values of the tokens before, (windows, heads, tokens, width /
                heads); those of this one are written into them.
            place: which token this is.
            context: keys and values of the context.
        """
        seen = self.norm1a(x)
        kept = []
        for cache, new in zip(own, self.self_attention.keys_values(seen), strict=True):
            cache[:, :, place : place + 1] = new
            kept.append(cache[:, :, : place + 1])
        x = x + self.self_attention(seen, *kept)
        x = x + self.mlp1(self.norm1b(x))
        return self._across(x, self.norm2a(x), *context)

    def _attend_itself(self, x: Tensor, mask: Tensor | None) -> Tensor:
        seen = self.norm1a(x)
        keys, values = self.self_attention.keys_values(seen)
        x = x + self.self_attention(seen, keys, values, mask)
        added: Tensor = self.mlp1(self.norm1b(x))
        return x + added

    def _across(self, x: Tensor, asks: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        x = x + self.cross_attention(asks, keys, values)
        added: Tensor = self.mlp2(self.norm2b(x))
        return x + added


class Blocks(nn.Module):
    """Several blocks, one after the other."""

    def __init__(self, count: int, width: int, heads: int, expansion: int) -> None:
        super().__init__()
        self.layers = nn.ModuleDict(
            {f"encoder_layer_{i}": Block(width, heads, expansion) for i in range(count)}
        )

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks."""
        for block in self.layers.values():
            assert isinstance(block, Block)
            yield block
