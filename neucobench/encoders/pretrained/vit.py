"""The Vision Transformer (ViT) as plain torch, with the names of its published weights.

Dosovitskiy et al., An Image is Worth 16x16 Words, https://arxiv.org/abs/2010.11929;
names and numbers are those of timm's ``vit_small_patch16_224`` and its relatives.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from neucobench.encoders.pretrained.transformer import Block
from neucobench.seeding import generator

INIT_STD = 0.02


class PatchEmbedding(nn.Module):
    """Turn each patch of the image into a token, with one linear map.

    Args:
        bands: bands of the image.
        patch: side of a patch in pixels.
        width: length of a token.
    """

    def __init__(self, bands: int, patch: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(bands, width, kernel_size=patch, stride=patch)

    def forward(self, images: Tensor) -> Tensor:
        """Return (samples, patches, width), row by row, of (samples, band, y, x)."""
        side = self.proj.kernel_size[0]
        tiles = images.unfold(2, side, side).unfold(3, side, side)
        patches = tiles.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)
        # The convolution as a matrix product: on CUDA a convolution may be rounded to
        # TF32, a matrix product is not.
        return linear(patches, self.proj.weight.flatten(1), self.proj.bias)


class VisionTransformer(nn.Module):
    """Compute the tokens of images.

    ::

        image ─▶ patches ─▶ linear ─┐
                      class token ──┴─▶ + positions ─▶ blocks ─▶ norm ─▶ tokens

    Args:
        bands: bands of the image.
        size: side of the image in pixels; a multiple of ``patch``.
        patch: side of a patch in pixels.
        width: length of a token.
        depth: number of blocks.
        heads: number of attention heads.
    """

    def __init__(
        self,
        *,
        bands: int,
        size: int = 224,
        patch: int = 16,
        width: int = 384,
        depth: int = 12,
        heads: int = 6,
    ) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.empty(1, 1, width))
        tokens = 1 + (size // patch) ** 2
        self.pos_embed = nn.Parameter(torch.empty(1, tokens, width))
        self.patch_embed = PatchEmbedding(bands, patch, width)
        self.blocks = nn.Sequential(
            *(
                Block(width, heads, hidden=4 * width, eps=1e-6, fused=True)
                for _ in range(depth)
            )
        )
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, images: Tensor) -> Tensor:
        """Return (samples, 1 + patches, width): normalized, the class token first.

        Args:
            images: (samples, band, size, size).
        """
        patches = self.patch_embed(images)
        first = self.cls_token.expand(len(images), -1, -1)
        tokens = torch.cat([first, patches], dim=1) + self.pos_embed
        return cast(Tensor, self.norm(self.blocks(tokens)))


def pool_tokens(tokens: Tensor, pool: str) -> Tensor:
    """Return (samples, width): one vector of all tokens.

    Args:
        tokens: (samples, 1 + patches, width), the class token first.
        pool: ``"avg"`` or ``"max"`` over the patches, or ``"cls"``, the class token.
    """
    if pool == "cls":
        return tokens[:, 0]
    patches = tokens[:, 1:]
    return patches.mean(dim=1) if pool == "avg" else patches.amax(dim=1)


def draw_weights(model: VisionTransformer, seed: int) -> dict[str, Tensor]:
    """Return weights as before any training: normal with deviation 0.02.

    Layer norms begin as the identity and biases as 0. The common recipe truncates the
    normal at 100 deviations, which changes nothing.

    Args:
        model: gives the names and shapes; it may be on the device ``meta``.
        seed: 0 or more; each tensor is drawn from it and its own name.
    """
    weights = {}
    for name, tensor in model.state_dict().items():
        if name.endswith("bias"):
            weights[name] = torch.zeros(tensor.shape)
        elif "norm" in name:
            weights[name] = torch.ones(tensor.shape)
        else:
            rng = generator(seed, "vit", name)
            drawn = rng.standard_normal(tensor.shape, dtype="f4")
            weights[name] = torch.from_numpy(drawn) * INIT_STD
    return weights
