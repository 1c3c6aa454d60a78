"""How the loops of the linear probe are compiled.

numba keeps compiled code beside the source and compiles anew when the file of the
function changes, but not when a file changes whose functions it calls: after a change
here or in ``compiled_draws`` save ``compiled`` again.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(*liberties: str) -> Callable[[Function], Function]:
    """Return a decorator that compiles a function; calls release the interpreter lock.

    Args:
        *liberties: what the compiler may do to arithmetic, in LLVM's words.
    """
    options: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}
    decorator: Any = njit(fastmath=set(liberties), **options)
    typed: Callable[[Function], Function] = decorator
    return typed


exactly = compiled()
# Sums may be reordered, which vectors need, and fused with products.
summing = compiled("nsz", "reassoc", "contract")
