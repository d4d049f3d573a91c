"""Charts as inline SVG, without script or style: the style of the page is the only one."""

from __future__ import annotations

from collections.abc import Container, Sequence
from math import ceil

import pygal
from lxml import etree
from markupsafe import Markup
from pygal.style import Style

_SVG = "{http://www.w3.org/2000/svg}"
_STYLE = Style(font_family="sans-serif", label_font_size=12, major_label_font_size=12, value_font_size=12)
_BARE = {
    "css": (),
    "js": (),
    "style": _STYLE,
    "show_legend": False,
    "explicit_size": False,
    "truncate_label": -1,
    "margin": 2,
}


def columns(
    title: str, labels: Sequence[str], values: Sequence[int], *, shown: Container[int], width: int, height: int
) -> Markup:
    """A chart of vertical bars, one for each label and value, as SVG; sizes are in pixels.

    Bars whose number (from 0) is in ``shown`` have their label below. The title is for screen readers.
    """
    chart = pygal.Bar(
        **_BARE,
        width=width,
        height=height,
        spacing=8,
        x_labels=[label if place in shown else "" for place, label in enumerate(labels)],
        y_labels=_steps(max(values, default=0)),
    )
    chart.add(title, values)
    return _inline(chart, title, labels, values)


def bars(title: str, labels: Sequence[str], values: Sequence[int], *, width: int) -> Markup:
    """A chart of horizontal bars, the first on top, each with its value, as SVG. The width is in pixels.

    It has no labels beside the bars: each bar has a title, which a browser shows.
    """
    chart = pygal.HorizontalBar(
        **_BARE,
        width=width,
        height=26 * len(labels) + 4,
        x_labels=labels[::-1],
        show_x_labels=False,  # pygal has the axes of horizontal bars the wrong way round
        show_x_guides=False,
        print_values=True,
        print_values_position="top",
        formatter=lambda value: f"{value:,}",
        range=(0, 1.12 * max(values, default=1)),  # room for the longest bar's number
    )
    chart.add(title, values[::-1])
    return _inline(chart, title, labels[::-1], values[::-1])


def spark(title: str, shares: Sequence[float]) -> Markup:
    """A sparkline of shares between 0 and 1 as SVG, the oldest first; one share is a level line."""
    chart = pygal.Line(
        **_BARE,
        width=120,
        height=24,
        show_dots=False,
        show_x_labels=False,
        show_y_labels=False,
        show_x_guides=False,
        show_y_guides=False,
        range=(0, 1),
    )
    chart.add(title, shares if len(shares) > 1 else [*shares, *shares])
    return _inline(chart, title)


def _steps(highest: int) -> list[int]:
    """Three or four round numbers for an axis, from 0 to ``highest`` or above.

    >>> _steps(7), _steps(29), _steps(1400), _steps(0)
    ([0, 3, 6, 9], [0, 10, 20, 30], [0, 500, 1000, 1500], [0, 1, 2, 3])
    """
    third = max(1, ceil(highest / 3))
    size = 10 ** (len(str(third)) - 1)
    step = next(size * digit for digit in (1, 2, 3, 5, 10) if size * digit >= third)
    return [step * number for number in range(ceil(highest / step) + 1 if highest else 4)]


def _inline(
    chart: pygal.Bar | pygal.Line, title: str, labels: Sequence[str] = (), values: Sequence[int] = ()
) -> Markup:
    """The SVG of a chart for a page, without pygal's additions for scripts.

    Each bar has its label and value as a title.
    """
    drawing = etree.fromstring(chart.render())
    etree.strip_elements(drawing, etree.Comment, *(_SVG + tag for tag in ("defs", "title", "desc")), with_tail=False)
    for bar, label, value in zip(drawing.findall(f".//{_SVG}g[@class='bar']"), labels, values, strict=False):
        etree.SubElement(bar, f"{_SVG}title").text = f"{label}: {value:,}"
    del drawing.attrib["id"]
    drawing.set("role", "img")
    drawing.set("aria-label", title)
    for unseen in drawing.findall(f".//{_SVG}g[@class='plot tooltip-overlay']/*"):
        etree.strip_elements(unseen, "*")
        unseen.attrib.clear()  # a style of its own, which the page forbids
    etree.cleanup_namespaces(drawing)
    return Markup(etree.tostring(drawing, encoding="unicode"))  # noqa: S704 - lxml has escaped it
