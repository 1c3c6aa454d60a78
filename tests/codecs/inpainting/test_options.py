"""How clouds are filled: what is refused."""

import pytest

from neucobench.codecs.inpainting.options import FillOptions
from neucobench.errors import UsageError


@pytest.mark.parametrize(
    "wrong",
    [{"estimate": "guess"}, {"mode": "paint"}, {"direction": "future"}, {"dilate": -1}],
)
def test_what_does_not_exist_is_refused(wrong):
    with pytest.raises(UsageError, match=str(next(iter(wrong.values())))):
        FillOptions(**wrong)
