"""Compare codecs on tiles: bits, quality and seconds, as tables and figures.

::

    tiles ─▶ plan ─▶ points ─▶ curves ─▶ tables, summary
                       │                 figures, strip
                       └─▶ OUT/points: where the same command goes on
"""
