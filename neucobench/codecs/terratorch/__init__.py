"""The learned codecs as backbones and as full models of TerraTorch."""

from neucobench.codecs.terratorch.register import Registered, register_terratorch

__all__ = ["Registered", "register_terratorch"]
