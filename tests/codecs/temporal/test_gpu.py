"""Portable streams between a GPU and a CPU, and all else that a GPU can do."""

import copy

import pytest
import torch

from neucobench.codecs.temporal.features import stack_features

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.mark.parametrize("flexible", [False, True])
def test_what_a_gpu_writes_a_cpu_reads(small_network, flexible):
    on_cpu = small_network(flexible=flexible)
    on_gpu = copy.deepcopy(on_cpu).to("cuda")
    x = torch.randn(4, 3, 3, 128, 64, generator=torch.Generator().manual_seed(1))
    quality = 5 if flexible else None
    streams = on_gpu.write(x.cuda(), quality)
    decoded = on_cpu.read(streams, (128, 64), quality)
    again = on_gpu.read(streams, (128, 64), quality).cpu()
    torch.testing.assert_close(decoded, again, atol=1e-3, rtol=0)


@pytest.mark.parametrize("flexible", [False, True])
@pytest.mark.parametrize("compat", [False, True])
def test_a_gpu_estimates_as_a_cpu_does(small_network, flexible, compat):
    on_cpu = small_network(flexible=flexible)
    on_gpu = copy.deepcopy(on_cpu).to("cuda")
    x = torch.randn(2, 3, 3, 72, 64, generator=torch.Generator().manual_seed(2))
    quality = [5, 16, 0] if flexible else None
    _, bits = on_cpu(x, quality, compat=compat)
    x_hat, found = on_gpu(x.cuda(), quality, compat=compat)
    assert x_hat.device.type == "cuda"
    assert found == pytest.approx(bits, rel=0.02, abs=8)


@pytest.mark.parametrize("flexible", [False, True])
def test_a_gpu_reads_the_strings_it_makes(small_network, flexible):
    network = small_network(flexible=flexible).to("cuda")
    x = torch.randn(2, 2, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    payload = network.compress(x.cuda(), 9 if flexible else None)
    assert network.decompress(payload).shape == x.shape


@pytest.mark.parametrize("flexible", [False, True])
def test_features_are_made_on_a_gpu(small_network, flexible):
    network = small_network(flexible=flexible).to("cuda")
    x = torch.randn(1, 2, 3, 64, 64, generator=torch.Generator().manual_seed(4))
    found = stack_features(network, x.cuda(), 9 if flexible else None)
    assert found.bits.shape == found.latents.shape
