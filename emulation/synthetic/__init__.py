"""Creates synthetic posts in the shape of the public data set; nothing in them is about anyone."""
