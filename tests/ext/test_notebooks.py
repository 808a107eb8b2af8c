"""The notebooks that the build writes: clean Markdown, four editions, and they run."""

import base64
import importlib.util
import os
import re
import timeit
from pathlib import Path
from urllib.parse import unquote, urldefrag

import nbformat
import pytest
from bookkit import CHAPTERS, FRONT_MATTER, ROOT, FixtureBook, all_text, exercise_cell
from bs4 import BeautifulSoup
from docutils import nodes
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from nbclient import NotebookClient

from _ext import notebooks
from _ext.exercise_cells import parse_cell
from _ext.markdown_writer import MarkdownWriter, UnknownNode
from _ext.notebooks import EXPECTED, MAKE, PROBE, SETUP, assemble, colab_address, replace_notebooks
from unet_edu.course.registry import find

BASE = "https://example.org/book/"
EDITIONS = tuple(MAKE)
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")

CONSTRUCTS = (
    FRONT_MATTER
    + r"""
# Constructs: `code`, $x^2$ and *emphasis*

A word in *italics*, **bold**, `code`, ``a`b``, $a_1 \le b$, a [link](https://a.org/a_(b)), <https://a.org/x_y_z>, a
footnote[^one], x<sup>raw</sup>, under_score, \_private\_, 5 \$, [x], less < more, an entity &amp;lt; and a
backslash \\ too. First line\
second line. {term}`crop`, {abbr}`MAC (multiply-accumulate)`, 10{sup}`2`, x{sub}`3`, {kbd}`Ctrl`, {math}`y_1`.

See {ref}`here <second-part>`, {numref}`tab-sizes`, {numref}`fig-logo`, {eq}`eq-sum`, {cite}`someone2015`,
{doc}`02_code`.

388\. begins the sentence.

\# no heading

(second-part)=
## Second part

$$
a = b + c
$$ (eq-sum)

\begin{align}
a &= b \\
c &= d
\end{align}

$$
x = 1 \\
y = 2
$$

- one
- two
  - nested

    second paragraph

3. third
4. ```python
   code = "in list"
   ```

Term
: Definition *one*
: Definition two

> A quote
> of two lines

```{note}
A note with `code`.

- list
```

```{admonition} My *title*
:class: tip
Body
```

```{exercise} Predict the size (twice)
:label: ex.one

How large is $572 - 4$?
```

:::{dropdown} A hint on `size` < $n$
Think of *it*.
:::

```{table} Sizes | of
:name: tab-sizes

| a | b |
|---|:-:|
| 1 \| 2 | $\lvert x \rvert$ |
| `x\|y` | $\left\|x\right\|$ |
```

```python
print("plain ``` block")
```

```{code-block} python
:caption: A listing
x = 1
```

````{tab-set}
```{tab-item} First
first tab
```
````

```{figure} logo.png
:alt: The [logo] of "x"
:name: fig-logo

A caption with {cite:t}`someone2015` and $x$.

And a legend.
```

***

```{margin} In the margin
margin note
```

```{glossary}
crop
  To cut.
```

% a comment

### Third part

The end.

[^one]: The footnote with *emphasis*.
"""
)

EXERCISE = '''\
def crop(x, size):
    """Cut x.

    ```
    crop(x, 4)
    ```
    """
    ### BEGIN SOLUTION
    return x[:size]  # the secret
    ### END SOLUTION'''

LADDER = '''\
def crops(depth, kernel=3):
    """Crops for @convs@ convolutions a block."""
    ### BEGIN SOLUTION
    return (@convs@,)  # no right one
    ### END SOLUTION'''

CODE = (
    FRONT_MATTER
    + """
# Code

The answer is {glue:text}`answer`.

```{code-cell} ipython3
:tags: [remove-cell]
import os
from unet_edu.book import glue, show
glue("answer", 42)
```

Between.

```{code-cell} ipython3
value = 6 * 7
value
```

```{code-cell} ipython3
:tags: [hide-input]
# Draw the line
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(1, 1))
axes.plot([1, 2])
show(figure, alt="A line.", caption="Look at it.", name="fig-line")
```

{numref}`fig-line` is above.

```{code-cell} ipython3
---
tags: [hide-input]
mystnb: {code_prompt_show: "Show the list", code_prompt_hide: "Hide the list"}
---
# A list
list(range(3))
```

"""
    + exercise_cell("skip.crop", EXERCISE, fence="````")
    + """
```{exercise} The crops
:label: crop.ladder

Write `crops(depth)` for blocks of {param}`crop.ladder.convs` convolutions, `@convs@` in code.
```

````{hints} crop.ladder
- Begin at the bottom: {param}`crop.ladder.convs` convolutions.
- With `depth=1` and `convs=@convs@`, *one* number.
- A sketch:
  ```python
  side = @convs@ * ...   # a @ b is a product
  ```
````

"""
    + exercise_cell("crop.ladder", LADDER)
    + """
```{code-cell} ipython3
:tags: [remove-cell]
assert sorted(os.listdir()) == sorted(os.listdir())
```
"""
)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    pages = {"index": "# Book\n\nText.\n", "01_constructs": CONSTRUCTS, "02_code": CODE}
    pages["references"] = "# References\n\n```{bibliography}\n```\n"
    book = FixtureBook(tmp_path_factory.mktemp("notebooks") / "book", pages, baseurl=BASE)
    (book.root / "book" / "logo.png").write_bytes(PIXEL)
    done = book.build()
    assert done.returncode == 0, done.log
    return book


