"""Random convolutional features: how strongly an image answers to fixed kernels.

With n kernels W and a constant bias b, an image x answers ``y = W * x + b`` at every
position where a kernel fits, and its features are 2n numbers: the means over all
positions of max(y, 0), then those of max(-y, 0). So the bias acts as -b in the second
half. (Rolf et al. 2021, "A generalizable and accessible approach to machine learning
with global satellite imagery"; these features and their order are those of ``RCF`` of
torchgeo.)
"""

import torch
from torch import Tensor
from torch.nn.functional import conv2d, unfold

# A strip of answers, of some kernels at some positions, stays in the cache of a CPU
# while it is rectified and summed; a GPU wants to be busy for longer.
KERNELS_AT_ONCE = 256
POSITIONS_AT_ONCE = {"cpu": 2304, "cuda": 2**18}


def gaussian_kernels(
    shape: tuple[int, int, int, int], draws: torch.Generator
) -> Tensor:
    """Return standard normal kernels, float32 on the CPU.

    Args:
        shape: kernels, channels, rows and columns.
        draws: where the numbers come from.
    """
    return torch.randn(shape, generator=draws)


def rectified_means(
    image: Tensor,
    kernels: Tensor,
    *,
    bias: float,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Compute the mean positive and the mean negative answer of each kernel.

    The mean of y follows from sums over the image, and is the mean of max(y, 0) less
    that of max(-y, 0): only one of the two has to be computed from every answer. It is
    always the smaller one, since a small number as the difference of two large ones
    would have few correct digits.

    Args:
        image: (channel, y, x) float32, at least as large as a kernel.
        kernels: (kernel, channel, size, size) float32, on the image's device.
        bias: what is added to every answer.
        dtype: what the answers are computed in, ``torch.float32`` or
            ``torch.bfloat16``.

    Returns:
        (2 * kernels,) float64: the positive half, then the negative half.
    """
    means = answer_means(image, kernels) + bias
    signs = torch.where(means > 0, -1.0, 1.0).to(torch.float32)
    offsets = torch.full_like(means, bias)
    if dtype != torch.float32:
        # Rounded to 8 bits, a bright image would lose its texture: its brightness goes
        # into the bias.
        centers = image.mean(dim=(1, 2), keepdim=True)
        image = image - centers
        offsets += kernels.double().sum(dim=(2, 3)) @ centers.flatten().double()
    smaller = _positive_means(
        image.to(dtype),
        (kernels * signs[:, None, None, None]).to(dtype),
        (offsets * signs).to(dtype),
    )
    larger = smaller + means.abs()
    positive = torch.where(means > 0, larger, smaller)
    negative = torch.where(means > 0, smaller, larger)
    return torch.cat([positive, negative])


def answer_means(image: Tensor, kernels: Tensor) -> Tensor:
    """Return (kernels,) float64, the mean of the answers without bias over the image.

    The mean of a sum of products with fixed weights is the sum of products with the
    means: of the image's pixels that each cell of a kernel meets.

    Args:
        image: (channel, y, x).
        kernels: (kernel, channel, size, size).
    """
    size = kernels.shape[-1]
    height, width = (length - size + 1 for length in image.shape[-2:])
    exact = image.double()
    rows = [exact[..., at : at + width].sum(-1) for at in range(size)]
    in_rows = torch.stack(rows, dim=-1)
    sums = [in_rows[:, at : at + height].sum(1) for at in range(size)]
    met = torch.stack(sums, dim=1) / (height * width)
    return torch.einsum("kcyx,cyx->k", kernels.double(), met)


def _positive_means(image: Tensor, kernels: Tensor, bias: Tensor) -> Tensor:
    """Return (kernels,) float64, the mean over the image of max(answer, 0)."""
    size = kernels.shape[-1]
    height, width = (length - size + 1 for length in image.shape[-2:])
    rows = max(1, POSITIONS_AT_ONCE[image.device.type] // width)
    pixels = image[None].contiguous(memory_format=torch.channels_last)
    answer = product_answers if image.is_cuda else convolution_answers
    sums = torch.zeros(len(kernels), dtype=torch.float64, device=image.device)
    for start in range(0, len(kernels), KERNELS_AT_ONCE):
        part = slice(start, start + KERNELS_AT_ONCE)
        weights = kernels[part].contiguous(memory_format=torch.channels_last)
        for top in range(0, height, rows):
            strip = pixels[:, :, top : top + rows + size - 1]
            answers = answer(strip, weights, bias[part])
            sums[part] += answers.relu_().sum(dim=1, dtype=torch.float32)
    return sums / (height * width)


def convolution_answers(strip: Tensor, kernels: Tensor, bias: Tensor) -> Tensor:
    """Return (kernels, positions), the quickest way on a CPU.

    Args:
        strip: (1, channel, y, x).
        kernels: (kernel, channel, size, size) of the same type.
        bias: (kernel,) of the same type.
    """
    return conv2d(strip, kernels, bias)[0].flatten(1)


def product_answers(strip: Tensor, kernels: Tensor, bias: Tensor) -> Tensor:
    """Return the same as ``convolution_answers``, as a product of matrices.

    On a GPU, torch rounds the input of a float32 convolution to 10 bits unless a global
    switch is set; a product of matrices it computes in full.
    """
    patches = unfold(strip, kernels.shape[-2:])[0]
    return torch.addmm(bias[:, None], kernels.flatten(1), patches)
