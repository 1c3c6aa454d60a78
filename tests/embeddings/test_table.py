import numpy as np

from neucobench.embeddings.table import EmbeddingTable


def test_a_table_becomes_a_data_frame_with_its_ids_as_index():
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    frame = EmbeddingTable(ids=("b", "a"), values=values).to_frame()
    assert frame.index.tolist() == ["b", "a"]
    assert frame.index.name == "id"
    assert frame.to_numpy().tolist() == values.tolist()
