"""The Karhunen-Loève transform: fitted, packed, fixed and from a file."""

import numpy as np
import pytest

from neucobench.codecs.classical.bytestream import ByteReader
from neucobench.codecs.classical.givens import (
    pack_rotation,
    packed_length,
    unpack_rotation,
)
from neucobench.codecs.classical.principal import (
    axes_digest,
    detail_covariance,
    fixed_axes,
    principal_axes,
)
from neucobench.codecs.classical.rotations import FixedRotation, OwnRotation, rotate
from neucobench.errors import CodecError


def orthonormal(size: int, seed: int = 0) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))[0]


@pytest.mark.parametrize("size", [1, 2, 3, 12, 13])
def test_a_packed_matrix_is_near_up_to_the_signs_of_its_rows(size):
    matrix = orthonormal(size)
    packed = pack_rotation(matrix)
    assert len(packed) == packed_length(size)
    same = np.abs(unpack_rotation(packed, size) @ matrix.T)
    assert np.abs(same - np.eye(size)).max() < 0.05


def test_a_permutation_is_packed_well():
    matrix = np.eye(5)[[3, 0, 4, 1, 2]]
    same = np.abs(unpack_rotation(pack_rotation(matrix), 5) @ matrix.T)
    assert np.abs(same - np.eye(5)).max() < 0.05


def test_any_bytes_are_an_orthonormal_matrix():
    packed = np.random.default_rng(0).bytes(packed_length(12))
    matrix = unpack_rotation(packed, 12)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(12), atol=1e-12)


def test_twelve_bands_take_66_bytes():
    assert packed_length(12) == 66


def test_levels_of_large_areas_do_not_count():
    flat = np.full((1, 3, 32, 32), 7.0)
    flat[0, 1, :16] = 900
    assert np.abs(detail_covariance(flat)).max() < 1e-9


def test_the_strongest_axis_comes_first_with_its_largest_entry_positive():
    pattern = np.random.default_rng(0).normal(size=(1, 1, 32, 32))
    weights = np.array([1.0, -3.0, 2.0])[:, None, None]
    axes = principal_axes(detail_covariance(pattern * weights))
    np.testing.assert_allclose(axes[0], np.array([-1, 3, -2]) / 14**0.5, atol=1e-9)


def test_the_own_rotation_leads_back(stacks):
    stack = stacks(1, 2, 5, 32, 48)[0].astype(np.float64)
    packed, components = OwnRotation().forward(stack)
    inverse = OwnRotation().inverse(ByteReader(packed), 5)
    np.testing.assert_allclose(rotate(inverse, components), stack, atol=1e-6)


def test_the_own_rotation_gathers_the_energy(stacks):
    stack = stacks(1, 1, 12, 64, 64)[0].astype(np.float64)
    _, components = OwnRotation().forward(stack)
    energy = np.diag(detail_covariance(components))
    assert energy[:3].sum() > 0.98 * energy.sum()


def test_the_matrix_that_ships_is_orthonormal_and_for_12_bands(stacks):
    rotation = FixedRotation(matrix=fixed_axes(None))
    assert rotation.bands == 12
    stack = stacks(1, 1, 12, 32, 32)[0].astype(np.float64)
    _, components = rotation.forward(stack)
    back = rotate(rotation.inverse(ByteReader(b""), 12), components)
    np.testing.assert_allclose(back, stack, atol=1e-6)


def test_the_digest_tells_matrices_apart():
    assert axes_digest(orthonormal(3)) != axes_digest(orthonormal(3, seed=1))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("matrix = [[1, 0], [0, 2]]", "not orthonormal"),
        ("matrix = [[1, 0]]", "not orthonormal"),
        ("matrix = [1, 2]", "not orthonormal"),
        ("matrix = [[1, 0], [0]]", "holds no matrix"),
        ("matrix = 'text'", "holds no matrix"),
        ("other = 1", "holds no matrix"),
        ("no TOML", "holds no matrix"),
    ],
)
def test_a_file_without_a_transform_is_a_sentence(tmp_path, text, sentence):
    (tmp_path / "klt.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CodecError, match=sentence):
        fixed_axes(tmp_path / "klt.toml")


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(CodecError, match="holds no matrix"):
        fixed_axes(tmp_path / "klt.toml")
