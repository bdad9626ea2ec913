# SPDX-License-Identifier: GPL-2.0-only
"""DR1xx: files that cannot be read, text that is refused, and YAML that a model may not use."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.diagnostics.explanation import Explanation

FILES: Mapping[str, Explanation] = {
    "DR101": Explanation(
        "a file cannot be read",
        "A model and its includes are regular files. Folders, pipes, sockets and devices are refused before they are\n"
        "opened. A model may come from standard input, named by `-`.",
    ),
    "DR102": Explanation(
        "a file is no text",
        "Models are YAML in UTF-8. A zero byte, or a byte that is not UTF-8, means that this is something else: an\n"
        "object file, or text in an older encoding, which `iconv -t utf-8` converts.",
    ),
    "DR103": Explanation(
        "a file is empty",
        "A model has at least a title and threads; an included file has at least one section. A file of comments\n"
        "alone counts as empty.",
        "# nothing but a comment",
        "model: A title\nthreads:\n  cpu0: pass",
    ),
    "DR104": Explanation(
        "a file is too large",
        "A file may have 1 MiB and 50,000 values. No model that can be explored comes near; a file so large is an\n"
        "accident, or meant to keep the checker busy.",
    ),
    "DR105": Explanation(
        "a line is too long",
        "A line may have 10,000 characters. Write long code in a `|` block, where it may have many lines.",
    ),
    "DR106": Explanation(
        "nested too deep",
        "YAML, brackets, blocks of code and prefix operators may be nested 50 deep. Name the parts: split code into\n"
        "procedures and expressions into constants or locals.",
        "state:\n  x: 0.." + "(" * 51 + "1" + ")" * 51,
        "state:\n  x: 0..1",
    ),
    "DR107": Explanation(
        "a control character",
        "Control characters, other line ends than a line feed, and marks that change the direction of text can make\n"
        "a model look other than it is, and reach terminals through messages. Tabs and line feeds are allowed.",
        'about: "bell: \\a"',
        'about: "no bell"',
    ),
    "DR108": Explanation(
        "not YAML",
        "The text cannot be read as YAML 1.2. Common reasons: contents indented unlike; a text with `: ` or ` #` in\n"
        "it, or with a bracket or brace at its start, which must be quoted; a bracket or quote that is not closed; a\n"
        "tab used for indentation; code that does not stand in a block, which begins with `procedures: |`.",
        "about: a race: found in 2003",
        'about: "a race: found in 2003"',
    ),
    "DR109": Explanation(
        "a key is there twice",
        "YAML leaves open which of two equal keys counts, and many readers drop one silently. Here it is an error.",
        "constants:\n  PAGES: 1\n  PAGES: 2",
        "constants:\n  PAGES: 2",
    ),
    "DR110": Explanation(
        "an anchor or an alias",
        "Anchors (&name) and aliases (*name) are not part of the model language: a model should read from top to\n"
        "bottom. Use a constant, a named type, or a procedure. A text that begins with * or & is quoted.",
        "constants:\n  PAGES: &size 1",
        "constants:\n  PAGES: 1",
    ),
    "DR111": Explanation(
        "a tag",
        "Tags (!name, !!str) are not part of the model language: what a value means follows from where it stands. A\n"
        "text that begins with ! is quoted.",
        "constants:\n  PAGES: !!int 1",
        "constants:\n  PAGES: 1",
    ),
    "DR112": Explanation(
        "a merge key",
        "The merge key << is not part of the model language (nor of YAML 1.2). Pieces are put together by include.",
        "constants:\n  <<: {PAGES: 1}",
        "constants:\n  PAGES: 1",
    ),
    "DR113": Explanation(
        "several documents in one file",
        "One file is one model. Split the file where `---` begins the second document.",
        "about: one\n---\nabout: two",
        "about: one",
    ),
    "DR114": Explanation(
        "a YAML directive",
        "Models are always YAML 1.2, so %YAML says nothing; %TAG belongs to tags, which are not used.",
        "%YAML 1.2\n---\nabout: one",
        "about: one",
    ),
    "DR115": Explanation(
        "a key that is no name",
        "Every key is one plain text. A key that begins with a bracket is read as a list unless it is quoted.",
        "constants:\n  [A, B]: 1",
        "constants:\n  A: 1\n  B: 1",
    ),
    "DR116": Explanation(
        "no sections",
        "The top of a model is a mapping: lines like `model: A title`, `threads:` and so on.",
        "- model",
        "model: A title",
    ),
    "DR120": Explanation(
        "too much is included",
        "A model may include 100 files, and 4 MiB together.",
    ),
}
