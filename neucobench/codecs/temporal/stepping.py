"""The causal decoder step by step, with keys and values that are kept.

A full pass for each token computes everything sixteen times. Here each token is
computed once; the numbers agree but for the last bits, which differ with the shapes of
the matrices.
"""

from torch import Tensor

from neucobench.codecs.temporal.decoder import KeysValues
from neucobench.codecs.temporal.entropy_model import EntropyModel
from neucobench.codecs.temporal.sizes import TOKENS


class Stepper:
    """Say what to expect of each token of some windows, one after the other.

    Args:
        model: the entropy model.
        z_joint: (windows, 128, width), or the keys and values of it.
    """

    def __init__(self, model: EntropyModel, z_joint: Tensor | list[KeysValues]) -> None:
        self._model = model
        if isinstance(z_joint, Tensor):
            z_joint = model.decoder.look_at(z_joint)
        self._context = z_joint
        self._own: list[KeysValues] = []
        for keys, _ in z_joint:
            windows, heads, _, size = keys.shape
            cache = keys.new_empty((2, windows, heads, TOKENS, size))
            self._own.append((cache[0], cache[1]))
        self.place = 0

    def step(self, before: Tensor | None) -> Tensor:
        """Return z_cur of the next token, (windows, width).

        Args:
            before: (windows, channel), the token before; None for the first.
        """
        model = self._model
        keys = self._own[0][0]
        token = model.start(keys) if before is None else before.to(keys)[:, None]
        embedded = model.embed(token, self.place)
        z_cur: Tensor = model.decoder.step(
            embedded, self.place, self._own, self._context
        )
        self.place += 1
        return z_cur[:, 0]
