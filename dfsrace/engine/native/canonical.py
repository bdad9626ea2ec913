# SPDX-License-Identifier: GPL-2.0-only
"""The parts of the canonical form that depend on the model, as C around runtime/canonical.h.

What is renamed, and which orders are tried, are those of `dfsrace.engine.reference.canonical`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dfsrace.engine.native.places import Words
from dfsrace.engine.native.references import ReferenceCode
from dfsrace.engine.native.values import Unsupported, unsigned
from dfsrace.engine.reference.canonical import Arrangement, Renaming, families
from dfsrace.engine.reference.expressions import Shift
from dfsrace.engine.reference.memos import Reference
from dfsrace.system import Property
from dfsrace.system.layout import Bits

MOST_THREADS = 250


class CanonicalCode:
    """Writes the function `canonical` of a system under some reductions."""

    def __init__(self, code: ReferenceCode, reductions: frozenset[str], properties: Sequence[Property]) -> None:
        self.code = code
        self.references = code.references
        self.layout = code.layout
        self.words = Words.of(self.layout.bits)
        self.stamps = "stamps" in reductions
        self.renaming = Renaming(self.references, "pools" in reductions, self.stamps)
        self.pools = "pools" in reductions and bool(code.pools)
        groups = families(self.layout.system.threads, properties) if "threads" in reductions else []
        self.arrangement = Arrangement(self.layout, groups, self.renaming.mask, "pools" in reductions)
        if len(self.layout.threads) > MOST_THREADS:
            raise Unsupported(f"more than {MOST_THREADS} threads")

    @property
    def name(self) -> str:
        """What struct model names: a function, or 0 where nothing is renamed."""
        return "canonical" if self.renaming.mask or self.arrangement.groups else "0"

    def define(self, runtime: Path) -> list[str]:
        """All functions."""
        if self.name == "0":
            return []
        groups = self.arrangement.groups
        grouped = [thread for group in groups for thread in group]
        lines = [
            f"#define RENAMES_POOLS {int(self.pools)}",
            f"#define OWNED_POOLS {int(any(self.references.owning.values()))}",
            f"#define GROUPED {len(grouped)}",
            f"#define THREADS {len(self.layout.threads)}",
            f"#define POOLS {len(self.code.pools)}",
        ]
        if not self.code.pools:
            lines.append("static void held(const word *s, word *h, struct context *c) { (void)s; (void)h; (void)c; }")
        if grouped:
            numbers = {t: k for k, group in enumerate(groups) for t in group}
            lines.append(f"static const uint8_t grouped[] = {{{', '.join(map(str, grouped))}}};")
            of = [str(numbers.get(t, len(groups))) for t in range(len(self.layout.threads))]
            lines.append(f"static const uint8_t group_of[] = {{{', '.join(of)}}};")
        lines.append((runtime / "canonical.h").read_text(encoding="utf-8"))
        lines += [*self._meet(), *self._move_values(), *self._is_owned(), *self._rename_stamps()]
        if grouped:
            lines += [*self._tables(), *self._compare(), *self._is_plain(), *self._move_threads()]
        call = "arrange(s, places, c)" if grouped else "rename_values(s, c)"
        lines += ["static void canonical(word *s, uint8_t *places, struct context *c)", "{"]
        lines += [f"\tplaces[{t}] = {t};" for t in range(len(self.layout.threads))] if not grouped else []
        return [*lines, f"\t{call};", "}", ""]

    def _get(self, state: str, bits: Bits) -> str:
        return self.words.get(state, Shift(bits.shift), bits.width)

    # ---- pools

    def _meet(self) -> list[str]:
        lines = ["static void meet_places(const word *s, struct order *o)", "{", "\t(void)s; (void)o;"]
        for reference in self.renaming.places:
            if reference.pool is not None:
                lines.append(f"\tmeet(o, {reference.pool}, {self._get('s', reference.bits)});")
        lines += ["}", "", "static void meet_fields(const word *s, struct order *o, unsigned pool, val v)", "{"]
        lines.append("\t(void)s; (void)o; (void)v;")
        for code in self.code.pools:
            lines.append(f"\tif (pool == {code.number}) {{")
            for reference, step in self.code.fields(code.number):
                if reference.pool is not None:
                    place = self.code.of_value(reference.bits.shift, step, "v")
                    source = self.words.get("s", place, reference.bits.width)
                    lines.append(f"\t\tmeet(o, {reference.pool}, {source});")
            lines.append("\t}")
        return [*lines, "}", ""]

    def _renumber(self, reference: Reference, place: Shift) -> list[str]:
        """Statements that give a place in `to` the new number of what is there."""
        source = self.words.get("to", place, reference.bits.width)
        new = f"number[{reference.pool}][{source}]"
        return [f"\t{line}" for line in self.words.put("to", place, reference.bits.width, new)]

    def _move_values(self) -> list[str]:
        lines = ["static void move_values(word *to, const word *s, const struct order *o)", "{"]
        lines += ["\tuint8_t number[POOLS + 1][64] = {{0}}, next[POOLS + 1] = {0};", "\tval v, w;"]
        lines.append("\tfor (unsigned i = 0; i < o->count; i++) number[o->pool[i]][o->value[i]] = ++next[o->pool[i]];")
        lines.append("\tcopy_state(to, s);")
        if self.pools:
            blocks = 0
            for block in self.references.blocks.values():
                blocks |= block
            lines += [f"\t{line}" for line in self.words.put_known("to", blocks, 0)]
            for reference in self.renaming.places:
                if reference.pool is not None:
                    lines += self._renumber(reference, Shift(reference.bits.shift))
            lines.append("\tfor (unsigned i = 0; i < o->count; i++) {")
            lines.append("\t\tv = o->value[i], w = number[o->pool[i]][v];")
            for code in self.code.pools:
                lines.append(f"\t\tif (o->pool[i] == {code.number}) {{")
                for start, length, step in code.blocks:
                    for at in range(0, length, 64):
                        width = min(64, length - at)
                        source = self.words.get("s", self.code.of_value(start + at, step, "v"), width)
                        target = self.code.of_value(start + at, step, "w")
                        lines.append(f"\t\t\tput_bits(to, {target}, {width}, (word)({source}));")
                for reference, step in self.code.fields(code.number):
                    if reference.pool is not None:
                        lines += self._renumber(reference, self.code.of_value(reference.bits.shift, step, "w"))
                lines.append("\t\t}")
            lines.append("\t}")
        return [*lines, "\t(void)v; (void)w; (void)number; (void)next;", "}", ""]

    def _is_owned(self) -> list[str]:
        lines = ["static int is_owned(const word *s, unsigned pool, val v)", "{", "\t(void)s;"]
        for (pool, value), mask in self.references.owning.items():
            if mask:
                lines.append(f"\tif (pool == {pool} && v == {value}) return {self.words.any_of('s', mask)};")
        return [*lines, "\treturn 0;", "}", ""]

    # ---- stamps

    def _rename_stamps(self) -> list[str]:
        lines = ["static void rename_stamps(word *s)", "{", "\tval v;"]
        used = [r for r in self.renaming.scan if r.stamp is not None] if self.stamps else []
        types = list(dict.fromkeys(r.stamp for r in used if r.stamp is not None))
        for number, stamp in enumerate(types):
            lines.append(f"\tuint8_t map{number}[{(1 << self.layout.width(stamp)) + 1}] = {{0}}, last{number} = 0;")
        for reference in used:
            assert reference.stamp is not None
            k = types.index(reference.stamp)
            lines.append(f"\tv = {self._get('s', reference.bits)};")
            lines.append(f"\tif (v) {{ if (!map{k}[v]) map{k}[v] = ++last{k};")
            lines += [
                f"\t\t{line}"
                for line in self.words.put("s", Shift(reference.bits.shift), reference.bits.width, f"map{k}[v]")
            ]
            lines.append("\t}")
        return [*lines, "\t(void)v; (void)s;", "}", ""]

    # ---- threads

    def _tables(self) -> list[str]:
        blocks = ", ".join(str(block.shift) for block in self.arrangement.blocks)
        lines = [f"static const uint16_t block[] = {{{blocks}}};"]
        for number, share in enumerate(self.arrangement.shares):
            shifts = ", ".join(str(bits.shift) for bits in share)
            lines.append(f"static const uint16_t share{number}[] = {{{shifts}}};")
        return lines

    def _pieces(self, group: int) -> list[tuple[int, int, int]]:
        """(offset, width, mask of what decides) of a member's block, in pieces of a word, the highest first."""
        thread = self.arrangement.groups[group][0]
        width, key = self.arrangement.blocks[thread].width, self.arrangement.keys[thread]
        pieces = [(at, min(64, width - at)) for at in range(0, width, 64)]
        return [(at, w, key >> at & (1 << w) - 1) for at, w in reversed(pieces)]

    def _signature(self, fixed: Sequence[tuple[Bits, int | None]]) -> list[tuple[str, str]]:
        """For each lock's part: what threads a and b have of it, as sources."""
        found, seen = [], set[int]()
        for bits, thread in fixed:
            if thread is None:
                owner = self._get("s", bits)
                found.append((f"({owner} == (val)a + 1)", f"({owner} == (val)b + 1)"))
                continue
            number = next(n for n, share in enumerate(self.arrangement.shares) if bits in share)
            if number not in seen:
                seen.add(number)
                get = f"get_bits(s, share{number}[{{}}], {bits.width})"
                found.append((f"(val){get.format('a')}", f"(val){get.format('b')}"))
        return found

    def _compare(self) -> list[str]:
        lines = [
            "static int compare_threads(const word *s, unsigned a, unsigned b)",
            "{",
            "\tword x, y;",
            "\tval p, q;",
        ]
        for group in range(len(self.arrangement.groups)):
            lines.append(f"\tif (group_of[a] == {group}) {{")
            for at, width, key in self._pieces(group):
                lines.append(f"\t\tx = get_bits(s, block[a] + {at}, {width}) & {unsigned(key)};")
                lines.append(f"\t\ty = get_bits(s, block[b] + {at}, {width}) & {unsigned(key)};")
                lines.append("\t\tif (x != y) return x < y ? -1 : 1;")
            lines.append("\t}")
        lines += ["\tp = is_plain(s, a), q = is_plain(s, b);", "\tif (p != q) return p < q ? -1 : 1;"]
        for one, other in self._signature(self.arrangement.fixed):
            lines += [f"\tp = {one}, q = {other};", "\tif (p != q) return p < q ? -1 : 1;"]
        return [*lines, "\treturn 0;", "}", ""]

    def _is_plain(self) -> list[str]:
        lines = ["static int is_plain(const word *s, unsigned a)", "{", "\tconst unsigned b = 0;"]
        for group in range(len(self.arrangement.groups)):
            tests = []
            for at, width, key in self._pieces(group):
                renamed = ((1 << width) - 1) & ~key
                if renamed:
                    tests.append(f"(get_bits(s, block[a] + {at}, {width}) & {unsigned(renamed)})")
            if tests:
                lines.append(f"\tif (group_of[a] == {group} && ({' || '.join(tests)})) return 0;")
        for mine, _ in self._signature(self.arrangement.moving):
            lines.append(f"\tif ({mine}) return 0;")
        return [*lines, "\t(void)s; (void)a; (void)b;", "\treturn 1;", "}", ""]

    def _move_threads(self) -> list[str]:
        lines = [
            "static void move_threads(word *to, const word *s, const uint8_t *sources, const uint8_t *places)",
            "{",
        ]
        lines += ["\tval v;", "\tfor (unsigned i = 0; i < GROUPED; i++) {", "\t\tunsigned t = grouped[i];"]
        for group in range(len(self.arrangement.groups)):
            lines.append(f"\t\tif (group_of[t] == {group}) {{")
            for at, width, _ in self._pieces(group):
                source = f"get_bits(s, block[sources[t]] + {at}, {width})"
                lines.append(f"\t\t\tput_bits(to, block[t] + {at}, {width}, {source});")
            lines.append("\t\t}")
        lines.append("\t}")
        for bits in self.arrangement.owners:
            lines.append(f"\tv = {self._get('s', bits)};")
            put = self.words.put("to", Shift(bits.shift), bits.width, "(places[v - 1] + 1)")
            lines.append(f"\tif (v) {{ {' '.join(put)} }}")
        for number, share in enumerate(self.arrangement.shares):
            width = share[0].width
            put_all = f"put_bits(to, share{number}[places[t]], {width}, get_bits(s, share{number}[t], {width}));"
            lines.append(f"\tfor (unsigned t = 0; t < {len(share)}; t++) {put_all}")
        return [*lines, "\t(void)v; (void)places;", "}", ""]
