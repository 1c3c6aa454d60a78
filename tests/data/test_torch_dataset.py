import pickle

import numpy as np
import pytest

from neucobench.data.dataset import CubeFolder
from neucobench.errors import CubeError, UnknownNameError

torch = pytest.importorskip("torch")

from neucobench.data.torch_dataset import CubeDataset  # noqa: E402 - torch is optional


def test_an_item_has_the_id_and_a_tensor_per_modality(published, make_array):
    dataset = CubeDataset(published)
    assert len(dataset) == 3
    item = dataset[1]
    assert list(item) == ["id", "s1", "s2l1c", "s2l2a"]
    assert item["id"] == "b"
    assert item["s2l2a"].dtype == torch.float32
    np.testing.assert_array_equal(item["s2l2a"], make_array("s2l2a", seed=2))


def test_modalities_seasons_offset_and_type_are_chosen(published, make_array):
    dataset = CubeDataset(
        CubeFolder(published),
        modalities=["S2L1C"],
        seasons=[2, 0],
        offset=1000,
        dtype=None,
    )
    item = dataset[0]
    assert list(item) == ["id", "s2l1c"]
    assert item["s2l1c"].dtype == torch.int16
    np.testing.assert_array_equal(
        item["s2l1c"], make_array("s2l1c", seed=1)[[2, 0]] + 1000
    )


def test_items_do_not_share_memory(published):
    dataset = CubeDataset(published, modalities=["s1"], dtype=None)
    first, second = dataset[0]["s1"], dataset[0]["s1"]
    first.zero_()
    assert second.abs().sum() > 0


@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_makes_batches_with_and_without_workers(published, workers):
    loader = torch.utils.data.DataLoader(
        CubeDataset(published, modalities=["s1"]), batch_size=2, num_workers=workers
    )
    batches = list(loader)
    assert [batch["id"] for batch in batches] == [["a", "b"], ["c"]]
    assert batches[0]["s1"].shape == (2, 4, 2, 12, 12)


def test_it_can_be_sent_to_another_process(published):
    dataset = pickle.loads(pickle.dumps(CubeDataset(published)))
    assert dataset[2]["id"] == "c"


def test_negative_and_too_large_positions_behave_as_in_a_list(published):
    dataset = CubeDataset(published, modalities=["s1"])
    assert dataset[-1]["id"] == "c"
    with pytest.raises(IndexError):
        dataset[3]


def test_an_unknown_modality_is_refused_at_once(published):
    with pytest.raises(UnknownNameError):
        CubeDataset(published, modalities=["s3"])


def test_a_broken_cube_is_a_sentence(published):
    (published / "data" / "s1" / "part-000000" / "a.zarr.zip").write_bytes(b"no zip")
    with pytest.raises(CubeError, match="not a zip file"):
        CubeDataset(published)[0]
