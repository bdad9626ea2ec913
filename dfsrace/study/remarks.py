# SPDX-License-Identifier: GPL-2.0-only
"""What a verdict in the decision table is not about: fixes that are undone or change nothing, and what goes unchecked.

protocol        scenario: vm + own body     the remark
A+B             vm, A, B, body              B's procedure replaces A's          a `holds` is B's alone
A               vm, A, body                 the body's procedure replaces A's   a `holds` is not A's
A               vm, A, body                 the same system as vm, body         A is not tried at all
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dfsrace.study.judged import Judged
from dfsrace.study.replaced import Replaced
from dfsrace.study.wording import heading, unchecked_note

Rows = Sequence[Sequence[Judged]]


def remarks(fixes: Sequence[str], scenes: Sequence[str], rows: Rows) -> list[str]:
    """Sentences, each once. `rows`: the unfixed kernel first, then each fix, in each scenario."""
    said = [note for place, scene in enumerate(scenes) for note in _of_scene(scene, [row[place] for row in rows])]
    for fix, row in zip(fixes[1:], rows[1:], strict=True):
        for scene, one, unfixed in zip(scenes, row, rows[0], strict=True):
            if unfixed.meaning:
                said += undone(fix, f"{fix} in {scene}", [f for f in one.files if f not in unfixed.files], one.replaced)
        if _changes_nothing(row, rows[0]):
            said.append(f"{fix} changes nothing here: its models are the unfixed ones.")
    return list(dict.fromkeys(said))


def _of_scene(scene: str, column: Sequence[Judged]) -> list[str]:
    """What a scenario does to all fixes alike."""
    said = []
    own = dict.fromkeys(f"{one.procedure} of {heading(one.file)}" for one in column[0].replaced)
    if own:
        said.append(f"{scene} itself replaces {', '.join(own)}: what it calls unfixed is not the library's kernel.")
    if left_out := dict.fromkeys(name for one in column for name in one.unchecked):
        said.append(unchecked_note(scene, left_out))
    return said


def undone(fix: str, cell: str, files: Sequence[str], lost_ones: Iterable[Replaced]) -> list[str]:
    """Procedures of a fix that are not in force; `files`: those of the fix, `cell`: how the table's cell is called.

    A fix of one file that replaces what it includes itself knows what it does.
    """
    said = []
    for lost in lost_ones:
        inside = lost.by in files
        if lost.file in files and not (inside and "+" not in fix):
            where = fix if inside else cell
            what = f"{lost.procedure} of {heading(lost.file)}"
            said.append(f"{where}: {what} is replaced by that of {heading(lost.by)}.")
    return said


def _changes_nothing(row: Sequence[Judged], unfixed: Sequence[Judged]) -> bool:
    """Whether a fix gives the very model without it wherever both are known, and that is somewhere."""
    known = [(a.meaning, b.meaning) for a, b in zip(row, unfixed, strict=True) if a.meaning and b.meaning]
    return len(known) == len(row) and all(mine == without for mine, without in known)
