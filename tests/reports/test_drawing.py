import re
from xml.etree import ElementTree

import matplotlib as mpl

from neucobench.reports.drawing import add_axes, draw_picture


def draw(figure):
    axes = add_axes(figure, left=0.5, top=0.2, width=2, height=1)
    axes.plot([0, 1], [0, 1], marker="o")
    axes.set_xlabel("length (m)")
    axes.grid()


def picture(name="one", draw=draw):
    return draw_picture(name, "A <line>.", size=(3, 2), draw=draw)


def test_the_same_drawing_gives_the_same_bytes():
    assert picture() == picture()


def test_the_svg_is_one_well_formed_element_without_a_preamble():
    svg = picture().svg
    assert svg.startswith("<svg")
    ElementTree.fromstring(svg)


def test_the_alternative_text_is_escaped():
    assert 'aria-label="A &lt;line&gt;."' in picture().svg


def test_ids_of_two_figures_never_meet():
    first, second = (
        set(re.findall(r' id="([^"]+)"', picture(name).svg)) for name in ("one", "two")
    )
    assert first
    assert not first & second


def test_text_stays_text():
    assert "length (m)" in picture().svg


def test_ink_follows_the_page():
    assert "var(--ink)" in picture().svg
    assert "var(--rule)" in picture().svg


def test_the_png_is_a_png():
    assert picture().png.startswith(b"\x89PNG")


def test_settings_of_matplotlib_are_as_before():
    before = dict(mpl.rcParams)
    picture()
    assert dict(mpl.rcParams) == before


def test_dollars_and_unknown_scripts_are_drawn_as_text():
    def hostile(figure):
        figure.text(0, 0, r"$\frac{1}{0}$ 日本語 <b>&")

    assert r"$\frac{1}{0}$ 日本語 &lt;b&gt;&amp;" in picture(draw=hostile).svg
