"""Sphinx extensions of this book, and what they share. Sphinx finds them as ``_ext.NAME``: book/ is on its path."""
