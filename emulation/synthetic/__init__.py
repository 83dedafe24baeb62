"""Creates synthetic posts in the shape of the public data set; they contain no personal data."""
