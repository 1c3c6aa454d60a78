import numpy as np
import pytest

from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError
from neucobench.evaluation.join import prepare_features


@pytest.mark.parametrize("huge", [1e20, 3e38])
def test_values_too_large_to_be_standardized_are_refused(huge):
    values = np.eye(4, dtype=np.float32)
    values[:2] *= np.float32(huge)
    table = EmbeddingTable(ids=("a", "b", "c", "d"), values=values, name="huge")
    with pytest.raises(EmbeddingError, match="beyond float32"):
        prepare_features(table, table.ids, embedding_dim=None, standardize=True)
