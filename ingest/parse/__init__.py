"""One module per file format, each giving Blocks in reading order or raising Unreadable."""
