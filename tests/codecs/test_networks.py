"""What holds for every network that codes pictures, whatever its weights."""

import copy

import pytest
import torch

from neucobench.codecs.elic.network import Elic
from neucobench.codecs.factorized import FactorizedPrior
from neucobench.errors import CodecError

BANDS = 3
SIZES = [(64, 64), (16, 16), (17, 130), (72, 88), (100, 16), (65, 63)]


def spread(network, last: int):
    """Return a network whose latents have a standard deviation of 3."""
    x = pictures(1, BANDS, 64, 64)
    with torch.no_grad():
        for _ in range(6):
            factor = 3 / network.analyze(x).std()
            network.g_a[last].weight.mul_(factor)
            network.g_a[last].bias.mul_(factor)
    return network.eval().requires_grad_(False)


def wide_awake(network: Elic) -> Elic:
    """Return a network whose contexts matter, and whose scales fit its latents."""
    with torch.no_grad():
        for board in network.latent_codec["y"].latent_codec.values():
            board.entropy_parameters[-1].weight.mul_(10)
            _, scales = board.entropy_parameters[-1].bias.chunk(2)
            scales.fill_(3)
    return network


def pictures(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(autouse=True)
def one_core():
    """Compute on one core: small layers lose more than they win on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=["fp", "elic"])
def network(request):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if request.param == "fp":
            return spread(FactorizedPrior(BANDS, 8, 12), 6)
        return spread(wide_awake(Elic(BANDS, 8, 130)), 13)


@pytest.mark.parametrize("size", SIZES)
def test_any_height_and_width_comes_back(network, size):
    x = pictures(2, BANDS, *size)
    payload = network.compress(x)
    decoded = network.decompress(**payload)
    assert payload["size"] == size
    assert decoded.shape == x.shape
    assert torch.allclose(decoded, network(x), atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_streams_with_a_checksum_come_back(network, size):
    x = pictures(2, BANDS, *size)
    assert torch.allclose(network.read(network.write(x), size), network(x), atol=1e-5)


def test_a_batch_has_the_strings_of_its_pictures(network):
    x = pictures(3, BANDS, 64, 64)
    payload = network.compress(x)
    alone = [network.compress(picture[None]) for picture in x]
    for part, parts in zip(
        payload["strings"],
        zip(*[a["strings"] for a in alone], strict=True),
        strict=True,
    ):
        assert part == [string for [string] in parts]
    assert payload["bits"] == sum(a["bits"] for a in alone)
    assert payload["bits"] == 8 * sum(len(s) for p in payload["strings"] for s in p)


def test_a_large_batch_is_the_same_as_its_pictures(network):
    x = pictures(3, BANDS, 256, 192)  # more pixels than one pass takes
    alone = torch.cat([network(picture[None]) for picture in x])
    assert torch.allclose(network(x), alone, atol=1e-5)


def test_streams_decode_in_other_batches_and_on_other_cores(network):
    x = pictures(4, BANDS, 64, 128)
    streams = [network.write(picture[None])[0] for picture in x]
    torch.set_num_threads(2)
    together = network.read(streams, (64, 128))
    assert network.write(x) == streams
    assert torch.allclose(together, network(x), atol=1e-5)


def test_streams_of_other_weights_are_noticed(network):
    other = copy.deepcopy(network)
    with torch.no_grad():
        bottleneck = getattr(other, "entropy_bottleneck", None)
        if bottleneck is None:
            other.latent_codec["y"].channel_context["y1"][0].bias.add_(0.1)
        else:
            bottleneck.biases[0].add_(0.1)
    other.update()
    x = pictures(1, BANDS, 64, 64)
    with pytest.raises(CodecError, match="made with other weights"):
        other.read(network.write(x), (64, 64))


def test_streams_of_another_size_are_noticed(network):
    streams = network.write(pictures(1, BANDS, 128, 64))
    with pytest.raises(CodecError, match="another picture size"):
        network.read(streams, (64, 64))


def test_damaged_streams_are_noticed(network):
    [stream] = network.write(pictures(1, BANDS, 64, 64))
    generator = torch.Generator().manual_seed(0)
    for bit in torch.randint(8 * len(stream), (20,), generator=generator).tolist():
        damaged = bytearray(stream)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CodecError):
            network.read([bytes(damaged)], (64, 64))


def test_tables_made_before_are_forgotten_by_eval(network):
    changed = copy.deepcopy(network)
    x = pictures(1, BANDS, 64, 64)
    changed.compress(x)
    side = changed if isinstance(changed, FactorizedPrior) else None
    bottleneck = (side or changed.latent_codec["hyper"]).entropy_bottleneck
    bottleneck.biases[0].add_(0.5)
    stale = changed.compress(x)["strings"]
    assert changed.eval().compress(x)["strings"] != stale


def test_nothing_is_random_once_trained(network):
    x = pictures(1, BANDS, 64, 64)
    assert torch.equal(network(x), network(x))
    assert network.write(x) == network.write(x)


def test_no_switch_of_torch_is_left_turned(network):
    def switches():
        return (
            torch.are_deterministic_algorithms_enabled(),
            torch.backends.cudnn.benchmark,
            torch.backends.cudnn.deterministic,
            torch.backends.cudnn.allow_tf32,
            torch.backends.cuda.matmul.allow_tf32,
            torch.get_num_threads(),
            torch.is_grad_enabled(),
            torch.initial_seed(),
        )

    before = switches()
    network.decompress(**network.compress(pictures(1, BANDS, 64, 64)))
    assert switches() == before


def test_an_estimate_can_be_learned_from(network):
    learner = copy.deepcopy(network).train().requires_grad_(True)
    estimate = learner.estimate(pictures(2, BANDS, 64, 64))
    bits = sum(-part.log2().sum() for part in estimate.likelihoods)
    (estimate.x_hat.square().mean() + 1e-6 * bits + learner.aux_loss()).backward()
    lacking = [
        name for name, weights in learner.named_parameters() if weights.grad is None
    ]
    assert lacking == []


def test_the_estimated_rate_is_about_the_coded_one(network):
    x = pictures(2, BANDS, 128, 128)
    with torch.no_grad():
        likelihoods = network.estimate(x).likelihoods
    estimated = sum(float(-part.log2().sum()) for part in likelihoods)
    coded = 8 * sum(len(stream) for stream in network.write(x))
    assert abs(coded / estimated - 1) < 0.1


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (pictures(1, 4, 64, 64), r"shape \(1, 4, 64, 64\) .* \(batch, 3 bands, y, x\)"),
        (pictures(3, 64, 64), r"shape \(3, 64, 64\)"),
        (pictures(1, 3, 64, 64).double(), r"float64 .* takes float32"),
        (pictures(1, 3, 64, 64).int(), r"int32 .* takes float32"),
        (pictures(1, 3, 15, 64), r"15 x 64 pixels .* least is 16 x 16"),
        (pictures(1, 3, 64, 64).fill_(torch.nan), "NaN or infinite"),
        (pictures(1, 3, 64, 64).fill_(torch.inf), "NaN or infinite"),
        (pictures(1, 3, 64, 64) * 1e30, r"larger than 2\^27"),
    ],
)
def test_what_cannot_be_coded_is_a_sentence(network, x, sentence):
    for code in (network.compress, network.write):
        with pytest.raises(CodecError, match=sentence):
            code(x)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p | {"strings": []},
        lambda p: p | {"strings": [[] for _ in p["strings"]]},
        lambda p: p | {"strings": [["text"] for _ in p["strings"]]},
        lambda p: p | {"strings": [*p["strings"], p["strings"][0]]},
        lambda p: p | {"strings": [[b""] for _ in p["strings"]]},
        lambda p: p | {"shape": None},
        lambda p: p | {"shape": (0, 4)},
        lambda p: p | {"shape": {"y": [], "hyper": (1, 1)}},
        lambda p: p | {"shape": {"y": [[16, 4, 4]] * 5, "hyper": [1, 1]}},
        lambda p: p | {"size": (1000, 64)},
        lambda p: p | {"size": (0, 64)},
    ],
)
def test_a_payload_that_was_never_made_is_a_sentence(network, change):
    payload = network.compress(pictures(1, BANDS, 64, 64))
    with pytest.raises(CodecError):
        network.decompress(**change(payload))
