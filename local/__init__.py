"""The environment "one machine": the same pipeline as in the cloud, of real components."""

from local.python_path import ignore_other_packages

ignore_other_packages()
