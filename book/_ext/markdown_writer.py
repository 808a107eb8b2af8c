"""From a resolved page to plain Markdown: no directive, no role, nothing that only Sphinx understands.

Works on the docutils tree after all references, citations, numbers and glued values are resolved, so that a notebook
says exactly what the page says. A node that it does not know is an error: nothing is dropped in silence.
"""

from __future__ import annotations

import re

from docutils import nodes


class UnknownNode(Exception):
    """A kind of node for which there is no Markdown yet."""


class MarkdownWriter:
    """Writes nodes of one page as Markdown.

    Args:
        link: function from a reference node to an absolute URL, or ``None`` when the place it points to has no address
            outside the built site; such a reference is written as its text.
    """

    def __init__(self, link=lambda node: None):
        self.link = link

    # --- blocks -----------------------------------------------------------------------------------

    def block(self, node: nodes.Node, depth: int = 1) -> str:
        """Markdown of one block; ``depth`` is the level of the section that it stands in."""
        for kind in type(node).__mro__:
            method = getattr(self, f"block_{kind.__name__}", None)
            if method:
                return method(node, depth)
        raise UnknownNode(f"no Markdown for {node.__class__.__name__}: {node.astext()[:80]!r}")

    def blocks(self, children, depth: int = 1) -> str:
        parts = [self.block(child, depth) for child in children]
        return "\n\n".join(part for part in parts if part.strip())

    def block_title(self, node, depth):
        return "#" * min(depth, 6) + " " + self.inline(node)

    block_subtitle = block_title

    def block_section(self, node, depth):
        return self.blocks(node.children, depth + 1)

    def block_paragraph(self, node, depth):
        return self.inline(node)

    def block_Text(self, node, depth):
        return self.inline(node)

    def block_inline(self, node, depth):
        return self.inline(node)

    def block_reference(self, node, depth):
        return self.inline_reference(node)

    def block_literal_block(self, node, depth):
        text = node.astext()
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
        language = node.get("language", "")
        return f"{fence}{'' if language in ('none', 'default', 'myst-ansi') else language}\n{text}\n{fence}"

    def block_math_block(self, node, depth):
        number = f" \\tag{{{node['number']}}}" if node.get("number") else ""
        return f"$$\n{node.astext().strip()}{number}\n$$"

    def block_bullet_list(self, node, depth):
        return "\n".join(self._item(item, "- ", depth) for item in node.children)

    def block_enumerated_list(self, node, depth):
        start = node.get("start", 1)
        return "\n".join(self._item(item, f"{start + i}. ", depth) for i, item in enumerate(node.children))

    def _item(self, item, mark, depth):
        text = self.blocks(item.children, depth).replace("\n", "\n" + " " * len(mark))
        return mark + re.sub(r"[ ]+$", "", text, flags=re.M)

    def block_definition_list(self, node, depth):
        out = []
        for item in node.children:
            term, definition = item.children[0], item.children[-1]
            out.append(f"**{self.inline(term)}**  \n{self.blocks(definition.children, depth)}")
        return "\n\n".join(out)

    block_glossary = block_container = block_compound = lambda self, node, depth: self.blocks(node.children, depth)

    def block_block_quote(self, node, depth):
        return self._quote(self.blocks(node.children, depth))

    block_attribution = block_paragraph

    def _quote(self, text):
        return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))

    def block_Admonition(self, node, depth):
        """Notes, tips, exercises: a quote that opens with its title in bold."""
        children = list(node.children)
        title = type(node).__name__.capitalize()
        if children and isinstance(children[0], nodes.title):
            title = self.inline(children.pop(0))
        return self._quote(f"**{title}**\n\n{self.blocks(children, depth)}")

    def block_exercise_enumerable_node(self, node, depth):  # sphinx-exercise; its number is known to the page alone
        titles = [
            self.inline(child).strip() for child in node.children if isinstance(child, nodes.title | nodes.subtitle)
        ]
        body = [child for child in node.children if not isinstance(child, nodes.title | nodes.subtitle)]
        name = " ".join(title for title in titles if title).strip("() ")
        return self._quote(f"**Exercise{': ' + name if name else ''}**\n\n{self.blocks(body, depth)}")

    def block_figure(self, node, depth):
        pictures = [self.block(child, depth) for child in node.children if isinstance(child, nodes.image)]
        caption = [self.inline(child) for child in node.children if isinstance(child, nodes.caption)]
        legend = [self.blocks(child.children, depth) for child in node.children if isinstance(child, nodes.legend)]
        return "\n\n".join([*pictures[:1], *(f"*{text}*" for text in caption), *legend])

    def block_image(self, node, depth):
        url = self.link(node)
        alt = node.get("alt", "")
        return f"![{alt}]({url})" if url else f"*(Picture on the page: {alt})*"

    def block_table(self, node, depth):
        group = next(iter(node.findall(nodes.tgroup)))
        rows = [
            [" ".join(self.blocks(entry.children, depth).split()).replace("|", "\\|") for entry in row.children]
            for row in group.findall(nodes.row)
        ]
        if not any(isinstance(child, nodes.thead) for child in group.children):
            rows.insert(0, [""] * len(rows[0]))
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.insert(1, "|" + " --- |" * len(rows[0]))
        title = [f"*{self.inline(child)}*\n\n" for child in node.children if isinstance(child, nodes.title)]
        return "".join(title) + "\n".join(lines)

    def block_transition(self, node, depth):
        return "---"

    def block_rubric(self, node, depth):
        return f"**{self.inline(node)}**"

    def block_footnote(self, node, depth):
        label = node.children[0].astext() if isinstance(node.children[0], nodes.label) else ""
        body = [child for child in node.children if not isinstance(child, nodes.label)]
        return f"[{label}] {self.blocks(body, depth)}"

    block_citation = block_footnote

    def block_details(self, title: str, body: str) -> str:
        """A folded part, in the HTML that notebooks and GitHub understand."""
        return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"

    def block_dropdown_main(self, node, depth):  # sphinx-design
        children = list(node.children)
        title = self.inline(children.pop(0)) if children else "More"
        return self.block_details(title, self.blocks(children, depth))

    def _nothing(self, node, depth=None):
        return ""

    block_comment = block_target = block_index = block_raw = block_substitution_definition = block_toctree = _nothing
    block_system_message = block_meta = block_docinfo = _nothing

    # --- inside a line ----------------------------------------------------------------------------

    def inline(self, node: nodes.Node) -> str:
        """Markdown of what stands inside a paragraph."""
        if isinstance(node, nodes.Text):
            return self.inline_Text(node)
        return "".join(self._inline_one(child) for child in node.children)

    def _inline_one(self, node):
        for kind in type(node).__mro__:
            method = getattr(self, f"inline_{kind.__name__}", None)
            if method:
                return method(node)
        raise UnknownNode(f"no inline Markdown for {node.__class__.__name__}: {node.astext()[:80]!r}")

    def inline_Text(self, node):
        text = node.astext().replace("\n", " ")
        text = re.sub(r"([\\`*$\[\]])", r"\\\1", text)
        text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text)
        return text.replace("<", "&lt;")

    def inline_emphasis(self, node):
        return f"*{self.inline(node)}*"

    inline_title_reference = inline_emphasis

    def inline_strong(self, node):
        return f"**{self.inline(node)}**"

    def inline_literal(self, node):
        text = node.astext()
        return f"`` {text} ``" if "`" in text else f"`{text}`"

    def inline_math(self, node):
        return f"${node.astext()}$"

    def inline_reference(self, node):
        text = self.inline(node)
        url = node.get("refuri") if "://" in node.get("refuri", "") else self.link(node)
        return f"[{text}]({url})" if url else text

    def inline_inline(self, node):
        return self.inline(node)

    inline_abbreviation = inline_generated = inline_term = inline_inline

    def inline_superscript(self, node):
        return f"<sup>{self.inline(node)}</sup>"

    def inline_subscript(self, node):
        return f"<sub>{self.inline(node)}</sub>"

    def inline_footnote_reference(self, node):
        return f"[{node.astext()}]"

    def inline_image(self, node):
        return self.block_image(node, 0)

    def inline_raw(self, node):
        return "  \n" if "<br" in node.astext() else ""

    def inline_target(self, node):
        return self.inline(node)

    inline_comment = inline_index = _nothing
