"""What is wrong with the parameters of a request, as a sentence."""

from fastapi.exceptions import RequestValidationError


def sentence_of(error: RequestValidationError) -> str:
    """Return what was wrong; never what was given, which may be a secret."""
    said = []
    for item in error.errors()[:5]:
        where = " ".join(str(part) for part in item["loc"])
        said.append(f"{where}: {item['msg']}")
    reasons = "; ".join(said) or "it cannot be read"
    return (
        f"The request is not as the API takes it ({reasons}). See "
        "/api/v1/openapi.json, and send it again."
    )
