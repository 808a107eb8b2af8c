"""From a resolved page to plain Markdown: no directive, no role, nothing that only Sphinx understands.

Works on the docutils tree after all references, citations, numbers and glued values are resolved, so that a notebook
says exactly what the page says. A node that it does not know is an error: nothing is dropped in silence.
"""

from __future__ import annotations

import html
import re

from docutils import nodes

from unet_edu.course.assignment.editions import fenced, folded


class UnknownNode(Exception):
    """A kind of node for which there is no Markdown yet."""


class MarkdownWriter:
    """Writes nodes of one page as Markdown.

    Args:
        link: function from a reference node to an absolute URL, or ``None`` when the place it points to has no address
            outside the built site; such a reference is written as its text.
        number: function from a figure, table or exercise to what the text calls it ("Figure 2"), or ``""``.
        unfilled: write the parameters of exercises as ``@topic.slug.name@`` instead of their values.
    """

    def __init__(self, link=lambda node: None, number=lambda node: "", unfilled=False):
        self.link, self.number, self.unfilled = link, number, unfilled

    def _text_of(self, node) -> str:
        """What a node says, or what it says before the values of parameters are put in."""
        filled = isinstance(node, nodes.Text) or not self.unfilled or "unfilled" not in node
        return node.astext() if filled else node["unfilled"]

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
        text = self.inline(node)
        # "388. is ..." would open a list, "# ..." a heading
        return re.sub(r"^(\d+)([.)])(?=\s|$)|^([-+#>=~])", lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", text)

    def block_Text(self, node, depth):
        return self.inline(node)

    def block_inline(self, node, depth):
        return self.inline(node)

    def block_reference(self, node, depth):
        return self.inline_reference(node)

    def block_literal_block(self, node, depth):
        language = node.get("language", "")
        return fenced(self._text_of(node), "" if language in ("none", "default", "myst-ansi") else language)

    def block_math_block(self, node, depth):
        text = re.sub(r"\n\s*\n", "\n", node.astext().strip())
        if "\\\\" in text and "\\begin" not in text:  # as Sphinx does for the page
            text = f"\\begin{{split}}\n{text}\n\\end{{split}}"
        if node.get("number"):  # a tag may not stand beside an environment that numbers its own lines
            text = re.sub(r"\\(begin|end)\{(align|gather|alignat)\*?\}", r"\\\1{\2ed}", text)
            text += f" \\tag{{{node['number']}}}"
        return f"$$\n{text}\n$$"

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
            terms = [self.inline(child) for child in item.children if not isinstance(child, nodes.definition)]
            definitions = [
                self.blocks(child.children, depth) for child in item.children if isinstance(child, nodes.definition)
            ]
            out.append(f"**{', '.join(terms)}**  \n" + "\n\n".join(definitions))
        return "\n\n".join(out)

    def block_container(self, node, depth):
        if node.get("nb_element"):
            raise UnknownNode("a code cell inside another block: it would be lost, so it stands at the outermost level")
        return self.blocks(node.children, depth)

    block_glossary = block_compound = block_container

    def block_block_quote(self, node, depth):
        return self._quote(self.blocks(node.children, depth))

    block_attribution = block_paragraph

    def _quote(self, text):
        return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))

    def block_Admonition(self, node, depth):
        """Notes, tips, exercises: a quote that opens with its title in bold."""
        children = list(node.children)
        title = {"seealso": "See also"}.get(type(node).__name__, type(node).__name__.capitalize())
        if children and isinstance(children[0], nodes.title):
            title = self.inline(children.pop(0))
        return self._quote(f"**{title}**\n\n{self.blocks(children, depth)}")

    block_sidebar = block_Admonition  # also {margin}

    def block_topic(self, node, depth):
        """A list of what the page holds ({contents}), or another aside: its title in bold, then what is in it."""
        children = list(node.children)
        title = f"**{self.inline(children.pop(0))}**" if children and isinstance(children[0], nodes.title) else ""
        return "\n\n".join(part for part in (title, self.blocks(children, depth)) if part)

    def block_exercise_enumerable_node(self, node, depth):  # sphinx-exercise
        titles = [
            self.inline(child).strip() for child in node.children if isinstance(child, nodes.title | nodes.subtitle)
        ]
        body = [child for child in node.children if not isinstance(child, nodes.title | nodes.subtitle)]
        title = " ".join([self.number(node) or "Exercise", *filter(None, titles)])
        return self._quote(f"**{title}**\n\n{self.blocks(body, depth)}")

    def block_figure(self, node, depth):
        pictures = [self.block(child, depth) for child in node.children if isinstance(child, nodes.image)]
        captions = [self.inline(child) for child in node.children if isinstance(child, nodes.caption)]
        legend = [self.blocks(child.children, depth) for child in node.children if isinstance(child, nodes.legend)]
        return "\n\n".join([*pictures[:1], *(self._caption(node, text) for text in captions), *legend])

    def _caption(self, node, text):
        return f"{f'**{self.number(node)}** ' if self.number(node) else ''}{text}"

    def block_caption(self, node, depth):  # of a code block
        return self.inline(node)

    def block_image(self, node, depth):
        url = self.link(node)
        alt = re.sub(r"([\\\[\]])", r"\\\1", node.get("alt", ""))
        return f"![{alt}]({url})" if url else f"*(Picture on the page: {alt})*"

    def block_table(self, node, depth):
        group = next(iter(node.findall(nodes.tgroup)))
        if any(entry.get("morecols") or entry.get("morerows") for entry in group.findall(nodes.entry)):
            raise UnknownNode("a table cell that spans several columns or rows")
        rows = [[self._cell(entry, depth) for entry in row.children] for row in group.findall(nodes.row)]
        if not any(isinstance(child, nodes.thead) for child in group.children):
            rows.insert(0, [""] * len(rows[0]))
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.insert(1, "|" + " --- |" * len(rows[0]))
        titles = [self.inline(child) for child in node.children if isinstance(child, nodes.title)]
        return "".join(self._caption(node, text) + "\n\n" for text in titles) + "\n".join(lines)

    def _cell(self, entry, depth):
        entry = entry.deepcopy()
        for formula in entry.findall(nodes.math):  # \\| is another sign in a formula
            formula.children = [nodes.Text(formula.astext().replace("|", r"\vert "))]
        return " ".join(self.blocks(entry.children, depth).split()).replace("|", "\\|")

    def block_transition(self, node, depth):
        return "---"

    def block_rubric(self, node, depth):
        return f"**{self.inline(node)}**"

    block_sd_tab_label = block_rubric  # sphinx-design: the tabs one below the other

    def block_footnote(self, node, depth):
        label = node.children[0].astext() if isinstance(node.children[0], nodes.label) else ""
        body = [child for child in node.children if not isinstance(child, nodes.label)]
        return f"[{label}] {self.blocks(body, depth)}"

    block_citation = block_footnote

    def block_dropdown_main(self, node, depth):  # sphinx-design
        children = list(node.children)
        title = (children.pop(0) if children else nodes.title("", "More")).deepcopy()
        for icon in list(title.findall(nodes.raw)):
            icon.parent.remove(icon)
        return folded(self._html(title), self.blocks(children, depth))

    def _html(self, node):
        """The words of a node where no Markdown is read; code as code, formulas as everywhere."""
        if isinstance(node, nodes.math):
            return f"${node.astext()}$"
        if isinstance(node, nodes.Text) or "unfilled" in node:
            text = html.escape(self._text_of(node), quote=False)
        else:
            text = "".join(map(self._html, node.children))
        return f"<code>{text}</code>" if isinstance(node, nodes.literal) else text

    def _nothing(self, node, depth=None):
        return ""

    block_comment = block_target = block_index = block_substitution_definition = block_toctree = _nothing
    block_system_message = block_meta = block_docinfo = block_sd_tab_input = _nothing

    def block_raw(self, node, depth=None):
        return node.astext() if "html" in node.get("format", "").split() else ""

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
        text = re.sub(r"&(?=#?\w+;)", "&amp;", text)
        text = re.sub(r"([\\`*$\[\]])", r"\\\1", text)
        text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text)
        return text.replace("<", "&lt;")

    def inline_emphasis(self, node):
        return f"*{self.inline(node)}*"

    inline_title_reference = inline_emphasis

    def inline_strong(self, node):
        return f"**{self.inline(node)}**"

    def inline_literal(self, node):
        text = self._text_of(node)
        fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
        pad = " " if re.search(r"^`|`$|^ .*[^ ].* $", text) else ""  # Markdown takes one space away at either side
        return f"{fence}{pad}{text}{pad}{fence}"

    def inline_math(self, node):
        return f"${node.astext()}$"

    def inline_reference(self, node):
        text = self.inline(node)
        url = node.get("refuri") if "://" in node.get("refuri", "") else self.link(node)
        if url and re.search(r"[\s()]", url):
            url = f"<{url}>"
        return f"[{text}]({url})" if url else text

    def inline_inline(self, node):
        return self._text_of(node) if "unfilled" in node else self.inline(node)

    inline_generated = inline_term = inline_inline

    def inline_abbreviation(self, node):
        return f'<abbr title="{html.escape(node.get("explanation", ""))}">{self.inline(node)}</abbr>'

    def inline_superscript(self, node):
        return f"<sup>{self.inline(node)}</sup>"

    def inline_subscript(self, node):
        return f"<sub>{self.inline(node)}</sub>"

    def inline_footnote_reference(self, node):
        """The number, with a link to the note on the page: a place in a notebook has no address in JupyterLab."""
        number, url = node.astext(), self.link(node)
        return f"[\\[{number}\\]]({url})" if url else f"[{number}]"

    def inline_image(self, node):
        return self.block_image(node, 0)

    def inline_raw(self, node):
        return "  \n" if "<br" in node.astext() else self.block_raw(node)

    def inline_target(self, node):
        return self.inline(node)

    inline_comment = inline_index = _nothing
