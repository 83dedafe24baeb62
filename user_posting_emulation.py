"""Posts rows of a SQL source to the API, as an app's users would: see --help."""

from emulation.command import app

if __name__ == "__main__":
    app()
