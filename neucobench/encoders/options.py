"""Options of the command line as arguments of an encoder's constructor."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, get_args

from neucobench.errors import UnknownNameError, UsageError

TRUTH = {"true": True, "yes": True, "1": True}
TRUTH |= {"false": False, "no": False, "0": False}
_DEVICE, _WEIGHTS = "device", "weights"


def read_options(
    target: Callable[..., Any],
    spec: str,
    options: Mapping[str, str],
    *,
    device: str | None,
    weights: str | None,
) -> dict[str, Any]:
    """Return the arguments of ``target``, each as its annotation says.

    Args:
        target: a class, or a function that returns an encoder.
        spec: what the user typed, for messages.
        options: the arguments as text.
        device: for the parameter ``device``.
        weights: a path, for the parameter ``weights``.

    Raises:
        UnknownNameError: when ``target`` has no such option.
        UsageError: when an option cannot be read, or ``target`` takes no device or no
            weights.
    """
    parameters = constructor_parameters(target)
    given = dict(options)
    if device is not None:
        _require_device(parameters, spec, device)
        if _DEVICE in parameters:
            given[_DEVICE] = device
    if weights is not None:
        if _WEIGHTS not in parameters:
            raise UsageError(
                f"The encoder {spec} has no weights, and --weights {weights} was "
                "given; drop --weights, or choose an encoder that loads them."
            )
        given[_WEIGHTS] = weights
    for name in given:
        if name not in parameters:
            raise UnknownNameError(f"option of the encoder {spec!r}", name, parameters)
    return {
        name: read_value(name, text, parameters[name].annotation)
        for name, text in given.items()
    }


def _require_device(
    parameters: Mapping[str, inspect.Parameter], spec: str, device: str
) -> None:
    if _DEVICE not in parameters and device not in ("auto", "cpu"):
        raise UsageError(
            f"The encoder {spec} computes on the CPU, and --device {device} was given; "
            "drop --device, or choose an encoder that takes a device."
        )


def constructor_parameters(target: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the named parameters of ``target``, their annotations evaluated."""
    try:
        signature = inspect.signature(target, eval_str=True)
    except (NameError, TypeError, ValueError):
        # Annotations that cannot be evaluated leave the values as text.
        signature = inspect.signature(target)
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind not in variable
    }


def read_value(name: str, text: str, annotation: Any) -> Any:
    """Return ``text`` as the annotation says: bool, int, float, or the text itself.

    Raises:
        UsageError: when it cannot be read so.
    """
    # `int | None` reads as int; a parameter without annotation stays text.
    kinds = get_args(annotation) or (annotation,)
    kind = next((kind for kind in kinds if kind in (bool, int, float)), str)
    try:
        value = TRUTH[text.lower()] if kind is bool else kind(text)
        if isinstance(value, float) and not isfinite(value):
            raise ValueError(text)
        return value
    except (KeyError, ValueError):
        accepted = "true or false" if kind is bool else f"{kind.__name__} number"
        raise UsageError(
            f"The option {name}={text} cannot be read; it takes: {accepted}. Correct "
            f"--option {name}=..."
        ) from None


def resolved_options(
    target: Callable[..., Any], arguments: Mapping[str, Any]
) -> dict[str, str]:
    """Return all arguments of ``target``, defaults included, as text."""
    return {
        name: str(arguments.get(name, parameter.default))
        for name, parameter in constructor_parameters(target).items()
    }


def check_choices(encoder: str, **choices: tuple[str, Sequence[str]]) -> None:
    """Refuse options whose value is not one of those that are accepted.

    Args:
        encoder: its name, for the message.
        **choices: an option's name to its value and the accepted ones.

    Raises:
        UnknownNameError: with the nearest names.
    """
    for option, (value, accepted) in choices.items():
        if value not in accepted:
            raise UnknownNameError(f"{option} of {encoder}", value, accepted)


def check_training(
    encoder: str, *, pretrained: bool, weights: str | None, seed: int
) -> None:
    """Refuse a random control that is given trained weights, and a negative seed.

    Raises:
        UsageError: when the options contradict each other.
    """
    if weights is not None and not pretrained:
        raise UsageError(
            f"The encoder {encoder} got pretrained=false, which draws its weights, and "
            "--weights, which reads them; drop one of the two."
        )
    if seed < 0:
        raise UsageError(
            f"The encoder {encoder} got seed={seed}; give a seed of 0 or more."
        )
