"""The causal decoder: from the tokens before to what is expected of the next one.

::

    start, token 0, ... 14 ──▶ embedded ──▶ blocks, none sees a later token ──▶ z_cur
                                               ▲
                 z_joint ──▶ keys and values ──┘   once for each frame
"""

import torch
from torch import Tensor

from neucobench.codecs.temporal.attention import Blocks

KeysValues = tuple[Tensor, Tensor]


class CausalDecoder(Blocks):
    """Decode windows, all tokens in one pass or one token after the other."""

    def look_at(self, z_joint: Tensor) -> list[KeysValues]:
        """Return the keys and values of a context for each block.

        Args:
            z_joint: (windows, 128, width).
        """
        return [block.cross_attention.keys_values(z_joint) for block in self]

    def forward(self, embedded: Tensor, context: list[KeysValues]) -> Tensor:
        """Return z_cur, (windows, tokens, width), of all tokens in one pass.

        Args:
            embedded: (windows, tokens, width), shifted right by one.
            context: what ``look_at`` returned.
        """
        tokens = embedded.shape[1]
        mask = embedded.new_full((tokens, tokens), -torch.inf).triu_(1)
        for block, seen in zip(self, context, strict=True):
            embedded = block.decode(embedded, *seen, mask)
        return embedded

    def step(
        self,
        embedded: Tensor,
        place: int,
        own: list[KeysValues],
        context: list[KeysValues],
    ) -> Tensor:
        """Return z_cur of one token, (windows, 1, width).

        Args:
            embedded: (windows, 1, width).
            place: which token it is.
            own: keys and values of the tokens before, for each block; this one's are
                added.
            context: what ``look_at`` returned.
        """
        for block, kept, seen in zip(self, own, context, strict=True):
            embedded = block.step(embedded, kept, place, seen)
        return embedded
