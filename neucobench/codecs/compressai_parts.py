"""The parts of CompressAI that the learned codecs are built from.

Importing this module needs the extra ``codecs``.
"""

from typing import Any

from neucobench.torchvision_shim import import_with_torchvision


def _part(module: str, name: str) -> Any:
    package = import_with_torchvision(f"compressai.{module}", extra="codecs")
    return getattr(package, name)


EntropyBottleneck = _part("entropy_models", "EntropyBottleneck")
GaussianConditional = _part("entropy_models", "GaussianConditional")
GDN = _part("layers", "GDN")
pmf_to_quantized_cdf = _part("entropy_models.entropy_models", "pmf_to_quantized_cdf")
AttentionBlock = _part("layers", "AttentionBlock")
ResidualBottleneckBlock = _part("models.sensetime", "ResidualBottleneckBlock")
quantize_ste = _part("ops", "quantize_ste")
