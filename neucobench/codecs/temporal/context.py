"""The encoders of the context: what the two earlier frames say about a window.

::

    f[t-2] ──▶ 8 x 8 windows ─▶ encoder_sep ─┐
                                             ├─ 128 tokens ─▶ encoder_joint ─▶ z_joint
    f[t-1] ──▶ 8 x 8 windows ─▶ encoder_sep ─┘

``encoder_sep`` sees one frame, and what it says of it serves the two frames after.
Before the first frame lies a learned one, the same everywhere; where only one earlier
frame exists, it stands twice.
"""

import torch
from torch import Tensor

from neucobench.codecs.temporal.attention import Blocks, Position


class SeparateEncoder(Blocks):
    """Look at the surroundings of a window in one earlier frame."""

    def forward(self, embedded: Tensor) -> Tensor:
        """Return (windows, 64, width) of tokens that know their positions."""
        for block in self:
            embedded = block.encode(embedded)
        return embedded


class JointEncoder(Blocks):
    """Look at both earlier frames together."""

    def forward(self, older: Tensor, newer: Tensor, position: Position) -> Tensor:
        """Return z_joint, (windows, 128, width).

        Args:
            older: (windows, 64, width), what is known of the frame before the last.
            newer: likewise, of the last frame.
            position: what is added to tell the two apart.
        """
        x: Tensor = position(torch.cat([older, newer], dim=1))
        for block in self:
            x = block.encode(x)
        return x
