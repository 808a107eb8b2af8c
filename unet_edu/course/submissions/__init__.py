"""What a class handed in: files of any platform, whose they are, when they came, which attempt counts."""
