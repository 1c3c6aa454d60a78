"""Rows, symbols and estimates are upstream's."""

import numpy as np
import pytest
import torch

from neucobench.codecs.entropy.coder import encode_symbols
from neucobench.codecs.temporal.bottleneck import (
    from_symbols,
    likelihoods,
    mean_index,
    portable_rows,
    positive,
    published_flexible_scale,
    published_rows,
    scale_index,
    table_bits,
    to_symbols,
)
from neucobench.codecs.temporal.table import (
    MEANS,
    SCALES,
    build_portable,
    build_published,
    scale_grid,
)
from neucobench.errors import CodecError


@pytest.fixture(scope="module")
def numbers(coder_numbers):
    """Return 400 latents with ties and extremes, and what upstream made of them."""
    start = "bottleneck_"
    return {
        key.removeprefix(start): torch.from_numpy(coder_numbers[key])
        for key in coder_numbers.files
        if key.startswith(start)
    }


@pytest.fixture(scope="module")
def drawn():
    """Return latents, means and raw scales of a network that predicts well."""
    generator = torch.Generator().manual_seed(0)
    mu = 5 * torch.randn(20_000, generator=generator, dtype=torch.float64)
    raw = 6 * torch.rand(mu.shape, generator=generator, dtype=torch.float64) - 5
    noise = torch.randn(mu.shape, generator=generator, dtype=torch.float64)
    return mu + noise * (positive(raw) + 0.01), mu, raw


def test_real_indices_are_upstreams_to_the_last_bit(numbers):
    wanted = numbers["index_coding_real"]
    assert torch.equal(mean_index(numbers["mu"]), wanted[:, 0])
    assert torch.equal(scale_index(numbers["sigma_raw"]), wanted[:, 1])


def test_published_rows_are_upstreams(numbers):
    rows = published_rows(numbers["mu"], numbers["sigma_raw"])
    assert rows.dtype == torch.int32
    assert torch.equal(rows, numbers["cdf_row"])


def test_estimates_are_upstreams_to_the_last_bit(numbers):
    found = likelihoods(numbers["y"], numbers["mu"], numbers["sigma_raw"])
    assert torch.equal(found, numbers["likelihood"])


def test_the_estimate_rounds_the_scale_and_keeps_the_mean(numbers):
    wanted = numbers["index_estimate"]
    assert torch.equal(mean_index(numbers["mu"]), wanted[:, 0])
    assert torch.equal(scale_index(numbers["sigma_raw"]).round(), wanted[:, 1])


def test_symbols_and_latents_are_upstreams(numbers):
    symbols = to_symbols(numbers["y"], numbers["mu"])
    assert torch.equal(symbols, numbers["symbol"])
    found = from_symbols(symbols, numbers["mu"])
    assert torch.equal(found, numbers["reconstruction"])


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 2.0**28])
def test_latents_that_no_stream_can_hold_are_refused(bad):
    with pytest.raises(CodecError, match="larger than 2\\^27"):
        to_symbols(torch.tensor([0.0, bad]), torch.zeros(2))


def test_decoded_latents_do_not_depend_on_the_mean():
    generator = torch.Generator().manual_seed(1)
    y = 50 * torch.randn(4, 6, generator=generator)
    mu = 50 * torch.randn(4, 6, generator=generator)
    assert torch.equal(from_symbols(to_symbols(y, mu), mu), torch.round(y))


def test_scales_are_positive_and_continuous():
    s = torch.tensor([-1e6, -3.0, 0.0, 2.0])
    assert positive(s).tolist() == pytest.approx([1e-6, 0.25, 1.0, 3.0], rel=1e-5)


def test_portable_rows_are_the_nearest():
    grid = scale_grid(torch.float64) - 0.01
    for shift in (1.015, 0.985):
        scale = torch.maximum((grid + 0.01) * shift - 0.01, torch.tensor(1e-4))
        raw = torch.where(scale > 1, scale - 1, 1 - 1 / scale)
        mu = torch.full_like(raw, 3.004 if shift > 1 else 2.996)
        assert portable_rows(mu, raw).tolist() == [50 * SCALES + i for i in range(256)]


@pytest.mark.parametrize("rows_of", [published_rows, portable_rows])
def test_every_number_has_a_row(rows_of):
    dtype = torch.float32 if rows_of is published_rows else torch.float64
    ends = torch.tensor([-1e30, -1e6, -0.5, 0.0, 0.5, 1e6, 1e30], dtype=dtype)
    mu, raw = torch.meshgrid(ends.clamp(-1e6, 1e6), ends, indexing="ij")
    rows = rows_of(mu, raw)
    assert rows.dtype == torch.int32
    assert 0 <= int(rows.min()) <= int(rows.max()) < MEANS * SCALES


def test_flexible_scales_stay_within_their_bounds_and_map_above_one():
    raw = torch.linspace(-50, 50, 101)
    scale = published_flexible_scale(raw)
    assert float(scale.min()) == pytest.approx(1e-3)
    assert float(scale.max()) == 10
    assert scale[50].item() == pytest.approx(np.log(2), rel=1e-5)
    assert float(positive(scale).min()) > 1


@pytest.mark.parametrize("build", [build_published, build_portable])
def test_table_bits_are_what_the_coder_spends(build, drawn):
    y, mu, raw = drawn
    symbols, rows = to_symbols(y, mu), portable_rows(mu, raw)
    tables = build()
    bits = table_bits(symbols.reshape(4, -1), rows.reshape(4, -1), tables)
    assert bits.shape == (4, 5000)
    coded = 8 * len(encode_symbols(symbols.numpy(), rows.numpy(), tables))
    assert abs(bits.sum() - coded) < 64


def test_portable_rows_cost_less_than_published_ones(drawn):
    y, mu, raw = drawn
    symbols = to_symbols(y, mu)
    single = published_rows(mu.float(), raw.float())
    published = table_bits(symbols, single, build_published()).sum()
    portable = table_bits(symbols, portable_rows(mu, raw), build_portable()).sum()
    assert portable < published


def test_portable_rows_cost_almost_the_estimate(drawn):
    y, mu, raw = drawn
    bits = table_bits(to_symbols(y, mu), portable_rows(mu, raw), build_portable())
    estimate = -torch.log2(likelihoods(y, mu, raw)).sum()
    assert bits.sum() == pytest.approx(float(estimate), rel=1e-3)
