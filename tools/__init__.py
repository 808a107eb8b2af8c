"""Commands of those who work on the book; the Makefile calls them."""
