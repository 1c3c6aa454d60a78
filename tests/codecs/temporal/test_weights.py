"""Checkpoints: sizes that are read off, and files that are refused."""

import pytest
import torch
from safetensors.torch import save_file

from neucobench.codecs.temporal.weights import load_temporal
from neucobench.errors import CodecError


@pytest.fixture
def saved(small_network, tmp_path):
    """Return what saves a small network under a name."""

    def save(name="small.safetensors", *, flexible=False, prefix="model.", **metadata):
        network = small_network(flexible=flexible)
        weights = {f"{prefix}{k}": v.clone() for k, v in network.state_dict().items()}
        path = tmp_path / name
        if path.suffix == ".pt":
            torch.save(weights, path)
        else:
            save_file(weights, path, metadata=metadata or None)
        return network, path

    return save


@pytest.mark.parametrize("name", ["small.safetensors", "small.pt"])
@pytest.mark.parametrize("prefix", ["model.", ""])
@pytest.mark.parametrize("flexible", [False, True])
def test_all_sizes_but_the_heads_are_read_off(saved, name, prefix, flexible):
    network, path = saved(name, flexible=flexible, prefix=prefix)
    found, _ = load_temporal(path, heads=4, flexible=flexible)
    assert found.sizes == network.sizes
    assert not found.training


def test_a_file_may_say_how_many_heads_it_has(saved):
    network, path = saved(heads="4")
    assert load_temporal(path)[0].sizes == network.sizes


def test_loaded_weights_code_the_same(saved):
    network, path = saved(heads="4")
    x = torch.randn(1, 2, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    assert load_temporal(path)[0].write(x) == network.write(x)


def test_heads_that_cannot_share_the_width_are_refused(saved):
    _, path = saved()
    with pytest.raises(CodecError, match="5 heads cannot share"):
        load_temporal(path, heads=5)


def test_another_family_is_named(saved):
    _, path = saved(flexible=True)
    with pytest.raises(CodecError, match=r"those of FlexTEC.*choose the codec flextec"):
        load_temporal(path)


def test_empty_tables_are_taken_and_left(published):
    network = published("tt_small").network
    assert not any("bottleneck" in key for key in network.state_dict())


def test_a_missing_tensor_is_named(small_network, tmp_path):
    weights = small_network().state_dict()
    del (
        weights["entropy_model.learned_zero.sym"],
        weights["_dequantizer.process_conv.0.bias"],
    )
    save_file(weights, tmp_path / "less.safetensors")
    with pytest.raises(CodecError):
        load_temporal(tmp_path / "less.safetensors", heads=4)


@pytest.mark.parametrize("heads", [0, -4])
def test_a_number_of_heads_that_is_none_is_refused(saved, heads):
    _, path = saved()
    with pytest.raises(CodecError, match="give the number of heads"):
        load_temporal(path, heads=heads)


def test_channels_that_cannot_be_repacked_are_refused(small_network, tmp_path):
    weights = dict(small_network(flexible=True).state_dict())
    key = "transform.analysis_transform.transforms.13.weight"
    weights[key] = weights[key][:40].clone()
    save_file(weights, tmp_path / "odd.safetensors")
    with pytest.raises(CodecError, match="40 latent channels"):
        load_temporal(tmp_path / "odd.safetensors", heads=4, flexible=True)
