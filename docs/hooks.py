"""What MkDocs does here beyond its defaults.

Mathematics of the pages, `$…$` and `$$…$$`, becomes MathML when the guide is built: browsers need no script for it.
Headings have the anchors that GitHub gives them, so that the same links work in the repository.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from latex2mathml.converter import convert
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor

if TYPE_CHECKING:
    from markdown import Markdown

# Warnings of this logger fail a strict build.
LOG = logging.getLogger("mkdocs.hooks")

DISPLAYED = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
PRIMES = re.compile(r"('+)\^(?:\{([^{}]*)\}|(\w))|('{4,})")
INLINE = r"(?<![\\$])\$(?![\s$])([^$]*[^$\s\\])\$(?!\d)"


def joined(found: re.Match[str]) -> str:
    """Primes and a power, or four primes, as one superscript."""
    primes = r"\prime" * len(found[1] or found[4])
    return f"^{{{primes} {found[2] or found[3] or ''}}}"


def mathml(source: str, display: str) -> str:
    """One formula; what the converter does not know stays in its answer with a backslash."""
    # The converter knows the alignment of equations by another name.
    source = PRIMES.sub(joined, source.strip()).replace("{aligned}", "{align*}")
    answer = convert(source, display=display)
    if "\\" in answer or "&amp;" in answer or "merror" in answer:
        LOG.warning("formula not understood: %s", source)
    return answer


class Displayed(Preprocessor):
    """Formulas on lines of their own, before the lines are read as Markdown."""

    def run(self, lines: list[str]) -> list[str]:
        def stored(found: re.Match[str]) -> str:
            return f"\n\n{self.md.htmlStash.store(mathml(found[1], 'block'))}\n\n"

        return DISPLAYED.sub(stored, "\n".join(lines)).split("\n")


class Inline(InlineProcessor):
    """Formulas within a line; code in backticks is taken before."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override]  # noqa: N802
        return self.md.htmlStash.store(mathml(m[1], "inline")), m.start(0), m.end(0)


class Mathematics(Extension):
    """Both, after blocks of code are set aside."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        md.preprocessors.register(Displayed(md), "displayed-mathematics", 24)
        md.inlinePatterns.register(Inline(INLINE, md), "inline-mathematics", 185)


def anchor(title: str, separator: str) -> str:
    """The anchor of a heading: no punctuation, and a separator for each space."""
    return re.sub(r"\s", separator, re.sub(r"[^\w\s-]", "", title).strip().lower())


def on_config(config: Any) -> Any:
    """Called by MkDocs."""
    config.markdown_extensions.append(Mathematics())
    config.mdx_configs["toc"]["slugify"] = anchor
    return config
