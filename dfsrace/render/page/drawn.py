# SPDX-License-Identifier: GPL-2.0-only
"""The pictures of a trace, each piece of them once: a picture is a list of pieces, most of which it shares with others.

Guarantees: a picture put together of its pieces is the one that `vm_svg` draws. A page has no more than about MOST
characters of pieces, and a trace no more than MOST_DRAWN pictures, in that steps which a reader need not see go without
one; the first and the last step have theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from xml.etree import ElementTree as xml

from dfsrace.diagnostics.values import dataclass
from dfsrace.render.page.markup import Markup, clean, scrolling, tag
from dfsrace.render.vm_svg import vm_svg
from dfsrace.trace.picture import Picture

MOST = 4_000_000
MOST_DRAWN = 400
# On paper there are no more pictures than this; wide ones have a line of their own, the widest lie across the paper.
MOST_FRAMES = 12
WIDE = 640
WIDEST = 1_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """`pictures`: of each step the numbers of its pieces, none where it has no picture; `labels`: the same in words.

    `fragments`: all pieces; `size`: width and height of every picture.
    """

    prefix: str
    size: tuple[float, float] = (0, 0)
    labels: tuple[str, ...] = ()
    pictures: tuple[tuple[int, ...], ...] = ()
    interesting: tuple[int, ...] = ()
    fragments: Markup = Markup()


@dataclass(slots=True)
class _Pieces:
    """The pieces so far: text to number, in order."""

    numbers: dict[str, int] = field(default_factory=dict)
    size: int = 0

    def number(self, text: str) -> int:
        if text not in self.numbers:
            self.numbers[text] = len(self.numbers)
            self.size += len(text)
        return self.numbers[text]


def draw(pictures: Sequence[Picture], prefix: str, traces: int = 1) -> Drawn:
    """Draws the pictures of a trace. `prefix`: what the pieces' ids begin with; `traces`: how many share the page."""
    pieces, size = _Pieces(), (0.0, 0.0)
    shown: dict[int, tuple[int, ...]] = {}
    labels: dict[int, str] = {}
    ends = {0, len(pictures) - 1}
    chosen = sorted(pictures, key=lambda one: (one.number not in ends, not one.interesting))[:MOST_DRAWN]
    ordered = sorted(chosen, key=lambda one: one.number)
    for one in chosen:
        if pieces.size > MOST // traces and one.number not in ends:
            break
        root = xml.fromstring(vm_svg(ordered, one.number, standalone=False))
        _, _, width, height = map(float, root.get("viewBox", "0 0 0 0").split())
        size = (width, height)
        shown[one.number] = tuple(pieces.number(text) for text in _split(root))
        labels[one.number] = next((child.text or "" for child in root if _local(child) == "desc"), "")
    numbers = range(len(pictures))
    return Drawn(
        prefix,
        size,
        tuple(clean(labels.get(number, "")) for number in numbers),
        tuple(shown.get(number, ()) for number in numbers),
        tuple(one.number for one in pictures if one.interesting and one.number in shown),
        tag("svg", tag("defs", *_named(pieces, prefix)), class_="pieces", aria_hidden="true", width=0, height=0),
    )


def picture(drawn: Drawn, step: int) -> Markup | None:
    """The picture after a step, which the script changes."""
    return tag("figure", scrolling(_svg(drawn, step), "picture"), class_="picture") if drawn.pictures else None


def film(drawn: Drawn, telling: Sequence[int]) -> Markup | None:
    """The interesting pictures one after another, for paper; of too many those of `telling` steps and the last ones."""
    chosen = list(drawn.interesting)
    if not chosen:
        return None
    if len(chosen) > MOST_FRAMES:
        first = [0, *(number for number in telling if number in chosen)]
        chosen = sorted(list(dict.fromkeys([*first, *reversed(chosen)]))[:MOST_FRAMES])
    left = len(drawn.interesting) - len(chosen)
    more = tag("p", f"{left:,} more pictures are shown on the screen.", class_="note") if left else None
    frames = (tag("figure", _svg(drawn, number)) for number in chosen)
    width = drawn.size[0]
    kind = " across" if width > WIDEST else " wide" if width > WIDE else ""
    return tag("div", *frames, more, class_=f"film{kind}")


def _svg(drawn: Drawn, step: int) -> Markup:
    uses = (tag("use", href=f"#{drawn.prefix}-{number}") for number in drawn.pictures[step])
    width, height = drawn.size
    return tag(
        "svg", *uses, viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=drawn.labels[step], class_="dr"
    )


def _named(pieces: _Pieces, prefix: str) -> Iterator[Markup]:
    for text, number in pieces.numbers.items():
        yield Markup(f'<g id="{prefix}-{number}" class="dr">{text}</g>')


def _split(root: xml.Element) -> Iterator[str]:
    """The pieces of a picture in the order of drawing."""
    for child in root:
        if _local(child) not in ("title", "desc"):
            yield _text(child)


def _text(element: xml.Element) -> str:
    for one in element.iter():
        one.tag = _local(one)
    element.tail = None
    return xml.tostring(element, encoding="unicode", short_empty_elements=False)


def _local(element: xml.Element) -> str:
    return element.tag.rpartition("}")[2]


__all__ = ["Drawn", "draw", "film", "picture"]