def folder(book, edition: str) -> Path:
    return book.html() / "notebooks" if edition == "reader" else book.html().parent / "notebooks" / edition


def read(book, name: str, edition: str = "reader"):
    return nbformat.read(folder(book, edition) / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def markdown(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


# --- the text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expected",
    [
        "# Constructs: `code`, $x^2$ and *emphasis*",
        "A word in *italics*, **bold**, `code`, ``a`b``, $a_1 \\le b$, a [link](<https://a.org/a_(b)>), "
        "[https://a.org/x_y_z](https://a.org/x_y_z), a "
        f"footnote[\\[1\\]]({BASE}book/01_constructs.html#one), x<sup>raw</sup>, under_score, \\_private\\_, "
        "5 \\$, \\[x\\], less &lt; more, an entity &amp;lt; and a backslash \\\\ too. First line  \nsecond line.",
        '<abbr title="multiply-accumulate">MAC</abbr>, 10<sup>2</sup>, x<sub>3</sub>, `Ctrl`, $y_1$.',
        f"See [here]({BASE}book/01_constructs.html#second-part), ",
        f"[Table 1]({BASE}book/01_constructs.html#tab-sizes), [Figure 1]({BASE}book/01_constructs.html#fig-logo)",
        f"[Code]({BASE}book/02_code.html).",
        "\n\n388\\. begins the sentence.\n\n\\# no heading\n\n",
        "## Second part",
        "$$\na = b + c \\tag{1}\n$$",
        "$$\n\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned} \\tag{2}\n$$",
        "$$\n\\begin{split}\nx = 1 \\\\\ny = 2\n\\end{split}\n$$",
        "- one\n- two\n\n  - nested\n\n    second paragraph",
        '3. third\n4. ```python\n   code = "in list"\n   ```',
        "**Term**  \nDefinition *one*\n\nDefinition two",
        "> A quote of two lines",
        "> **Note**\n>\n> A note with `code`.\n>\n> - list",
        "> **My *title***\n>\n> Body",
        "> **Exercise 1 (Predict the size (twice))**\n>\n> How large is $572 - 4$?",
        "<details>\n<summary>A hint on <code>size</code> &lt; $n$</summary>\n\nThink of *it*.\n\n</details>",
        "**Table 1** Sizes | of\n\n| a | b |\n| --- | --- |\n| 1 \\| 2 | $\\lvert x \\rvert$ |\n"
        "| `x\\|y` | $\\left\\vert x\\right\\vert $ |",
        '````python\nprint("plain ``` block")\n````',
        "A listing\n\n```python\nx = 1\n```",
        "**First**\n\nfirst tab",
        f'![The \\[logo\\] of "x"]({BASE}_images/logo.png)\n\n**Figure 1** A caption with ',
        "and $x$.\n\nAnd a legend.",
        "\n\n---\n\n",
        "> **In the margin**\n>\n> margin note",
        "**crop**  \nTo cut.",
        "### Third part",
        "[1] The footnote with *emphasis*.",
    ],
    ids=lambda text: re.sub(r"[^\w ]", "", text.strip())[:24],
)
def test_constructs(book, expected):
    assert expected in markdown(read(book, "01_constructs"))


def test_prose_says_what_the_page_says(book):
    """Words and numbers in page order; the notebook leaves no paragraph out."""
    page = BeautifulSoup((book.html() / "book" / "02_code.html").read_text("utf-8"), "html.parser")
    found = [p for p in page.select("article section > p") if not p.find_parent(class_="exercise")]
    wanted = [" ".join(p.get_text().split()) for p in found]
    assert wanted == ["The answer is 42.", "Between.", "Figure 2 is above."]
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", markdown(read(book, "02_code")))
    places = [text.index(paragraph) for paragraph in wanted]
    assert places == sorted(places)


def only_sphinx_understands(text: str) -> list[str]:
    """Roles, directives, targets, comments and substitutions of MyST in ``text`` outside its code."""
    text = re.sub(r"^(`{3,})(?!\{)[^`\n]*\n.*?^\1$", "", text, flags=re.M | re.S)
    patterns = [
        r"\{[\w:+-]+\}`[^`]*`",
        r"^[>\s]*(?:`{3,}|~{3,}|:{3,})\s*\{.*$",
        r"^[>\s]*:::.*$",
        r"^\([\w-]+\)=",
        r"^%.*$",
        r"\{\{.*?\}\}",
        r"^:\w+:.*$",
        r"^```$(?=\n:\w+:)",
    ]
    return [match for pattern in patterns for match in re.findall(pattern, text, re.M)]


@pytest.mark.parametrize(
    "text",
    ["{glue:text}`a`", "```{note}\nx\n```", "> ```{note}", ":::{tip}", ":::", "(label)=", "% c", "{{ x }}", ":name: x"],
)
def test_the_check_finds_what_it_looks_for(text):
    assert only_sphinx_understands(f"before\n\n{text}\n\nafter")
    assert not only_sphinx_understands("Set $\\{x\\}$ and `{a: 1}` or {x}.\n\n````md\n```{note}\n```\n````\n")


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("name", ["01_constructs", "02_code"])
def test_nothing_that_only_sphinx_understands(book, name, edition):
    assert only_sphinx_understands(markdown(read(book, name, edition))) == []


def test_every_link_into_the_site_has_a_target(book):
    text = markdown(read(book, "01_constructs"))
    links = re.findall(r"\]\(<?([^)>\s]+)>?\)", text)
    inside = {link for link in links if link.startswith(BASE)}
    assert len(inside) >= 6
    assert not [link for link in links if "://" not in link], "a relative link leads nowhere from Colab"
    for link in inside:
        address, anchor = urldefrag(link.removeprefix(BASE))
        target = book.html() / unquote(address)
        assert target.is_file(), link
        assert not anchor or f'id="{anchor}"' in target.read_text("utf-8"), link


# --- the writer, for all texts -----------------------------------------------------------------------

RENDER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TEXT = st.text("ab1 2.)(*_`$[]<>&;#-+=~|!\\{}:\"'/^%é", min_size=1, max_size=40).map(
    lambda text: " ".join(text.split())
)


def write(*children) -> str:
    return MarkdownWriter().block(nodes.paragraph("", "", *children))


@settings(derandomize=True, deadline=None, max_examples=500)
@given(TEXT.filter(bool))
def test_any_text_is_one_paragraph_that_reads_as_the_text(text):
    html = BeautifulSoup(RENDER.render(write(nodes.Text(text))), "html.parser")
    assert [tag.name for tag in html.find_all(True)] == ["p"]
    assert " ".join(html.get_text().split()) == text


@settings(derandomize=True, deadline=None, max_examples=300)
@given(TEXT.filter(bool), st.sampled_from(["", " "]), st.sampled_from(["", " "]))
def test_any_code_in_a_line_stays_that_code(text, left, right):
    code = f"{left}{text}{right}"
    html = BeautifulSoup(
        RENDER.render(write(nodes.Text("a "), nodes.literal("", code), nodes.Text(" b"))), "html.parser"
    )
    assert [tag.get_text() for tag in html.find_all("code")] == [code]


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(TEXT, min_size=1, max_size=5).map("\n".join).map(str.rstrip).filter(bool))
def test_any_code_block_stays_that_block(code):
    block = nodes.literal_block(code, code, language="python")
    html = BeautifulSoup(RENDER.render(MarkdownWriter().block(block)), "html.parser")
    assert [tag.name for tag in html.find_all(True)] == ["pre", "code"]
    assert html.get_text().rstrip("\n") == code


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(TEXT.filter(bool), min_size=2, max_size=4))
def test_any_table_keeps_its_cells(cells):
    row = nodes.row("", *(nodes.entry("", nodes.paragraph("", "", nodes.Text(cell))) for cell in cells))
    table = nodes.table("", nodes.tgroup("", nodes.thead("", row.deepcopy()), nodes.tbody("", row)))
    html = BeautifulSoup(RENDER.render(MarkdownWriter().block(table)), "html.parser")
    for kind in ("th", "td"):
        assert [" ".join(tag.get_text().split()) for tag in html.find_all(kind)] == cells


