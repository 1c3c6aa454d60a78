"""From a name, or a file and a class, to an encoder."""

import hashlib
import textwrap

import numpy as np
import pytest

from neucobench.encoders.baselines.mean import MeanEncoder
from neucobench.encoders.checking import check_encoder
from neucobench.encoders.load import load_encoder
from neucobench.errors import CardError, InputError, UnknownNameError, UsageError

OWN = """
    import numpy as np

    class Own:
        name = "own"
        modalities = ("s1",)

        def __init__(self, dims: int = 3, scale: float = 1.0, flip: bool = False,
                     note: str = "", device: str = "cpu", most: "int | None" = None):
            self.dims, self.scale, self.flip = dims, scale, flip
            self.note, self.device, self.most = note, device, most

        def encode(self, batch):
            return np.ones((len(batch), self.dims), np.float32)

    class Empty:
        name = "empty"

    class Explodes(Own):
        def __init__(self):
            raise RuntimeError("no weights")

    def build(size: int):
        return Own(size)

    READY = Own(5)
"""

POSTPONED = """
    from __future__ import annotations

    from dataclasses import dataclass
    from typing import ClassVar

    @dataclass(frozen=True)
    class Postponed:
        name: ClassVar[str] = "postponed"
        modalities: ClassVar[tuple[str, ...]] = ("s1",)
        dims: int = 3

        def encode(self, batch): ...
"""


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(textwrap.dedent(OWN))
    return file


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'mean'"):
        load_encoder("meen")


def test_a_recipe_that_is_not_there_is_a_sentence():
    with pytest.raises(CardError, match=r"recipe\.toml .*does not exist"):
        load_encoder("recipe.toml")


def test_a_family_without_a_model_says_how_to_name_one():
    with pytest.raises(UsageError, match="--encoder timm:MODEL"):
        load_encoder("timm:")


def test_the_record_holds_what_the_weights_are_and_not_where_they_lie(tmp_path):
    weights = tmp_path / "weights.pt"
    weights.write_bytes(b"weights")
    encoder = load_encoder("galileo-nano", weights=str(weights))
    digest = hashlib.sha256(b"weights").hexdigest()
    assert encoder.options["weights"] == f"sha256:{digest}"
    assert "device" not in encoder.options


def test_weights_are_found_from_any_folder(tmp_path, monkeypatch):
    (tmp_path / "weights.pt").write_bytes(b"weights")
    monkeypatch.chdir(tmp_path)
    encoder = load_encoder("galileo-nano", weights="weights.pt")
    assert encoder.inner.weights == str(tmp_path / "weights.pt")


def test_options_are_read_as_the_annotations_say(own):
    options = {"dims": "7", "scale": "0.5", "flip": "yes", "note": "1", "most": "4"}
    inner = load_encoder(f"{own}:Own", options=options).inner
    assert (inner.dims, inner.scale, inner.flip) == (7, 0.5, True)
    assert (inner.note, inner.most) == ("1", 4)


def test_the_resolved_options_hold_the_defaults(own):
    options = load_encoder(f"{own}:Own", options={"dims": "7"}).options
    assert options["dims"] == "7"
    assert options["scale"] == "1.0"


def test_an_unknown_option_is_answered_with_the_nearest(own):
    with pytest.raises(UnknownNameError, match="Did you mean 'scale'"):
        load_encoder(f"{own}:Own", options={"skale": "1"})


@pytest.mark.parametrize("pair", [("dims", "many"), ("flip", "perhaps")])
def test_an_option_that_cannot_be_read_is_a_usage_error(own, pair):
    with pytest.raises(UsageError, match="cannot be read"):
        load_encoder(f"{own}:Own", options=dict([pair]))


def test_a_function_and_an_object_serve_as_well_as_a_class(own):
    assert load_encoder(f"{own}:build", options={"size": "9"}).dims == 9
    assert load_encoder(f"{own}:READY").dims == 5


def test_an_object_takes_no_options(own):
    with pytest.raises(UsageError, match="takes no options"):
        load_encoder(f"{own}:READY", options={"dims": "1"})


