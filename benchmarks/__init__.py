"""Every figure in docs/benchmarks.md has its command here."""

import local  # noqa: F401  # first: it keeps other packages of the user away
