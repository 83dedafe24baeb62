"""The parameters that the bundle's jobs pass to the notebooks on this machine."""

from __future__ import annotations

from collections.abc import Mapping

from local.environment import REGION
from local.settings import Settings
from pinterest_pipeline.names import EVENT_NAMES

__all__ = ["job_parameters"]


def job_parameters(settings: Settings) -> dict[str, Mapping[str, str]]:
    """Return the parameters of each notebook by its name.

    They equal those of the bundle's target `local`. `answer_questions` gets the batch tables.
    """
    both = {
        "catalog": settings.catalog,
        "checkpoints_path": settings.checkpoints_path,
        "user_id": settings.user_id,
    }
    batch = both | {
        "schema": settings.schema_name,
        "source": f"s3a://{settings.bucket}",
        "landing_path": f"/mnt/{settings.bucket}",
        "reader_format": "text",
        "reader_options": '{"maxFilesPerTrigger":"1000"}',
    }
    stream = both | {
        "schema": settings.stream_schema_name,
        "events": ",".join(EVENT_NAMES),
        "source_options": f'{{"region":"{REGION}","initialPosition":"earliest"}}',
        "every": "",
    }
    return {
        "mount_landing": batch,
        "clean_landing": batch,
        "answer_questions": batch,
        "clean_streams": stream,
        "smoke_test": both,
    }
