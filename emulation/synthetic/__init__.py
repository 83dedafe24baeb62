"""Makes synthetic posts of the public data set's shape; nothing in them is about anyone."""
