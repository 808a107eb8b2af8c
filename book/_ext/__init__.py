"""Sphinx extensions of this book, and what they share. Sphinx finds them as ``_ext.NAME``: book/ is on its path.

Each has its tests in tests/ext/, but for `accessibility` and `figure_output` (tests/test_build.py), `live_figures`
(tests/browser/test_live_figures.py), `markdown_writer` (tests/ext/test_notebooks.py), `kernels`
(tests/ext/test_execution.py) and `record_reads` (tests/ext/test_page_inputs.py).
"""