def test_a_list_of_contents_keeps_its_title_and_its_entries():
    entries = [nodes.list_item("", nodes.paragraph(text=text)) for text in ("Sizes", "Labels")]
    topic = nodes.topic("", nodes.title(text="On this page"), nodes.bullet_list("", *entries), classes=["contents"])
    assert MarkdownWriter().block(topic) == "**On this page**\n\n- Sizes\n- Labels"


def test_unknown_nodes_are_errors():
    class Strange(nodes.General, nodes.Element):
        pass

    class StrangeInline(nodes.Inline, nodes.Element):
        pass

    with pytest.raises(UnknownNode, match="Strange"):
        MarkdownWriter().block(nodes.block_quote("", Strange()))
    with pytest.raises(UnknownNode, match="StrangeInline"):
        write(nodes.emphasis("", "", StrangeInline()))
    spanning = nodes.entry("", nodes.paragraph("", "wide"), morecols=1)
    table = nodes.table("", nodes.tgroup("", nodes.tbody("", nodes.row("", spanning))))
    with pytest.raises(UnknownNode, match="several columns"):
        MarkdownWriter().block(table)
    cell = nodes.container("", nb_element="cell_code")
    with pytest.raises(UnknownNode, match="code cell inside"):
        MarkdownWriter().block(nodes.block_quote("", cell))


