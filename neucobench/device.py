"""Where an encoder or a codec computes: the CPU, or a CUDA device."""

import torch

from neucobench.errors import UsageError


def torch_device(name: str | torch.device) -> torch.device:
    """Return the device that ``name`` stands for.

    Args:
        name: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, or ``"auto"``, which is CUDA where
            there is a device and the CPU elsewhere; or a device of torch.

    Raises:
        UsageError: when the name is another, or torch sees no such device.
    """
    name = str(name)
    kind, colon, number = name.partition(":")
    if name not in ("auto", "cpu") and (
        kind != "cuda" or (colon and not number.isdecimal())
    ):
        raise UsageError(
            f"There is no device {name!r}; choose 'cpu', 'cuda', "
            "'cuda:0' and so on, or 'auto'. Correct --device."
        )
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "cpu" or (name == "auto" and not found):
        return torch.device("cpu")
    if int(number or 0) >= found:
        raise UsageError(
            f"The device {name!r} was asked for and torch sees {found} CUDA devices "
            "here. Choose --device cpu, or auto."
        )
    return torch.device("cuda", int(number or 0))
