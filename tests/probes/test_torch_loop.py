"""The probe against a plain loop over folds, epochs and batches in torch."""

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

from neucobench.probes.linear import LinearProbe


def coefficient_of_determination(outputs, labels):
    total = labels.sum()
    spread = (labels * labels).sum() - total * (total / len(labels))
    return (1 - ((labels - outputs) ** 2).sum() / spread).item()


def f1(outputs, labels):
    probable = outputs
    if not ((outputs >= 0) & (outputs <= 1)).all():
        probable = outputs.sigmoid()
    predicted, truth = probable > 0.5, labels > 0
    wrong = (predicted != truth).sum().item()
    hits = (predicted & truth).sum().item()
    return 2 * hits / max(2 * hits + wrong, 1)


def epoch_scores(features, task, split, epochs):
    labels = torch.tensor(task.labels)
    data = TensorDataset(torch.tensor(features[task.rows]), labels)
    layer = torch.nn.Linear(features.shape[1], 1)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=1e-3)
    train, validation = (
        DataLoader(data, batch_size=64, sampler=SubsetRandomSampler(side.tolist()))
        for side in (split.train, split.validation)
    )
    classify = task.type == "classification"
    loss = (
        functional.binary_cross_entropy_with_logits if classify else functional.mse_loss
    )
    for _ in range(epochs):
        for x, y in train:
            optimizer.zero_grad()
            loss(layer(x)[:, 0], y).backward()
            optimizer.step()
        with torch.no_grad():
            seen = [(layer(x)[:, 0], y) for x, y in validation]
        outputs, truth = (torch.cat(parts) for parts in zip(*seen, strict=True))
        yield (f1 if classify else coefficient_of_determination)(outputs, truth)


@pytest.fixture(scope="module")
def expected(small):
    features, tasks = small
    with torch.random.fork_rng():
        torch.manual_seed(42)
        return {
            task.name: np.array(
                [list(epoch_scores(features, task, split, 6)) for split in task.splits]
            )
            for task in tasks
        }


def test_every_epoch_of_every_fold_is_that_of_the_loop(small, expected, backend):
    results = LinearProbe(epochs=6, backend=backend, threads=2).score(*small)
    for name, history in expected.items():
        scale = np.maximum(1, np.abs(history))
        assert (np.abs(results[name].history - history) / scale).max() < 2e-6
