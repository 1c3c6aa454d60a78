"""The shape of ``evaluation.json``, checked before anything in it is used."""

import json
import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from neucobench.content import read_text
from neucobench.errors import ResultError
from neucobench.findings import Level
from neucobench.tasks.card import Metric, TaskType


def _number(value: Any) -> Any:
    """Return a number as a float; NaN where there is none, infinity beyond float64."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 - pydantic's
    try:
        return float(value)
    except OverflowError:
        return math.inf


Number = Annotated[float, BeforeValidator(_number)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ScoreDocument(_Strict):
    """State what stands under ``tasks``."""

    type: TaskType
    metric: Metric
    rows: int
    scores: list[Number]
    mean: Number
    std: Number
    q: Number
    seconds: Number


class FindingDocument(_Strict):
    """State what stands under ``findings``."""

    code: str
    level: Level
    message: str
    task: str | None = None
    count: int = 0


class _Protocol(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    name: str | None = None


class _Labels(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    sha256: str | None = None


class EvaluationDocument(_Strict):
    """State what stands in ``evaluation.json``, its schema apart."""

    method: str
    phase: str
    created: str
    suite: str | None
    protocol: _Protocol
    embeddings: dict[str, Any]
    labels: dict[str, _Labels]
    tasks: dict[str, ScoreDocument]
    mean_q: Number
    mean_score: Number
    findings: list[FindingDocument]
    failed: dict[str, str]
    software: dict[str, str]
    seconds: Number


def read_json(file: Path) -> dict[str, Any]:
    """Return the JSON object in a result file, ours or upstream's.

    Raises:
        ResultError: when it is unreadable, incomplete, or not an object.
    """
    try:
        document = json.loads(read_text(file))
    except (OSError, ValueError, RecursionError) as error:
        raise ResultError(
            f"{file} is not a complete JSON file ({error}); evaluate again, or leave "
            "the result out."
        ) from error
    if not isinstance(document, dict):
        raise ResultError(
            f"{file} does not hold a result, which is a JSON object; evaluate again, "
            "or leave it out."
        )
    return document


def check_document(content: dict[str, Any], *, source: str) -> EvaluationDocument:
    """Return the content of ``evaluation.json``, its schema apart, checked.

    Args:
        content: the parsed JSON.
        source: what the message of an error calls it, usually the path.

    Raises:
        ResultError: when a key is missing, unknown or misshapen, which the message
            names, some text is not Unicode, or values are nested without end.
    """
    try:
        # Half of a surrogate pair is valid JSON, and cannot be written to any file.
        json.dumps(content, ensure_ascii=False).encode("utf-8")
        return EvaluationDocument.model_validate(content)
    except UnicodeEncodeError as error:
        raise ResultError(
            f"{source} holds text that is not valid Unicode; leave the result out."
        ) from error
    except RecursionError as error:
        raise ResultError(
            f"{source} nests its values too deeply; leave the result out."
        ) from error
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise ResultError(
            f"{source} does not follow its schema: {where}: {problem['msg']}. Evaluate "
            "the embeddings again, or leave the result out."
        ) from error
