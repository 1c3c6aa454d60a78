import numpy as np
import pytest

from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError
from neucobench.evaluation.join import column_order_statistics, prepare_features


@pytest.mark.parametrize("huge", [1e20, 3e38])
def test_values_too_large_to_be_standardized_are_refused(huge):
    values = np.eye(4, dtype=np.float32)
    values[:2] *= np.float32(huge)
    table = EmbeddingTable(ids=("a", "b", "c", "d"), values=values, name="huge")
    with pytest.raises(EmbeddingError, match="beyond float32"):
        prepare_features(table, table.ids, embedding_dim=None, standardize=True)


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (40, 16), (1001, 33), (300, 1024)])
def test_mean_and_deviation_are_those_of_the_table_held_by_columns(shape):
    values = np.random.default_rng(1).normal(50, 3, size=shape).astype(np.float32)
    by_column = np.asfortranarray(values)
    expected = by_column.mean(), by_column.std()
    assert column_order_statistics(values) == expected
