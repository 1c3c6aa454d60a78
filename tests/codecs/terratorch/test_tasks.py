"""The codecs in TerraTorch's factories and tasks: these tests need its environment."""

from importlib.util import find_spec

import pytest
import torch

from neucobench.codecs.terratorch.features import Expectation, FeatureMaps

pytestmark = [
    pytest.mark.terratorch,
    pytest.mark.skipif(
        find_spec("terratorch") is None,
        reason="terratorch has an environment of its own: make test-terratorch",
    ),
    pytest.mark.usefixtures("registered"),
    # TerraTorch and Lightning speak of their own matters.
    pytest.mark.filterwarnings("ignore"),
]
COMPRESSAI = pytest.mark.skipif(
    find_spec("compressai") is None, reason="compressai is not installed"
)


def _learned(model, x, target):
    """Return how far five steps of training bring a loss down."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def loss():
        return torch.nn.functional.cross_entropy(model(x).output, target)

    before = float(loss())
    for _ in range(5):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    return before - float(loss())


def _factory(backbone, decoder, **options):
    from terratorch.models import EncoderDecoderFactory

    return EncoderDecoderFactory().build_model(
        task="segmentation",
        backbone=backbone,
        decoder=decoder,
        num_classes=3,
        **options,
    )


@pytest.fixture(autouse=True)
def _same_draws():
    """Let random weights and pictures be the same in every run."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        yield


@pytest.fixture
def masks():
    """Return classes of two pictures, (2, 60, 76)."""
    draw = torch.Generator().manual_seed(2)
    return torch.randint(0, 3, (2, 60, 76), generator=draw)


@pytest.mark.parametrize("expectation", [False, True])
@pytest.mark.parametrize(
    ("decoder", "options"),
    [
        ("FCNDecoder", {"decoder_channels": 16, "decoder_num_convs": 2}),
        ("UperNetDecoder", {"decoder_channels": 16}),
    ],
)
def test_a_codec_of_stacks_learns_a_segmentation(
    small_network, masks, expectation, decoder, options
):
    network = small_network()
    backbone = FeatureMaps(
        network.transform.analysis_transform.transforms,
        expectation=Expectation(network) if expectation else None,
    )
    model = _factory(backbone, decoder, **options)
    series = torch.randn(2, 12, 2, 60, 76)
    assert model(series).output.shape == (2, 3, 60, 76)
    assert _learned(model, series, masks) > 0


def test_a_configuration_builds_a_codec_by_its_name(weights, masks):
    model = _factory(
        "tec_tt",
        "FCNDecoder",
        backbone_pretrained=True,
        backbone_ckpt_path=weights(),
        backbone_bands=["BLUE", "GREEN", "RED"],
        backbone_merge="concat",
        backbone_num_frames=2,
        decoder_channels=16,
        decoder_num_convs=1,
    )
    assert model.encoder.out_channels[-1] == 2 * 64
    assert _learned(model, torch.randn(2, 3, 2, 60, 76), masks) > 0


def test_the_wrapper_for_series_takes_a_codec(weights):
    model = _factory(
        "tec_tt",
        "FCNDecoder",
        backbone_ckpt_path=weights(),
        backbone_use_temporal=True,
        backbone_temporal_pooling="concat",
        backbone_temporal_n_timestamps=2,
        decoder_channels=16,
        decoder_num_convs=1,
    )
    assert model(torch.randn(1, 12, 2, 64, 64)).output.shape == (1, 3, 64, 64)


class Pictures(torch.utils.data.Dataset):
    """Give two pictures, or series, that are their own targets."""

    def __init__(self, *shape):
        self.x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(4))

    def __len__(self):
        return 2

    def __getitem__(self, place):
        return {"image": self.x[place], "mask": self.x[place], "filename": str(place)}


def _trainer(folder):
    from lightning.pytorch import Trainer

    return Trainer(
        default_root_dir=folder,
        accelerator="cpu",
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


@pytest.mark.parametrize("shape", [(12, 64, 64), (12, 3, 64, 64)])
def test_a_full_model_learns_to_reconstruct(weights, tmp_path, shape):
    from terratorch.tasks import ReconstructionTask

    class Task(ReconstructionTask):
        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters(), lr=1e-4)

    task = Task(
        model_factory="FullModelFactory",
        model_args={"model": "tec_tt", "ckpt_path": weights(), "weight": 100.0},
        plot_on_val=False,
    )
    loader = torch.utils.data.DataLoader(Pictures(*shape), batch_size=2)
    trainer = _trainer(tmp_path)
    trainer.fit(task, loader, loader)
    found = trainer.callback_metrics
    assert {"train/loss", "val/loss", "train/mse", "val/bpp"} <= set(found)
    assert found["val/bpp"] > 0
    assert found["val/MSE"] == pytest.approx(float(found["val/mse"]), rel=1e-4)


def test_a_full_model_predicts_pictures(full_models, weights, tmp_path):
    from terratorch.tasks import PixelwiseRegressionTask

    model = full_models.build("flextec", ckpt_path=weights(flexible=True))
    task = PixelwiseRegressionTask(model_args={}, model=model)
    pictures = Pictures(12, 64, 64)
    loader = torch.utils.data.DataLoader(pictures, batch_size=2)
    ((predicted, names),) = _trainer(tmp_path).predict(task, loader)
    wanted = task.model(pictures.x).output
    torch.testing.assert_close(predicted, wanted, atol=1e-4, rtol=1e-4)
    assert list(names) == ["0", "1"]


def test_embeddings_are_made_of_the_maps(weights, tmp_path):
    from terratorch.tasks import EmbeddingGenerationTask

    task = EmbeddingGenerationTask(
        model_args={
            "backbone": "tec_tt",
            "backbone_ckpt_path": weights(),
            "backbone_expectation": True,
        },
        output_dir=str(tmp_path / "embeddings"),
        output_format="parquet",
        layers=[-1],
        embedding_pooling="mean",
    )
    loader = torch.utils.data.DataLoader(Pictures(12, 3, 64, 64), batch_size=2)
    _trainer(tmp_path).predict(task, loader)
    assert list((tmp_path / "embeddings").rglob("*.parquet"))


@COMPRESSAI
def test_a_codec_of_pictures_learns_a_segmentation(masks):
    model = _factory(
        "tec_fp_s",
        "FCNDecoder",
        backbone_pretrained=True,
        backbone_bands=["BLUE", "GREEN", "RED"],
        decoder_channels=16,
        decoder_num_convs=2,
    )
    assert _learned(model, torch.randn(2, 3, 60, 76), masks) > 0