# --- the notebooks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("name", ["01_constructs", "02_code"])
def test_valid_without_outputs_and_with_a_set_up_cell(book, name, edition):
    check_notebook(folder(book, edition) / f"{name}.ipynb")


def check_notebook(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", cell_id) for cell_id in ids)
    assert all(cell_id.startswith(path.stem) for cell_id in ids), "ids derive from the chapter"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert code[0].source.startswith("#@title Set-up")
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata


def test_two_builds_write_the_same_notebooks(book):
    before = {path: path.read_bytes() for path in book.root.glob("_build/**/notebooks/**/*.ipynb")}
    assert len(before) == 2 * len(EDITIONS)
    assert book.build().returncode == 0
    assert {path: path.read_bytes() for path in before} == before


# --- what somebody wrote into them -------------------------------------------------------------------


def notebooks_of(book, edition="reader"):
    return sorted(path.name for path in folder(book, edition).glob("*.ipynb"))


def write_answer(path):
    """As a reader does: a changed cell, saved."""
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.source.startswith("value = ")).source = "value = 43  # mine"
    nbformat.write(notebook, path)
    return path.read_bytes()


def test_an_untouched_notebook_is_replaced_and_what_a_reader_wrote_is_kept(book):
    """Over builds that write nothing else anew, and in the students' edition, too."""
    names = ["01_constructs.ipynb", "02_code.ipynb"]
    assert notebooks_of(book) == notebooks_of(book, "student") == names
    built = {edition: (folder(book, edition) / "02_code.ipynb").read_bytes() for edition in EDITIONS}
    wrote = [write_answer(folder(book, edition) / "02_code.ipynb") for edition in ("reader", "student")]
    done = book.build()
    assert done.returncode == 0, done.log
    assert (
        done.log.count("02_code.ipynb was changed since it was built: that version is kept as 02_code.yours.ipynb") == 2
    )
    again = write_answer(folder(book, "reader") / "02_code.ipynb")
    assert book.build().returncode == 0
    assert notebooks_of(book) == [*names[:1], "02_code.ipynb", "02_code.yours-2.ipynb", "02_code.yours.ipynb"]
    assert notebooks_of(book, "student") == [*names, "02_code.yours.ipynb"]
    kept = [folder(book, edition) / "02_code.yours.ipynb" for edition in ("reader", "student")]
    kept.append(folder(book, "reader") / "02_code.yours-2.ipynb")
    assert [path.read_bytes() for path in kept] == [*wrote, again]
    assert {edition: (folder(book, edition) / "02_code.ipynb").read_bytes() for edition in EDITIONS} == built
    for path in kept:
        path.unlink()


def test_the_course_edition_keeps_what_a_reader_wrote_and_holds_no_solution(book):
    place = book.html("course") / "notebooks"
    assert book.build("course").returncode == 0
    mine = write_answer(place / "02_code.ipynb")
    done = book.build("course")
    assert done.returncode == 0, done.log
    assert "that version is kept as 02_code.yours.ipynb" in done.log
    assert (place / "02_code.yours.ipynb").read_bytes() == mine
    assert sorted(path.name for path in place.glob("*")) == [
        "01_constructs.ipynb", "02_code.ipynb", "02_code.yours.ipynb",
    ]  # fmt: skip
    assert [name for name, data in all_text(book.html("course")).items() if b"the secret" in data] == []


def test_a_build_after_one_that_was_broken_off_keeps_what_a_reader_wrote(book):
    mine = write_answer(folder(book, "reader") / "02_code.ipynb")
    (book.html().parent / ".unet_build_unfinished").touch()
    done = book.build()
    assert done.returncode == 0, done.log
    assert "every page is written anew" in done.log
    kept = folder(book, "reader") / "02_code.yours.ipynb"
    assert kept.read_bytes() == mine
    assert notebooks_of(book) == ["01_constructs.ipynb", "02_code.ipynb", kept.name]
    kept.unlink()


