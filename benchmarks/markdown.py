# SPDX-License-Identifier: GPL-2.0-only
"""Figures as Markdown, for a README."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.profile import MEANINGS

TITLES = {
    "native 1": "dfsrace, 1 thread",
    "native all": "dfsrace, {threads} threads",
    "reference": "dfsrace, without a compiler",
    "spin by hand": "SPIN, written by hand",
    "spin export": "SPIN, our export",
    "spin reduction": "SPIN by hand, its default reduction",
    "spin collapse": "SPIN by hand, `-DCOLLAPSE`",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def of_pairs(results: Mapping[str, Any]) -> str:
    """The machine, then one table for each family and size."""
    parts = [machine(results["machine"])]
    for entry in results["pairs"]:
        constants = ", ".join(f"{name} {value}" for name, value in entry["constants"].items())
        parts.append(
            f"**{entry['family']} {entry['size']}** ({constants}): {entry['states']:,} states of {entry['bits']} bits, "
            f"{entry['transitions']:,} transitions"
        )
        parts.append(_pair(entry))
        parts.append(_below(entry))
    return "\n\n".join(parts) + "\n"


def machine(about: Mapping[str, Any]) -> str:
    """One paragraph."""
    said = [
        f"{about['cores']} cores of {about['processor']}" + (" (virtual machine)" if about["virtual"] else ""),
        ", ".join(about["caches"]),
        f"{about['memory_gib']} GiB of memory",
        f"{about['kernel']} (huge pages: {about['huge_pages']})",
        *(about[tool] for tool in ("cc", "tcc", "spin") if about.get(tool)),
        f"Python {about['python']}",
    ]
    return "; ".join(part for part in said if part) + "."


def _pair(entry: Mapping[str, Any]) -> str:
    base = next(row for row in entry["rows"] if row["contender"] == entry["ratios"]["against"])
    rows = []
    for row in entry["rows"]:
        ratio = entry["ratios"].get(row["contender"])
        speed = ratio["speed"] if ratio else base["seconds"] / row["seconds"]
        memory = ratio["memory"] if ratio else row["peak_bytes"] / base["peak_bytes"]
        rows.append(
            [
                TITLES[row["contender"]].format(threads=entry["threads"]),
                f"{row['seconds']:.2f}",
                f"{row['search_seconds']:.2f}" if ratio else "",
                f"{speed:.2f}",
                f"{ratio['search_speed']:.2f}" if ratio else "",
                f"{row['states_per_second'] / 1e6:.2f}",
                f"{row['transitions_per_second'] / 1e6:.2f}",
                *_memory(row, memory),
                f"{row['runs']}",
            ]
        )
    head = ["", "seconds", "search", "speed", "search's", "M states/s", "M transitions/s", "MiB", "memory"]
    head += ["bytes a state", "runs"]
    return table(head, rows)


def _memory(row: Mapping[str, Any], ratio: float) -> list[str]:
    """MiB, ratio, bytes a state; of what needs less than the bench itself only the first is known, as a bound."""
    mebibytes = f"{row['peak_bytes'] / (1 << 20):,.0f}"
    if row["peak_is_ours"]:
        return [f"< {mebibytes}", "", ""]
    return [mebibytes, f"{ratio:.2f}", f"{row['bytes_per_state']:.1f}"]


def _below(entry: Mapping[str, Any]) -> str:
    limit, compiling = entry["limit"], entry["compile_seconds"]
    against = TITLES[entry["ratios"]["against"]]
    tuned = ", ".join(f"{TITLES[name]} -w{t['width']} -m{t['depth']}" for name, t in entry["spin"].items())
    one, every, plain = (limit[key] / 1e6 for key in ("one_thread", "all_threads", "one_thread_plain"))
    said = [
        "Medians; seconds of the whole command, of which the search took `search`; peak of the process.",
        f"Speed (of the command, and of the search alone) and memory: against {against}, run by run.",
        f"Not counted: compiling, {compiling['ours']:.2f} s for ours and {compiling['spin']:.2f} s for SPIN's.",
        f"{tuned}.",
        f"Random insert-or-find on this machine, as many keys: {one:.0f} M/s on one thread ({plain:.0f} without",
        f"prefetch and huge pages), {every:.0f} M/s on {entry['threads']}; our transitions are",
        f"{limit['one_thread_reached']:.0%} and {limit['all_threads_reached']:.0%} of it.",
        *_profile(entry),
        f"Load of the machine: {entry['load']}; taken {entry['taken']}.",
    ]
    return " ".join(said)


def _profile(entry: Mapping[str, Any]) -> list[str]:
    """What is in the way: where the threads' time went."""
    found = []
    for key, threads in (("native 1", 1), ("native all", entry["threads"])):
        shares = entry.get("profile", {}).get(key, {})
        parts = sorted(shares.items(), key=lambda share: -share[1])
        said = ", ".join(f"{MEANINGS[name]} {share:.0%}" for name, share in parts if share >= 0.005)
        if said:
            found.append(f"Where the time of {_threads(threads)} goes: {said}.")
    return found


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def summary(results: Mapping[str, Any]) -> str:
    """The machine, and one row for each family and size: how many times faster than SPIN, in how much of its memory."""
    rows = []
    for entry in results["pairs"]:
        one, every = entry["ratios"]["native 1"], entry["ratios"]["native all"]
        by_name = {row["contender"]: row for row in entry["rows"]}
        ours, theirs = by_name["native 1"], by_name[entry["ratios"]["against"]]
        rows.append(
            [
                f"{entry['family']} {entry['size']}",
                f"{entry['states']:,}",
                str(entry["bits"]),
                f"{theirs['seconds']:.2f}",
                f"{ours['seconds']:.2f}",
                f"{by_name['native all']['seconds']:.2f}",
                f"{one['speed']:.1f}",
                f"{every['speed']:.1f}",
                "" if ours["peak_is_ours"] or theirs["peak_is_ours"] else f"{every['memory']:.2f}",
                "" if ours["peak_is_ours"] else f"{by_name['native all']['bytes_per_state']:.0f}",
            ]
        )
    threads = max((entry["threads"] for entry in results["pairs"]), default=1)
    head = ["", "states", "bits", "SPIN, s", "1 thread, s", f"{_threads(threads)}, s", "times SPIN, 1 thread"]
    head += [_threads(threads), "of SPIN's memory", "bytes a state"]
    return f"{table(head, rows)}\n\n{machine(results['machine'])} Whole commands, without reductions; medians.\n"


def of_latency(results: Mapping[str, Any]) -> str:
    """The machine and the table of small checks."""
    rows = [
        [row["what"], f"{row['seconds'] * 1000:.0f}", f"{row['more'] * 1000:+.0f}", f"{row['runs']}"]
        for row in results["rows"]
    ]
    head = [
        f"{results['model']}, {results['states']:,} states",
        "ms",
        "more than `python -c 'import click, rich'`, ms",
        "runs",
    ]
    return f"{machine(results['machine'])}\n\n{table(head, rows)}\n"


def of_growth(results: Mapping[str, Any]) -> str:
    """The machine and the table of sizes."""
    rows = []
    for row in results["rows"]:
        constants = ", ".join(f"{name} {value}" for name, value in row["constants"].items())
        states = f"{row['states']:,}" + ("" if row["complete"] else " and more")
        factor = f"{row['factor']:.1f}" if row["factor"] else ""
        rows.append([constants, states, factor, f"{row['transitions']:,}", f"{row['seconds']:.2f}", str(row["bits"])])
    head = ["truncate-count", "states", "times the one before", "transitions", "seconds", "bits a state"]
    return f"{machine(results['machine'])}\n\n{table(head, rows)}\n"
