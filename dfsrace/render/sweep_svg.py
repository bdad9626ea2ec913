# SPDX-License-Identifier: GPL-2.0-only
"""How states grow with a model's sizes: an SVG with a logarithmic axis, one line for each series.

What a mark means is its shape, which line is whose stands at its end and in its dashes: colours only repeat it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from dfsrace.diagnostics.text import printable, width
from dfsrace.diagnostics.values import dataclass
from dfsrace.study.judged import Judged
from dfsrace.study.sweep import Dimension, Sweep

HEIGHT = 460
LEFT, PLOT, TOP, BOTTOM = 90, 500, 60, 90
LABEL = 15
# Of a line's name: how many columns are shown, and pixels that each may take.
MOST_COLUMNS, COLUMN = 50, 9
MOST_NAMED = 5

_COLOURS = ("#0b5cad", "#b3420b", "#1d7a46", "#7a3fb0", "#8a6d00", "#a01f4f")
_DASHES = ("", "8 4", "2 4", "10 4 2 4", "14 6", "4 2")
_STYLE = "text { font: 13px system-ui, sans-serif; fill: #222; } .title { font-size: 16px; font-weight: 600; }"


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, and at each place of the axis a verdict, None where there is none."""

    name: str
    points: tuple[Judged | None, ...]


@dataclass(frozen=True, slots=True)
class Decades:
    """The powers of ten at which the axis begins and ends."""

    low: int
    high: int


def sweep_svg(swept: Sweep, judged: Sequence[Judged]) -> str:
    """The drawing, whole and by itself. The axis is the first dimension of several integers, else the first at all."""
    axis, ticks, lines = series(swept, judged)
    counts = [p.states or 1 for line in lines for p in line.points if p] or [1]
    low = len(str(min(counts))) - 1
    decades = Decades(low, max(low + 1, len(str(max(counts) - 1))))
    shown = [_grid(axis, ticks, decades)]
    ends: list[tuple[float, int, str]] = []
    for number, line in enumerate(lines):
        drawn, end = _line(line, number, len(ticks), decades)
        shown.append(drawn)
        if end is not None:
            ends.append((end, number, _short(line.name)))
    placed = _placed(ends)
    shown.append(_labels(placed))
    height = max([HEIGHT, *(int(y) + 2 * LABEL for y, *_ in placed)])
    across = LEFT + PLOT + 24 + COLUMN * max((width(name) for *_, name in ends), default=0)
    title = _text(f"{swept.name}: states by size")
    about = "Filled circle: holds. Cross: violated. Hollow circle: undecided. Arrow: cut, there are at least so many."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {height}" width="{across}" height="{height}" '
        'role="img" aria-labelledby="title about">\n'
        f'<title id="title">{title}</title>\n<desc id="about">{about}</desc>\n'
        f"<style>{_STYLE}</style>\n"
        f'<rect width="{across}" height="{height}" fill="#fff"/>\n'
        f'<text class="title" x="{LEFT}" y="28">{title}</text>\n' + "".join(shown) + _legend() + "</svg>\n"
    )


def series(swept: Sweep, judged: Sequence[Judged]) -> tuple[str, tuple[str, ...], list[Series]]:
    """The axis's name, its values, and a line for each combination of the other constants."""
    dimensions = swept.dimensions
    several = [n for n, d in enumerate(dimensions) if len(d.values) > 1]
    axis = next((n for n in several if dimensions[n].ordered), several[0] if several else 0)
    ticks = dimensions[axis].values
    found: dict[tuple[str, ...], list[Judged | None]] = {}
    for size, one in zip(swept.sizes, judged, strict=True):
        rest = (*size[:axis], *size[axis + 1 :])
        places = found.setdefault(rest, [None] * len(ticks))
        places[ticks.index(size[axis])] = one if one.states else None
    others = [d for n, d in enumerate(dimensions) if n != axis]
    alike: dict[tuple[tuple[str, int | None] | None, ...], list[tuple[str, ...]]] = {}
    for rest, points in found.items():
        alike.setdefault(tuple((p.status, p.states) if p else None for p in points), []).append(rest)
    lines = [Series(_name(others, rests), tuple(found[rests[0]])) for rests in alike.values()]
    return dimensions[axis].name, ticks, lines


def _name(others: Sequence[Dimension], rests: Sequence[tuple[str, ...]]) -> str:
    """What a line is called that stands for one or more combinations of the other constants, whose points are alike."""
    several = [n for n, d in enumerate(others) if len(d.values) > 1]
    if len(several) == 1 and len(rests) <= MOST_NAMED:
        return f"{others[several[0]].name}={','.join(rest[several[0]] for rest in rests)}"
    first = ", ".join(f"{others[n].name}={rests[0][n]}" for n in several)
    return f"{first} and {len(rests) - 1} more" if len(rests) > 1 else first