@pytest.fixture
def shelf(tmp_path):
    """A folder of two notebooks as a build left them: (texts by path, the record)."""
    texts = {tmp_path / "html" / f"{name}.ipynb": nbformat.writes(plain(name)) + "\n" for name in ("a", "b")}
    assert replace_notebooks(texts, tmp_path / "record") == {}
    return texts, tmp_path / "record"


def plain(text):
    return MAKE["reader"](assemble([("code", text, {})], "03_arithmetic", "setup"))


def with_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="said")]
    nbformat.write(notebook, path)


def with_a_kernel_s_name(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.language_info = {"name": "python", "version": "3.13.1"}
    nbformat.write(notebook, path)


@pytest.mark.parametrize("change", [with_outputs, with_a_kernel_s_name, lambda path: path.write_text("torn")])
@pytest.mark.parametrize("known", [True, False], ids=["record", "no-record"])
def test_whatever_is_not_as_the_build_left_it_is_kept(shelf, change, known):
    """Without a record too, of an earlier edition of the build, where a kernel has left its traces."""
    texts, record = shelf
    path = next(iter(texts))
    change(path)
    mine = path.read_bytes()
    if not known:
        record.unlink()
    assert replace_notebooks(texts, record) == {path: path.with_name("a.yours.ipynb")}
    assert path.with_name("a.yours.ipynb").read_bytes() == mine
    assert {each: each.read_text("utf-8") for each in texts} == texts
    assert replace_notebooks(texts, record) == {}, "what is kept is left alone"
    assert len(list(path.parent.iterdir())) == 3


@pytest.mark.parametrize("known", [True, False], ids=["record", "no-record"])
def test_an_untouched_notebook_gives_way_to_a_new_edition(shelf, known):
    texts, record = shelf
    if not known:
        record.unlink()
    newer = {path: text.replace('"b"', '"c"') for path, text in texts.items()}
    assert newer != texts
    assert replace_notebooks(newer, record) == {}
    assert {path: path.read_text("utf-8") for path in newer} == newer


def test_of_a_chapter_that_is_gone_only_somebody_s_work_stays(shelf):
    texts, record = shelf
    gone, stays = texts
    (gone.parent / "own.ipynb").write_text(texts[gone].replace('"a"', '"mine"'))
    (gone.parent / "numbers.csv").write_text("1")
    assert replace_notebooks({stays: texts[stays]}, record) == {}
    assert sorted(path.name for path in gone.parent.iterdir()) == ["b.ipynb", "numbers.csv", "own.ipynb"]
    with_outputs(stays)
    other = gone.with_name("c.ipynb")
    assert replace_notebooks({other: texts[gone]}, record) == {}
    assert stays in gone.parent.iterdir(), "a chapter that was worked in and is gone"


def test_a_build_that_is_broken_off_takes_nothing_of_its_own_for_somebody_s_work(shelf, monkeypatch):
    texts, record = shelf
    newer = {path: text.replace("03_arithmetic", "04_blocks") for path, text in texts.items()}
    whole, written = notebooks.written_whole, []

    def stop_at_the_second(path):
        written.append(path)
        if len(written) == 3:
            raise KeyboardInterrupt
        return whole(path)

    monkeypatch.setattr(notebooks, "written_whole", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        replace_notebooks(newer, record)
    assert sorted(path.read_text("utf-8") in newer.values() for path in newer) == [False, True]
    monkeypatch.undo()
    assert replace_notebooks(texts, record) == {}
    assert sorted(path.name for path in next(iter(texts)).parent.iterdir()) == ["a.ipynb", "b.ipynb"]


# --- the cells ---------------------------------------------------------------------------------------


def test_code_cells_in_page_order_without_the_solution(book):
    for edition in EDITIONS:
        code = [cell.source for cell in read(book, "02_code", edition).cells if cell.cell_type == "code"]
        parts = r"glue\(|6 \* 7|Draw|list\(range|def crops?\(|check\(|listdir"
        found = [re.search(parts, source)[0] for source in code[1:]]
        wanted = ["glue(", "6 * 7", "Draw", "list(range", "def crop(", "def crops(", "check(", "listdir"]
        assert found == [what for what in wanted if what != "check(" or edition != "source"]
        assert "exercise-solution" not in str(read(book, "02_code", edition))


@pytest.mark.parametrize("edition", EDITIONS)
def test_cells_that_the_page_hides_are_folded_and_so_is_the_set_up(book, edition):
    """Below the title that the page has for it; of a cell that the page does not show, the first comment."""
    code = [cell for cell in read(book, "02_code", edition).cells if cell.cell_type == "code"]
    titles = ["Set-up: run this first", "Code of the figure or numbers", "Draw the line", "Show the list"]
    folded = [cell for cell in code if cell.source.startswith("#@title")]
    assert [cell.source.split("\n")[0] for cell in folded] == [
        f"#@title {title}" for title in [*titles, "Code of the figure or numbers"]
    ]
    for cell in code:
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert hidden == (cell.metadata.get("cellView") == "form") == (cell in folded), cell.source


def test_a_folded_cell_has_the_title_that_the_page_prints(book):
    page = BeautifulSoup((book.html() / "book" / "02_code.html").read_text("utf-8"), "html.parser")
    printed = [" ".join(part.get_text().split()) for part in page.select("details > summary")]
    assert any("Show the list" in words for words in printed)


def test_exercises_have_the_numbers_of_the_page(book):
    for name in ("01_constructs", "02_code"):
        page = BeautifulSoup((book.html() / "book" / f"{name}.html").read_text("utf-8"), "html.parser")
        printed = [" ".join(title.get_text().split()) for title in page.select(".exercise .admonition-title")]
        assert len(printed) == 1
        assert re.match(r"Exercise [12] \(", printed[0])
        for edition in EDITIONS:
            assert re.findall(r"^> \*\*(Exercise.*)\*\*$", markdown(read(book, name, edition)), re.M) == printed


def exercise(source=EXERCISE, grade_id="skip.crop"):
    return parse_cell(exercise_cell(grade_id, source, "````").split("\n", 1)[1].rsplit("````", 1)[0], "page.md")


def test_editions_of_an_exercise(book):
    """The reader folds the solution, the student has no trace of it, the instructor has the cell as written."""
    texts = {edition: (folder(book, edition) / "02_code.ipynb").read_text("utf-8") for edition in EDITIONS}
    assert {edition: "the secret" in text for edition, text in texts.items()} == {
        "reader": True,
        "student": False,
        "instructor": True,
        "source": True,
    }
    assert {edition: "BEGIN SOLUTION" in text for edition, text in texts.items()} == {
        "reader": False,
        "student": False,
        "instructor": True,
        "source": True,
    }
    for edition in EDITIONS:
        grade_id = "skip.crop" if edition == "source" else "skip-crop"
        (cell,) = [
            cell for cell in graded(read(book, "02_code", edition)) if cell.metadata.nbgrader.grade_id == grade_id
        ]
        assert cell.source == (EXERCISE if edition in ("instructor", "source") else exercise().stub)


def graded(notebook):
    return [cell for cell in notebook.cells if "nbgrader" in cell.metadata]


def after(notebook, start):
    """The cell whose source begins with `start`, and those after it."""
    (place,) = [number for number, cell in enumerate(notebook.cells) if cell.source.startswith(start)]
    return notebook.cells[place:]


def test_a_cell_below_the_stub_checks_it_and_can_be_run_alone(book):
    for edition in ("reader", "student", "instructor"):
        stub, check, *_ = after(read(book, "02_code", edition), "def crops(")
        assert check.source == 'from unet_edu.course import check\n\ncheck("crop.ladder", crops)'
        assert ("nbgrader" in check.metadata) == (edition != "reader")
    assert check.metadata.nbgrader == {
        "grade": True,
        "grade_id": "crop-ladder-check",
        "locked": True,
        "points": find("crop.ladder").points,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


def test_an_exercise_that_nobody_knows_is_not_checked(book):
    assert 'check("skip.crop"' not in str(read(book, "02_code"))


def test_the_reader_s_solution_comes_after_the_check(book):
    stub, check, solution, *_ = after(read(book, "02_code"), "def crops(")
    assert (check.cell_type, solution.cell_type) == ("code", "markdown")
    assert "Show the solution" in solution.source
    assert "return (2,)" in solution.source


def test_parameters_have_the_book_s_values_everywhere_but_in_the_source(book):
    for edition in EDITIONS:
        notebook = read(book, "02_code", edition)
        text = "\n".join(cell.source for cell in notebook.cells)
        if edition == "source":
            assert "for blocks of @crop.ladder.convs@ convolutions, `@crop.ladder.convs@` in code" in text
            assert "`convs=@crop.ladder.convs@`" in text
            assert "side = @crop.ladder.convs@ * ...   # a @ b is a product" in text
            assert "return (@convs@,)" in text
        else:
            assert "for blocks of 2 convolutions, `2` in code" in text
            assert "`convs=2`" in text
            assert "side = 2 * ...   # a @ b is a product" in text
            assert "Crops for 2 convolutions a block" in text
            assert "@crop" not in text
            assert "@convs@" not in text


def test_hints_are_folded_and_points_are_told(book):
    text = markdown(read(book, "02_code", "student"))
    prompt, *hints = text.split("<details>\n<summary>Hint ")
    assert prompt.rstrip().endswith("> 4 points, about 15 minutes")
    assert [hint.split("</summary>")[0] for hint in hints] == ["1: the idea", "2: the shape", "3: a sketch"]
    assert (
        hints[1].split("</summary>")[1].split("</details>")[0].strip() == "With `depth=1` and `convs=2`, *one* number."
    )


def test_students_are_told_at_the_top_how_to_hand_in(book):
    top = read(book, "02_code", "student").cells[0].source
    for words in ("Save a copy in Drive", "Download .ipynb", "Keep\n> the names"):
        assert words in top
    assert "Save a copy" not in str(read(book, "02_code"))


def test_the_folded_solution_survives_backticks_in_it(book):
    folded = after(read(book, "02_code"), "def crop(")[1]
    assert f"````python\n{exercise().solution}\n````" in folded.source


def pieces(**changes):
    content = {"text": "# Title", "code": "x = 1", "exercise": exercise()} | changes
    return [
        ("text", content["text"]),
        ("code", content["code"], {}),
        ("exercise", content["exercise"]),
        ("text", "end"),
    ]


def test_ids_stay_when_the_text_changes():
    for edition in EDITIONS:
        before = MAKE[edition](assemble(pieces(), "03_arithmetic", "setup"))
        changed = MAKE[edition](assemble(pieces(text="# Another", code="y = 2"), "03_arithmetic", "set-up"))
        assert [cell.id for cell in before.cells] == [cell.id for cell in changed.cells]


def test_an_exercise_keeps_its_id_wherever_it_stands():
    first = MAKE["student"](assemble(pieces(), "03_arithmetic", "setup"))
    moved = MAKE["student"](assemble(pieces()[2:], "03_arithmetic", "setup"))
    assert [cell.id for cell in graded(first)] == [cell.id for cell in graded(moved)] != []


@pytest.mark.parametrize("length", [20, 40, 50, 64, 100])
def test_long_names_make_ids_that_are_short_enough_and_differ(length):
    names = [f"topic.{'long_' * 30}"[:length] + end for end in ("a", "b")]
    many = [("exercise", exercise(grade_id=name)) for name in names]
    ids = [cell.id for cell in MAKE["reader"](assemble(many, "03_arithmetic", "setup")).cells]
    assert len(set(ids)) == len(ids) == 5
    assert all(len(cell_id) <= 64 for cell_id in ids)


# --- they run ----------------------------------------------------------------------------------------


def test_the_student_s_notebook_runs_with_its_stubs_unfilled(book, tmp_path):
    """From an empty folder, as after a download: nothing stands beside it but what it brings."""
    notebook = read(book, "02_code", "student")
    NotebookClient(
        notebook,
        timeout=600,
        startup_timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    assert os.listdir(tmp_path) == []
    (result,) = [cell for cell in notebook.cells if cell.source == "value = 6 * 7\nvalue"]
    assert result.outputs[0]["data"]["text/plain"] == "42"
    (checked,) = [cell for cell in notebook.cells if cell.source.endswith('check("crop.ladder", crops)')]
    assert "not written yet" in checked.outputs[0]["text"]
    (picture,) = [cell for cell in notebook.cells if cell.source.startswith("#@title Draw")]
    assert 'alt="A line."' in picture.outputs[0]["data"]["text/html"]


class FakeShell:
    def __init__(self):
        self.magics = []

    def run_line_magic(self, name, line, **_):
        self.magics.append((name, line))


def run_set_up(monkeypatch, wheel, installed, version="0.0.1", expected="", flops=1e11):
    """Run the first cell where the package is or is not installed; returns the magics it called."""
    from IPython.core.inputtransformer2 import TransformerManager

    from unet_edu import device

    found = importlib.util.find_spec
    monkeypatch.setattr(device, "describe", lambda: "a device")
    monkeypatch.setattr(device, "best_device", lambda: "the best")
    monkeypatch.setattr(device, "flops", {"the best": flops}.get)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: found(name, *rest) if installed or name != "unet_edu" else None
    )
    shell = FakeShell()
    source = SETUP.format(wheel=wheel, version=version, expected=expected)
    exec(TransformerManager().transform_cell(source), {"get_ipython": lambda: shell})
    return shell.magics


def test_set_up_installs_the_wheel_of_the_same_site_where_the_package_is_missing(monkeypatch, capsys):
    wheel = f"{BASE}wheels/unet_edu-0.1.0-py3-none-any.whl"
    ((magic, line),) = run_set_up(monkeypatch, wheel, installed=False)
    assert magic == "pip"
    assert line.split()[0] == "install"
    assert line.split()[-1].strip("\"'") in (wheel, "{WHEEL}")
    assert capsys.readouterr().out.strip().endswith("a device")


@pytest.mark.parametrize(
    ("flops", "python", "share", "seconds"),
    [
        (1e11, 0.01, 0.5, 20),
        (5e10, 0.01, 0.5, 30),
        (5e10, 0.01, 0.0, 20),
        (5e10, 0.02, 0.5, 40),
        (1e11, 0.03, 0.0, 60),
        (1e15, 0.01, 0.5, 10),
        (1e15, 0.01, 1.0, 5),
        (1e10, 0.01, 1.0, 200),
    ],
)
def test_set_up_expects_a_time_from_the_speed_of_this_machine(monkeypatch, capsys, flops, python, share, seconds):
    """Twenty seconds where Python took 0.01 and convolutions ran at 100 GFLOP/s: each share goes with its own speed."""
    monkeypatch.setattr(timeit, "repeat", lambda *_, **__: [9, python, 9])
    expected = EXPECTED.format(seconds=20, python=0.01, speed=1e11, share=share, probe=PROBE)
    run_set_up(monkeypatch, f"{BASE}wheels/x.whl", installed=True, expected=expected, flops=flops)
    said = capsys.readouterr().out.strip().splitlines()
    wanted = f"This notebook took 20 seconds where the book was built; expect about {seconds} here."
    assert said == ["a device", wanted]


def test_a_notebook_of_a_page_that_was_not_measured_tells_what_the_build_took(book):
    source = read(book, "02_code").cells[0].source
    assert re.search(r"Where this book was built, this notebook took \d*[05] seconds\.", source)


def test_set_up_changes_nothing_where_the_package_is_installed(monkeypatch):
    assert run_set_up(monkeypatch, f"{BASE}wheels/x.whl", installed=True) == []


def test_set_up_says_what_to_do_when_the_site_does_not_know_its_address(monkeypatch):
    with pytest.raises(ModuleNotFoundError, match=r"html.baseurl.*pip install x\.whl"):
        run_set_up(monkeypatch, "x.whl", installed=False)


@pytest.mark.parametrize(
    ("installed", "needed", "older"),
    [
        ("0.1.0", "0.1.0", False),
        ("0.2.0", "0.1.9", False),
        ("0.10.0", "0.9.0", False),
        ("1.0", "0.9.1", False),
        ("0.1.0", "0.1.1", True),
        ("0.9.0", "0.10.0", True),
        ("0.1", "0.1.1", True),
    ],
)
def test_set_up_warns_of_an_older_package_and_says_how_to_upgrade(monkeypatch, capsys, installed, needed, older):
    import unet_edu

    monkeypatch.setattr(unet_edu, "__version__", installed)
    assert run_set_up(monkeypatch, f"{BASE}wheels/x.whl", installed=True, version=needed) == []
    said = capsys.readouterr().out
    assert (f"%pip install --upgrade {BASE}wheels/x.whl" in said) == older
    assert ("restart the kernel" in said) == older
    assert (installed in said and needed in said) == older


def test_the_set_up_cell_names_the_wheel_that_lies_in_the_site(book):
    source = read(book, "02_code").cells[0].source
    (wheel,) = (book.html() / "wheels").iterdir()
    assert f'WHEEL, NEEDED = "{BASE}wheels/{wheel.name}", "{wheel.name.split("-")[1]}"' in source


# --- the book's own notebooks, once it is built ------------------------------------------------------

BUILT = sorted(path for path in (ROOT / "_build" / "html" / "notebooks").glob("*.ipynb") if "." not in path.stem)
OTHER_EDITIONS = sorted((ROOT / "_build" / "notebooks").glob("*/*.ipynb"))


@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.stem)
def test_notebooks_of_the_book(path):
    check_notebook(path)
    assert only_sphinx_understands(markdown(nbformat.read(path, as_version=4))) == []


@pytest.mark.parametrize("path", [*BUILT, *OTHER_EDITIONS], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_code_cell_of_a_notebook_is_long(path):
    """Thirty lines at most, what is folded too; `test_cell_lengths` holds the pages to it before they are built."""
    code = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [source.split("\n")[0] for source in code if source.count("\n") + 1 > 30] == []


def test_every_chapter_of_the_book_has_its_notebook():
    if BUILT:
        assert {path.stem for path in BUILT} == {path.stem for path in CHAPTERS}


@pytest.mark.parametrize(
    "source", ["https://github.com/me/unet", "https://github.com/me/unet/", "https://github.com/me/unet.git"]
)
def test_colab_opens_the_notebook_of_the_published_branch(source):
    wanted = "https://colab.research.google.com/github/me/unet/blob/gh-pages/notebooks/05_skips.ipynb"
    assert colab_address(source, "05_skips") == wanted


@pytest.mark.parametrize(
    "source", ["", "https://gitlab.com/me/unet", "https://github.com/executablebooks/jupyter-book"]
)
def test_without_a_repository_on_github_there_is_no_address_in_colab(source):
    assert colab_address(source, "05_skips") is None
