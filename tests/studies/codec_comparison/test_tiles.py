import numpy as np
import pytest

from neucobench.errors import CodecError, UsageError
from neucobench.studies.codec_comparison.tiles import Crop, find_tiles, tile_name


def save(folder, name, pixels):
    np.save(folder / f"{name}.npy", pixels)


def read(folder, **options):
    return [tile.read() for tile in find_tiles([folder], **options)]


def test_tiles_of_a_folder_are_sorted_by_name(folder):
    assert [tile.name for tile in find_tiles([folder])] == ["north", "south"]


def test_a_tile_s_name_has_no_ending(folder):
    names = ("a.tif", "a.b.TIFF", "c.zarr.zip", "d.npy")
    assert [tile_name(folder / name) for name in names] == ["a", "a.b", "c", "d"]


def test_pixels_are_stacks_of_float32(folder, pixels_of):
    north = read(folder)[0]
    assert north.pixels.dtype == np.float32
    assert north.valid is None
    np.testing.assert_array_equal(north.pixels, pixels_of(1))


def test_a_real_geotiff_is_a_tile_of_one_season(shared):
    path = shared / "data/ssl4eo-s12-s2l2a/ssl4eos12_val_0080717_0.tif"
    tile = find_tiles([path], crop=Crop(height=64, width=64))[0].read()
    assert tile.pixels.shape == (1, 12, 64, 64)
    assert tile.name == "ssl4eos12_val_0080717_0"


def test_an_offset_is_taken_away_from_tiles_whose_name_fits(folder, pixels_of):
    north, south = read(folder, offsets={"*": 0.0, "n*": 1000.0})
    np.testing.assert_array_equal(north.pixels, pixels_of(1) - 1000)
    np.testing.assert_array_equal(south.pixels, pixels_of(2))


def test_a_size_is_cut_from_the_middle(folder, pixels_of):
    north = read(folder, crop=Crop(height=32, width=16))[0]
    np.testing.assert_array_equal(north.pixels, pixels_of(1)[..., 8:40, 16:32])


def test_a_crop_may_say_where_it_begins(folder, pixels_of):
    crop = Crop(top=0, left=5, height=20, width=30)
    north = read(folder, crop=crop)[0]
    np.testing.assert_array_equal(north.pixels, pixels_of(1)[..., :20, 5:35])


def test_a_crop_that_does_not_fit_names_the_file(folder):
    with pytest.raises(CodecError, match=r"north\.npy: it has 48 x 48 pixels"):
        read(folder, crop=Crop(height=64, width=64))


def test_nan_is_filled_and_remembered(folder, pixels_of):
    pixels = pixels_of(3).astype(np.float32)
    pixels[0, 2, :4] = np.nan
    save(folder, "a-gaps", pixels)
    tile = read(folder)[0]
    assert np.isfinite(tile.pixels).all()
    np.testing.assert_array_equal(tile.valid, np.isfinite(pixels))


def test_infinity_is_refused(folder, pixels_of):
    pixels = pixels_of(3).astype(np.float32)
    pixels[0, 2, 0, 0] = np.inf
    save(folder, "a-infinite", pixels)
    with pytest.raises(CodecError, match="1 infinite values"):
        read(folder)


def test_a_tile_without_any_data_is_refused(folder):
    save(folder, "a-void", np.full((12, 32, 32), np.nan, np.float32))
    with pytest.raises(CodecError, match="a-void holds no data at all"):
        read(folder)


def test_seasons_are_joined_in_their_order(folder, pixels_of):
    stack = pixels_of(5, time=11)
    for season in (10, 2, 0):
        save(folder, f"place_{season}", stack[season])
    tiles = {tile.name: tile for tile in read(folder, seasons=True)}
    np.testing.assert_array_equal(tiles["place"].pixels, stack[[0, 2, 10]])
    assert tiles["north"].pixels.shape[0] == 1


def test_seasons_are_not_looked_for_in_vain(folder):
    with pytest.raises(CodecError, match="No two of the files"):
        find_tiles([folder], seasons=True)


def test_seasons_of_two_shapes_are_refused(folder, pixels_of):
    save(folder, "place_0", pixels_of(1)[0])
    save(folder, "place_1", pixels_of(1, size=32)[0])
    with pytest.raises(CodecError, match="different shapes"):
        read(folder, seasons=True)


def test_the_digest_follows_the_pixels_and_not_the_name(folder, pixels_of):
    save(folder, "copy", pixels_of(1)[0])
    copy, north, south = read(folder)
    assert copy.sha256 == north.sha256 != south.sha256


def test_two_tiles_of_one_name_are_refused(folder, pixels_of):
    other = folder / "more"
    other.mkdir()
    save(other, "north", pixels_of(7)[0])
    with pytest.raises(CodecError, match="tiles of one name"):
        find_tiles([folder, other])


def test_a_tile_that_is_named_twice_counts_once(folder):
    assert len(find_tiles([folder, folder / "north.npy"])) == 2


def test_a_folder_without_tiles_says_what_a_tile_is(tmp_path):
    with pytest.raises(CodecError, match=r"holds no tiles; .* \.zarr\.zip"):
        find_tiles([tmp_path])


def test_a_path_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(CodecError, match=r"There is no .*nowhere"):
        find_tiles([tmp_path / "nowhere"])


def test_a_file_with_another_ending_is_refused(tmp_path):
    path = tmp_path / "tile.png"
    path.write_bytes(b"")
    with pytest.raises(UsageError, match=r"tile\.png has none of the endings"):
        find_tiles([path])[0].read()