def test_a_dataclass_may_postpone_its_annotations(tmp_path):
    file = tmp_path / "postponed.py"
    file.write_text(textwrap.dedent(POSTPONED))
    encoder = load_encoder(f"{file}:Postponed", options={"dims": "4"})
    assert (encoder.name, encoder.dims) == ("postponed", 4)


def test_a_missing_class_is_answered_with_the_nearest(own):
    with pytest.raises(UnknownNameError, match="Did you mean 'Own'"):
        load_encoder(f"{own}:Owm")


def test_a_missing_file_says_how_to_give_one(tmp_path):
    with pytest.raises(InputError, match=r"path/to/file\.py:MyEncoder"):
        load_encoder(f"{tmp_path}/none.py:Own")


def test_a_file_that_fails_is_named_with_the_line(tmp_path):
    file = tmp_path / "broken.py"
    file.write_text("x = 1\ny = x / 0\n")
    with pytest.raises(InputError, match=r"ZeroDivisionError.*broken\.py, line 2"):
        load_encoder(f"{file}:Own")


def test_a_constructor_that_fails_is_reported_as_a_sentence(own):
    with pytest.raises(InputError, match="RuntimeError: no weights"):
        load_encoder(f"{own}:Explodes")


def test_a_class_without_what_an_encoder_has_is_refused(own):
    with pytest.raises(InputError, match="no attribute 'modalities'"):
        load_encoder(f"{own}:Empty")


def test_the_device_goes_to_an_encoder_that_takes_one(own):
    assert load_encoder(f"{own}:Own", device="cuda").inner.device == "cuda"
    assert load_encoder("mean", device="cpu").name == "mean"


def test_a_device_for_an_encoder_without_one_is_a_usage_error():
    with pytest.raises(UsageError, match="computes on the CPU"):
        load_encoder("mean", device="cuda")


def test_editing_the_file_changes_the_recorded_source(own):
    before = load_encoder(f"{own}:Own").source
    own.write_text(own.read_text() + "\n")
    assert load_encoder(f"{own}:Own").source != before


def test_an_object_made_in_python_records_its_options():
    assert check_encoder(MeanEncoder(corrected=True)).options == {
        "corrected": "True",
        "shift": "1000",
    }


def test_an_array_among_the_options_is_recorded_by_its_content(own):
    numbers = np.zeros(5000)
    encoder = load_encoder(f"{own}:Own").inner
    encoder.note = numbers
    before = check_encoder(encoder).options["note"]
    numbers[2500] = 1
    assert check_encoder(encoder).options["note"] != before
    assert len(before) < 100


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("name", ""),
        ("dims", 0),
        ("dims", "8"),
        ("dims", True),
        ("batch_size", 0),
        ("offset", 500),
        ("seasons", ()),
        ("seasons", (-1,)),
        ("modalities", "s1"),
        ("modalities", None),
        ("modalities", (1,)),
    ],
)
def test_an_attribute_that_is_wrong_is_named(own, attribute, value):
    encoder = load_encoder(f"{own}:Own").inner
    setattr(encoder, attribute, value)
    with pytest.raises(InputError, match=attribute):
        check_encoder(encoder)


@pytest.mark.parametrize(
    "wrong", [np.zeros((5, 4), "f4"), np.zeros((1, 3), "f4"), np.zeros((5, 3), int)]
)
def test_a_result_that_is_not_as_declared_ends_the_run(own, batch, wrong):
    encoder = load_encoder(f"{own}:Own")
    encoder.inner.encode = lambda _: wrong
    with pytest.raises(InputError, match=r"dims promise .* shape \(5, 3\)"):
        encoder.encode(batch)


def test_a_result_that_is_a_view_of_the_pixels_is_copied(own, batch):
    encoder = load_encoder(f"{own}:Own")
    encoder.inner.encode = lambda batch: batch.arrays["s1"][:, 0, 0, 0, :3]
    vectors = encoder.encode(batch)
    assert not np.shares_memory(vectors, batch.arrays["s1"])


def test_float64_results_are_cast(own, batch):
    encoder = load_encoder(f"{own}:Own")
    encoder.inner.encode = lambda _: np.ones((5, 3))
    assert encoder.encode(batch).dtype == np.float32
