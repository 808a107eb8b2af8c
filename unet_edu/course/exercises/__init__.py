"""The book's exercises, one file each: the id of an exercise, topic.slug, is its path."""
