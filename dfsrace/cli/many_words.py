# SPDX-License-Identifier: GPL-2.0-only
"""Options that take several words: `--protocol hook truncate_lock`, as well as `--protocol hook --protocol ...`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click


class ManyWords(click.Command):
    """A command without arguments of its own, whose options that may be repeated take all words that follow them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeats each such option before each of its words, and lets click go on."""
        names = [
            name
            for parameter in self.params
            if isinstance(parameter, click.Option) and parameter.multiple
            for name in parameter.opts
            if name.startswith("--")
        ]
        return super().parse_args(ctx, list(_repeated(args, frozenset(names))))


def _repeated(words: Iterable[str], names: frozenset[str]) -> Iterator[str]:
    """The words, one of these options before each that follows it. A usage error for one that nothing follows."""
    current, fresh = "", False
    for word in words:
        name, equals, _ = word.partition("=")
        if word.startswith("-") and word != "-":
            if current and fresh:
                raise click.BadOptionUsage(current, f"Option '{current}' requires an argument.")
            current, fresh = (name if name in names else ""), not equals
            yield word
        elif current and not fresh:
            yield current
            yield word
        else:
            yield word
            fresh = False
