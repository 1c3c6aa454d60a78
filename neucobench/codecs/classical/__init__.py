"""Classical codecs, all with the same packing and bit-depth rules.

::

    stack (time, band, y, x)
        │ rotation      none, a fixed KLT across the bands, or the stack's own
        ▼
    components (time, component, y, x)
        │ scale         to whole numbers of the coder's depth
        ▼
    planes
        │ packing       which planes the coder sees together, and in which order
        ▼
    groups (plane, y, x) ── coder ──▶ one stream: rotation, scale, parts
"""
