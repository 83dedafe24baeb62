"""Every figure in docs/benchmarks.md has its command here."""