def _x(place: int, count: int) -> float:
    return LEFT + PLOT * (place + 0.5) / count


def _y(states: int, decades: Decades) -> float:
    share = (math.log10(states) - decades.low) / (decades.high - decades.low)
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _grid(axis: str, ticks: Sequence[str], decades: Decades) -> str:
    parts = []
    for power in range(decades.low, decades.high + 1):
        y = _y(10**power, decades)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + PLOT}" y2="{y:.1f}" stroke="#ccc"/>\n')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10**power:,}</text>\n')
    bottom = HEIGHT - BOTTOM
    for place, value in enumerate(ticks):
        x = _x(place, len(ticks))
        parts.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{_text(value)}</text>\n')
    middle = LEFT + PLOT / 2
    parts.append(f'<text x="{middle:.1f}" y="{bottom + 42}" text-anchor="middle">{_text(axis)}</text>\n')
    parts.append(
        f'<text x="20" y="{(TOP + bottom) / 2:.1f}" text-anchor="middle" '
        f'transform="rotate(-90 20 {(TOP + bottom) / 2:.1f})">states (logarithmic)</text>\n'
    )
    return "".join(parts)


def _line(line: Series, number: int, count: int, decades: Decades) -> tuple[str, float | None]:
    """A line with its marks, and how high it ends; None where it has no point."""
    colour, dash = _look(number)
    placed = [
        (_x(place, count), _y(point.states or 1, decades), point) for place, point in enumerate(line.points) if point
    ]
    if not placed:
        return "", None
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in placed)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    drawn = f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>\n'
    return drawn + "".join(_mark(x, y, point, colour) for x, y, point in placed), placed[-1][1]


def _mark(x: float, y: float, point: Judged, colour: str) -> str:
    about = f"<title>{_text(f'{point.status}, {point.states:,} states')}</title>"
    return f"<g>{about}{_shape(x, y, point.status, point.complete, colour)}</g>\n"


def _shape(x: float, y: float, status: str, complete: bool, colour: str) -> str:
    arrow = ""
    if not complete:
        arrow = (
            f'<path d="M{x:.1f} {y - 6:.1f} V{y - 20:.1f} m-4 5 l4 -5 l4 5" fill="none" stroke="{colour}" '
            'stroke-width="1.5"/>'
        )
    if status == "violated":
        shape = (
            f'<path d="M{x - 5:.1f} {y - 5:.1f} l10 10 m0 -10 l-10 10" fill="none" stroke="{colour}" '
            'stroke-width="2.5"/>'
        )
    else:
        fill = colour if status == "holds" else "#fff"
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{fill}" stroke="{colour}" stroke-width="2"/>'
    return shape + arrow


def _placed(ends: Sequence[tuple[float, int, str]]) -> list[tuple[float, int, str]]:
    """The lines' names at their ends, moved down where one would stand over another."""
    placed: list[tuple[float, int, str]] = []
    for y, number, name in sorted(end for end in ends if end[2]):
        placed.append((max(y, placed[-1][0] + LABEL) if placed else y, number, name))
    return placed


def _labels(placed: Sequence[tuple[float, int, str]]) -> str:
    return "".join(
        f'<text x="{LEFT + PLOT + 8}" y="{y + 4:.1f}" style="fill: {_look(number)[0]}">{_text(name)}</text>\n'
        for y, number, name in placed
    )


def _look(number: int) -> tuple[str, str]:
    """Colour and dashes of a line, another pair for each of the first thirty-six."""
    return _COLOURS[number % len(_COLOURS)], _DASHES[(number + number // len(_COLOURS)) % len(_DASHES)]


def _short(name: str) -> str:
    shown = printable(name)
    return shown if width(shown) <= MOST_COLUMNS else f"{shown[: MOST_COLUMNS - 1]}…"


def _legend() -> str:
    y, parts = HEIGHT - 20, []
    for x, status, complete, words in (
        (LEFT, "holds", True, "holds"),
        (LEFT + 90, "violated", True, "violated"),
        (LEFT + 195, "inconclusive", False, "arrow: cut, there are at least so many"),
    ):
        parts.append(f"{_shape(x, y, status, complete, '#222')}\n")
        parts.append(f'<text x="{x + 12}" y="{y + 4}">{words}</text>\n')
    return "".join(parts)


def _text(text: str) -> str:
    return escape(printable(text), quote=True)
