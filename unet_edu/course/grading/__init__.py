"""What an answer gets: points, words, tables for the instructor and for other systems, a page for the student."""
