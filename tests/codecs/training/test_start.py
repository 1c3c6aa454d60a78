"""What a run begins with."""

import pytest
import torch

from neucobench.codecs.factorized import FactorizedPrior
from neucobench.codecs.training.crops import Crops
from neucobench.codecs.training.find import find_sources
from neucobench.codecs.training.objective import Objective, build_network
from neucobench.codecs.training.pool import Pool
from neucobench.codecs.training.settings import Augment
from neucobench.codecs.training.start import begin, scale_latents
from neucobench.errors import CodecError


@pytest.fixture
def crops(tiles, make_recipe):
    blocks = find_sources(tiles, make_recipe().data, bands=12, crop=32).training
    pool = Pool(blocks, seed=0, limit=2**30, steps=10)
    yield Crops(pool=pool, size=32, batch=8, seed=0, augment=Augment())
    pool.close()


def estimate(net, x):
    net.eval()
    with torch.inference_mode():
        found = net.estimate(x)
    bits = -sum(part.log2().sum() for part in found.likelihoods)
    return found.x_hat, float(bits)


def test_components_code_pictures_before_the_first_step(make_recipe, crops, tmp_path):
    recipe = make_recipe(initial="principal", n=16, m=32, batch=8)
    x = torch.from_numpy(crops.draw(1).pixels)
    random, _bits = estimate(build_network(recipe, recipe.rates[0]), x)
    components, bits = estimate(begin(recipe, recipe.rates[0], crops, tmp_path), x)
    assert (components - x).square().mean() < 0.1 * (random - x).square().mean()
    # The densities are as wide as the latents: 12 bits a pixel would be one per band.
    assert bits / x[:, 0].numel() < 1


def test_components_keep_a_spectrum_that_no_training_picture_has(
    make_recipe, crops, tmp_path
):
    recipe = make_recipe(initial="principal", n=16, m=32, batch=8)
    net = begin(recipe, recipe.rates[0], crops, tmp_path)
    spectrum = torch.randn(12, generator=torch.Generator().manual_seed(3))
    x = spectrum[None, :, None, None].expand(1, 12, 64, 64)
    x_hat, _bits = estimate(net, x)
    inside = x_hat[0, :, 16:48, 16:48].mean(dim=(1, 2))
    assert (inside - spectrum).abs().max() < 0.2


def test_equal_seeds_give_equal_weights_and_leave_the_global_state(make_recipe):
    recipe = make_recipe()
    before = torch.get_rng_state()
    one, two = (build_network(recipe, recipe.rates[0]) for _ in range(2))
    for name, value in one.state_dict().items():
        torch.testing.assert_close(value, two.state_dict()[name], rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), before)


def test_scaled_latents_reconstruct_the_same_with_more_bits():
    torch.manual_seed(0)
    net = FactorizedPrior(12, 8, 8)
    with torch.no_grad():
        # Large, so that rounding is nothing beside them.
        net.g_a[-1].weight.mul_(1e4)
        net.g_s[0].weight.mul_(1e-4)
    net.entropy_bottleneck.quantiles.data.mul_(1e3)
    x = torch.randn(1, 12, 32, 32)
    plain, bits = estimate(net, x)
    scale_latents(net, 4.0)
    scaled, more = estimate(net, x)
    torch.testing.assert_close(scaled, plain, atol=2e-3, rtol=0)
    assert more > bits


def test_the_likelihood_of_a_scaled_interval_is_the_same():
    net = FactorizedPrior(12, 4, 4)
    prior = net.entropy_bottleneck
    edges = torch.linspace(-20, 20, 41).repeat(4, 1, 1)
    before = prior._logits_cumulative(edges, stop_gradient=True)
    scale_latents(net, 3.0)
    after = prior._logits_cumulative(3 * edges, stop_gradient=True)
    torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-4)


def test_a_start_that_was_not_trained_is_a_sentence(make_recipe, crops, tmp_path):
    recipe = make_recipe(rates=[{"lambda": 40}, {"lambda": 10, "start": 40}])
    with pytest.raises(
        CodecError, match=r"tiny_lambda-40\.safetensors, which does not"
    ):
        begin(recipe, recipe.rates[1], crops, tmp_path)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_entropy_model_is_of_single_precision(precision):
    net = FactorizedPrior(12, 8, 8)
    seen = []
    net.entropy_bottleneck.register_forward_hook(
        lambda _module, _inputs, outputs: seen.append(outputs[1].dtype)
    )
    net.g_a[0].register_forward_hook(
        lambda _module, _inputs, output: seen.append(output.dtype)
    )
    terms = Objective(net, precision)(torch.randn(1, 12, 32, 32))
    assert seen == [getattr(torch, precision), torch.float32]
    assert {value.dtype for value in terms} == {torch.float32}


def test_the_rate_counts_pixels_and_the_error_bands_too():
    net = FactorizedPrior(12, 8, 8).eval()
    x = torch.randn(2, 12, 32, 64)
    with torch.no_grad():
        terms = Objective(net, "float32")(x)
    x_hat, bits = estimate(net, x)
    assert terms.bpp.item() == pytest.approx(bits / (2 * 32 * 64), rel=1e-5)
    assert terms.mse.item() == pytest.approx(
        ((x_hat - x) ** 2).sum().item() / x.numel(), rel=1e-5
    )
