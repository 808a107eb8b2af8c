"""The built book as one PDF: ``python tools/book_pdf.py [SITE] [FILE]`` (``make pdf``).

    SITE/*.html ─ Chromium prints each page ─▶ one after the other ─ title, contents, page numbers, outline ─▶ FILE

On paper live figures are their posters, and solutions stay out: there is nothing to fold them into. Links from page to
page lead to the page's place in the PDF. Needs Chromium on the path (Debian's package ``chromium``, or
``chromium-headless-shell``, which opens a page in half the time).
"""

from __future__ import annotations

import argparse
import html
import io
import os
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag

import yaml
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, NameObject

from unet_edu.files import written_whole

ROOT = Path(__file__).resolve().parents[1]
PAPER = {"format": "A4", "print_background": True}
MARGINS = {"top": "18mm", "bottom": "20mm", "left": "18mm", "right": "18mm"}
LINES_A_PAGE = 34  # of the table of contents

SHEET = """<!doctype html><html lang="en"><meta charset="utf-8"><style>
body {{ font: 11pt/1.6 "DejaVu Sans", sans-serif; color: #222832; margin: 0 }}
h1 {{ font-weight: 500; font-size: {size}; margin: 0 0 8mm }}
p.part {{ font-weight: 600; margin: 4mm 0 1mm }}
a {{ display: flex; color: inherit; text-decoration: none }}
a i {{ flex: 1; border-bottom: 1px dotted #99a; margin: 0 2mm 1.5mm }}
</style><body>{body}"""


def parts(toc: dict, site: Path) -> list[tuple[str, list[tuple[str, Path]]]]:
    """Return (caption, [(title, page)]) of each part of the book, in order; the front page comes first, alone.

    Raises FileNotFoundError where a page has not been built.
    """

    def entry(name):
        page = site / f"{name}.html"
        if not page.is_file():
            raise FileNotFoundError(f"{page} is not there: type 'make book' first")
        text = page.read_text("utf-8")
        title = html.unescape(text.split("<title>", 1)[1].split("</title>", 1)[0])
        return (title.rpartition(" — ")[0] or title).strip(), page

    first = [("", [entry(toc["root"])])]
    return first + [(part["caption"], [entry(one["file"]) for one in part["chapters"]]) for part in toc["parts"]]


class Printer:
    """``with Printer() as printer``: a headless Chromium that prints HTML files and text, with the network cut."""

    def __enter__(self):
        path = find_chromium()
        options = ["--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options.append("--no-sandbox")
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=path, args=options)
        self.page = self.browser.new_page(color_scheme="light", viewport={"width": 900, "height": 1200})
        return self

    def __exit__(self, *error):
        self.browser.close()
        self.playwright.stop()

    def file(self, path: Path) -> PdfReader:
        """Print a built page, once its formulas are set and its pictures are there."""
        self.page.goto(path.as_uri(), wait_until="load")
        self.page.wait_for_function("!window.MathJax || !MathJax.startup || MathJax.startup.promise")
        self.page.evaluate("() => window.MathJax?.startup?.promise")
        fetch_pictures(self.page)
        return self._pdf(MARGINS)

    def text(self, body: str, margins=MARGINS, size="22pt") -> PdfReader:
        """Print a sheet of our own."""
        self.page.set_content(SHEET.format(body=body, size=size))
        return self._pdf(margins)

    def _pdf(self, margins):
        return PdfReader(io.BytesIO(self.page.pdf(margin=margins, **PAPER)))


def find_chromium() -> str:
    """Return the path of Chromium or Chrome. Raises FileNotFoundError where there is none."""
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("no Chromium was found: install the package 'chromium' of your system")


def fetch_pictures(page) -> None:
    """Have a page fetch what a reader fetches by scrolling down, and wait for it."""
    page.evaluate("() => document.querySelectorAll('img[loading=lazy]').forEach(i => { i.loading = 'eager' })")
    page.wait_for_function("[...document.images].every(i => i.complete || !i.checkVisibility())")


def contents(book, starts: list[int]) -> str:
    """Return the table of contents as HTML. starts: the printed number of the first page of each entry, in order."""
    lines, numbers = ["<h1>Contents</h1>"], iter(starts)
    for caption, entries in book:
        if caption:
            lines.append(f'<p class="part">{html.escape(caption)}</p>')
        for title, page in entries:
            number = next(numbers)
            lines.append(f'<a href="{page.as_uri()}">{html.escape(title)}<i></i>{number}</a>')
    return "\n".join(lines)


def make(site: Path, file: Path, toc: dict, title: str) -> int:
    """Write the book below `site` as one PDF; return its number of pages. An old `file` stays until all is done."""
    book = parts(toc, site)
    entries = [entry for _, chapters in book for entry in chapters]
    writer = PdfWriter()
    with Printer() as printer:
        printed = []
        for name, page in entries:
            print(f"printing {name}", file=sys.stderr)
            printed.append(printer.file(page))
        cover = printer.text(f"<h1 style='margin-top:90mm'>{html.escape(title)}</h1>", size="34pt")
        front = len(cover.pages) + len(printer.text(contents(book, [0] * len(entries))).pages)
        starts, at = [], front
        for pages in printed:
            starts.append(at)
            at += len(pages.pages)
        index = printer.text(contents(book, [start + 1 for start in starts]))
        numbers = printer.text(
            "".join(
                f'<div style="height:296mm;position:relative;break-after:page"><p style="position:absolute;bottom:6mm;'
                f'width:100%;text-align:center;font-size:9pt">{number}</p></div>'
                for number in range(1, at + 1)
            ),
            margins={},
        )
        for pages in (cover, index, *printed):
            writer.append(pages, import_outline=False)
    for page, stamp in list(zip(writer.pages, numbers.pages, strict=False))[len(cover.pages) :]:
        page.merge_page(stamp)
    lead_inside(writer, {page.resolve(): start for (_, page), start in zip(entries, starts, strict=True)})
    place = iter(starts)
    for caption, chapters in book:
        firsts = [next(place) for _ in chapters]
        parent = writer.add_outline_item(title=caption, page_number=firsts[0]) if caption else None
        for (name, _), first in zip(chapters, firsts, strict=True):
            writer.add_outline_item(title=name, page_number=first, parent=parent)
    writer.add_metadata({"/Title": title})
    writer.root_object[NameObject("/PageMode")] = NameObject("/UseOutlines")
    with written_whole(file) as unfinished, unfinished.open("wb") as stream:
        writer.write(stream)
    return len(writer.pages)


def lead_inside(writer: PdfWriter, starts: dict[Path, int]) -> None:
    """Turn links to pages of the site into links within the PDF; those to its other files lose their address.

    starts: the place, from 0, of the first sheet of each page of the site.
    """
    for page in writer.pages:
        kept = ArrayObject()
        for link in page.get("/Annots") or []:
            annotation = link.get_object()
            address = str(annotation.get("/A", {}).get("/URI", ""))
            if address.startswith("file:"):
                target = Path(unquote(urldefrag(address)[0]).removeprefix("file://")).resolve()
                if target not in starts:
                    continue
                place = writer.pages[starts[target]].indirect_reference
                annotation[NameObject("/Dest")] = ArrayObject([place, NameObject("/Fit")])
                del annotation["/A"]
            kept.append(link)
        if "/Annots" in page:
            page[NameObject("/Annots")] = kept


def main() -> None:
    """Write the PDF that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "_build" / "unet-inside-out.pdf")
    options = parser.parse_args()
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    try:
        count = make(options.site.resolve(), options.file, toc, config["title"])
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(f"{options.file}: {count} pages, {options.file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
