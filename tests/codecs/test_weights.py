"""Checkpoints of every release are read, and others are refused in a sentence."""

import pytest
import torch
from safetensors.torch import save_file

from neucobench.codecs.elic.network import Elic
from neucobench.codecs.factorized import FactorizedPrior
from neucobench.codecs.sizes import load_elic, load_factorized
from neucobench.errors import CodecError

N, M = 4, 6
TABLES = ("_offset", "_quantized_cdf", "_cdf_length")
BOTTLENECK = "entropy_bottleneck"
OLD_NAMES = {"matrices": "_matrix", "biases": "_bias", "factors": "_factor"}


@pytest.fixture
def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return FactorizedPrior(3, N, M).eval()


@pytest.fixture
def tensors(network):
    """Return the weights as a checkpoint has them, tables filled."""
    network.entropy_bottleneck.update()
    return network.state_dict()


@pytest.fixture
def x():
    return torch.randn(1, 3, 32, 48, generator=torch.Generator().manual_seed(0))


def old_name(key: str) -> str:
    for new, old in OLD_NAMES.items():
        key = key.replace(f"{BOTTLENECK}.{new}.", f"{BOTTLENECK}.{old}")
    return key


def without_tables(tensors):
    return {key: v for key, v in tensors.items() if not key.endswith(TABLES)}


def empty_tables(tensors):
    return {
        key: torch.empty(0, dtype=torch.int32) if key.endswith(TABLES) else value
        for key, value in tensors.items()
    }


@pytest.mark.parametrize(
    "written",
    [
        lambda t: t,
        without_tables,
        empty_tables,
        lambda t: {f"model.{key}": value for key, value in t.items()},
        lambda t: {old_name(key): value for key, value in t.items()},
        lambda t: {f"model.{old_name(key)}": v for key, v in empty_tables(t).items()},
        lambda t: {
            key: v.double() if v.is_floating_point() else v for key, v in t.items()
        },
    ],
    ids=["full", "absent", "empty", "prefix", "old", "old-prefix-empty", "double"],
)
@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
def test_a_checkpoint_of_any_release_is_the_same_network(
    network, tensors, x, tmp_path, written, ending
):
    content = {key: value.clone() for key, value in written(tensors).items()}
    path = tmp_path / f"a{ending}"
    torch.save(content, path) if ending == ".pt" else save_file(content, path)
    loaded, _ = load_factorized(path)
    assert (loaded.bands, loaded.channels) == (3, M)
    assert torch.equal(loaded(x), network(x))
    assert loaded.compress(x) == network.compress(x)
    assert not any(weights.requires_grad for weights in loaded.parameters())


def test_tables_in_the_file_are_not_trusted(network, tensors, x, tmp_path):
    tensors[f"{BOTTLENECK}._quantized_cdf"] = torch.zeros(M, 5, dtype=torch.int32)
    torch.save(tensors, tmp_path / "a.pt")
    assert load_factorized(tmp_path / "a.pt")[0].compress(x) == network.compress(x)


def test_elic_ignores_constants_and_masks_in_the_file(tmp_path):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Elic(3, 4, 130).eval()
    tensors = network.state_dict()
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for key in tensors:
        if key.endswith("scale_table"):
            tensors[key] = torch.ones(64)
        if key.endswith(".mask"):
            tensors[key] = torch.ones_like(tensors[key])
    torch.save(tensors, tmp_path / "a.pt")
    loaded, checkpoint = load_elic(tmp_path / "a.pt")
    assert loaded.compress(x) == network.compress(x)
    assert len(checkpoint.sha256) == 64


def test_keys_are_upstreams(shared):
    assert len(Elic(12, 4, 130).state_dict()) == 412
    assert len(FactorizedPrior(12, 4, 6).state_dict()) == 72


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.pop("g_s.0.weight"), r"lacks g_s\.0\.weight"),
        (lambda t: t.update({"head.bias": torch.ones(2)}), r"unexpected head\.bias"),
        (lambda t: t.update({"g_a.2.bias": torch.ones(9)}), r"shape of g_a\.2\.bias"),
        (lambda t: t["g_a.2.bias"].fill_(torch.nan), r"NaN .* in g_a\.2\.bias"),
        (lambda t: t.pop("g_a.0.weight"), r"no tensor g_a\.0\.weight"),
        (
            lambda t: t.update({"g_a.6.weight": torch.ones(3)}),
            r"no tensor g_a\.6\.weight",
        ),
        (lambda t: t.clear() or t.update(a=torch.ones(1)), "of no codec that is known"),
    ],
)
def test_weights_that_do_not_fit_are_a_sentence(tensors, tmp_path, change, sentence):
    change(tensors)
    torch.save(tensors, tmp_path / "a.pt")
    with pytest.raises(CodecError, match=sentence) as caught:
        load_factorized(tmp_path / "a.pt")
    assert "a.pt" in str(caught.value)
    assert "--weights FILE" in str(caught.value)


def test_weights_of_another_codec_say_whose_they_are(tmp_path, tensors):
    torch.save(tensors, tmp_path / "fp.pt")
    torch.save(Elic(3, 4, 130).state_dict(), tmp_path / "elic.pt")
    torch.save(
        {"model.entropy_model.learned_zero.sym": torch.ones(2)}, tmp_path / "tt.pt"
    )
    with pytest.raises(CodecError, match=r"those of TEC-FP.*choose the codec tec-fp"):
        load_elic(tmp_path / "fp.pt")
    with pytest.raises(CodecError, match=r"those of TEC-ELIC.*codec tec-elic"):
        load_factorized(tmp_path / "elic.pt")
    with pytest.raises(CodecError, match="are those of TEC-TT, and those of TEC-FP"):
        load_factorized(tmp_path / "tt.pt")


def test_too_few_latent_channels_for_the_groups_are_a_sentence(tmp_path):
    tensors = Elic(3, 4, 130).state_dict()
    tensors["g_a.13.weight"] = tensors["g_a.13.weight"][:100].clone()
    torch.save(tensors, tmp_path / "a.pt")
    with pytest.raises(CodecError, match="for 100 latent channels"):
        load_elic(tmp_path / "a.pt")


def test_a_file_that_is_missing_is_a_sentence(tmp_path):
    with pytest.raises(CodecError, match="no file that exists; correct --weights FILE"):
        load_factorized(tmp_path / "a.pt")


def test_a_file_that_is_no_checkpoint_is_a_sentence(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"no checkpoint")
    with pytest.raises(CodecError, match="cannot be read as weights"):
        load_factorized(tmp_path / "a.pt")
