"""From what the user types to an encoder: a registered name, or a class in a file."""

import hashlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, get_args

from neucobench.encoders.base import ENCODERS
from neucobench.encoders.checked import CheckedEncoder, check_encoder
from neucobench.errors import InputError, NeucoError, UnknownNameError, UsageError

_TRUTH = {"true": True, "yes": True, "1": True}
_TRUTH |= {"false": False, "no": False, "0": False}


def load_encoder(
    spec: str,
    *,
    options: Mapping[str, str] = MappingProxyType({}),
    device: str | None = None,
) -> CheckedEncoder:
    """Return the encoder that ``spec`` names, made with ``options``.

    Args:
        spec: a registered name, e.g. ``"mean"``, or ``"path/to/file.py:MyEncoder"``, a
            class, a function that returns an encoder, or an encoder.
        options: the constructor's arguments as text; each is read as its annotation
            says: ``int``, ``float``, ``bool`` or ``str``.
        device: goes to the constructor's parameter ``device``; an encoder without one
            computes on the CPU.

    Raises:
        UnknownNameError: when the name, the file's object or an option is not known.
        UsageError: when an option cannot be read, or the encoder takes none.
        InputError: when the file is missing or fails, or holds no encoder.
    """
    path_text, colon, attribute = spec.rpartition(":")
    if not (colon and path_text.endswith(".py")):
        target, source = ENCODERS.load(spec), None
    else:
        path = Path(path_text)
        source = _digest(path)
        target = _attribute(_import_file(path), attribute, path)
    if not (inspect.isclass(target) or inspect.isfunction(target)):
        if options:
            raise UsageError(
                f"{spec} is an object that exists already and takes no options; drop "
                "--option, or name its class."
            )
        return check_encoder(target, source=source)
    arguments = _read_options(target, spec, _with_device(target, spec, options, device))
    encoder = _construct(target, spec, arguments)
    return check_encoder(encoder, options=_resolved(target, arguments), source=source)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(
            f"The encoder's file {path} cannot be read: {error.strerror}. Give it as "
            "path/to/file.py:MyEncoder."
        ) from error


def _import_file(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(
        f"neucobench_user_encoder_{path.stem}", path
    )
    if specification is None or specification.loader is None:
        raise InputError(f"{path} is not a Python file that can be imported.")
    module = importlib.util.module_from_spec(specification)
    # Dataclasses with postponed annotations, and pickle, look their module up there.
    sys.modules[specification.name] = module
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        sys.modules.pop(specification.name, None)
        raise InputError(
            f"{path} cannot be imported: {describe(error)} Correct the file."
        ) from error
    return module


def _attribute(module: ModuleType, name: str, path: Path) -> Any:
    if not hasattr(module, name):
        own = [
            key
            for key, value in vars(module).items()
            if getattr(value, "__module__", None) == module.__name__
        ]
        raise UnknownNameError(f"encoder in {path}", name, own)
    return getattr(module, name)


def _with_device(
    target: Callable[..., Any],
    spec: str,
    options: Mapping[str, str],
    device: str | None,
) -> dict[str, str]:
    if device is None or "device" in _parameters(target):
        return dict(options) | ({"device": device} if device else {})
    if device not in ("auto", "cpu"):
        raise UsageError(
            f"The encoder {spec} computes on the CPU, and --device {device} was given; "
            "drop --device, or choose an encoder that takes a device."
        )
    return dict(options)


def _read_options(
    target: Callable[..., Any], spec: str, options: Mapping[str, str]
) -> dict[str, Any]:
    parameters = _parameters(target)
    for name in options:
        if name not in parameters:
            raise UnknownNameError(f"option of the encoder {spec!r}", name, parameters)
    return {
        name: _read_value(name, text, parameters[name].annotation)
        for name, text in options.items()
    }


def _parameters(target: Callable[..., Any]) -> dict[str, inspect.Parameter]:
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


def _read_value(name: str, text: str, annotation: Any) -> Any:
    # `int | None` reads as int; a parameter without annotation stays text.
    kinds = get_args(annotation) or (annotation,)
    kind = next((kind for kind in kinds if kind in (bool, int, float)), str)
    try:
        return _TRUTH[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        accepted = "true or false" if kind is bool else f"{kind.__name__} number"
        raise UsageError(
            f"The option {name}={text} cannot be read; it takes: {accepted}. Correct "
            f"--option {name}=..."
        ) from None


def _construct(
    target: Callable[..., Any], spec: str, arguments: Mapping[str, Any]
) -> Any:
    try:
        return target(**arguments)
    except NeucoError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(
            f"The encoder {spec} cannot be made: {describe(error)} Correct the options "
            "(--option name=value) or the encoder."
        ) from error


def _resolved(
    target: Callable[..., Any], arguments: Mapping[str, Any]
) -> dict[str, str]:
    return {
        name: str(arguments.get(name, parameter.default))
        for name, parameter in _parameters(target).items()
    }


def describe(error: BaseException) -> str:
    """Return an exception of the user's code as a sentence, with file and line."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"
    return f"{type(error).__name__}: {error}{where if frames else ''}."
