"""Makes sources of synthetic posts, showing how far it is."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from rich.console import Console

from emulation.progress import shown_progress
from emulation.synthetic.database import make_sqlite, write_posts
from emulation.synthetic.posts import DEFAULT_POSTS, DEFAULT_SEED, synthetic_posts

__all__ = ["default_source", "make_source"]


def make_source(url: sa.URL, posts: int, seed: int, console: Console) -> None:
    """Write `posts` posts made from `seed` to the database at `url`.

    Raises:
        SourceError: If it cannot be written, or holds posts already.
    """
    with shown_progress(console, posts, "Making posts") as progress:
        made = synthetic_posts(posts, seed)
        if url.get_backend_name() == "sqlite" and url.database:
            make_sqlite(Path(url.database), made, progress.update)
        else:
            write_posts(url, made, progress.update)


def default_source(path: Path, rows: int | None, console: Console) -> str:
    """Return the URL of the synthetic rows in `path`, which are made where they are missing.

    Where more `rows` are asked for than the public data set has, they have a file of their own.

    Raises:
        SourceError: If the file cannot be written.
    """
    posts = max(rows or 0, DEFAULT_POSTS)
    if posts > DEFAULT_POSTS:
        path = path.with_stem(f"{path.stem}-{posts}")
    url = sa.URL.create("sqlite", database=str(path.absolute()))
    if not path.exists():
        console.print(f"Making {posts:,} synthetic posts in {path}.", highlight=False)
        make_source(url, posts, DEFAULT_SEED, console)
    return url.render_as_string(hide_password=False)
