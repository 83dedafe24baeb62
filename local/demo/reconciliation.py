"""Where every record of an event is: the no-loss law, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Account", "StreamAccount"]


@dataclass(frozen=True)
class Account:
    """The records of one event in the batch half, counted at each stage by that stage's own means.

    Attributes:
        event: pin, geo or user.
        rows_in_source: Rows of the source that this run was to post.
        acknowledged: Records of this run that the API acknowledged.
        refused: Rows that could not be posted; the emulator says why.
        new_in_kafka: Records that this run added to the topic.
        in_kafka: Records ever written to the topic, by this and earlier runs.
        dead_letters: Records of the topic that the connector could not land.
        landed: Lines in the landing bucket.
        clean: Rows of the clean table.
        superseded: Records that another record of the same post stands for; counted without
            the clean table.
        rejected: Rows of the rejected table.
    """

    event: str
    rows_in_source: int
    acknowledged: int
    refused: int
    new_in_kafka: int
    in_kafka: int
    dead_letters: int
    landed: int
    clean: int
    superseded: int
    rejected: int

    @property
    def adds_up(self) -> bool:
        """Whether no record is lost on the way.

        A request that was sent again may stand twice in Kafka, never fewer times than once.
        """
        return (
            self.rows_in_source == self.acknowledged + self.refused
            and self.acknowledged <= self.new_in_kafka
            and self.in_kafka == self.dead_letters + self.landed
            and self.landed == self.clean + self.superseded + self.rejected
        )


@dataclass(frozen=True)
class StreamAccount:
    """The records of one event in the streaming half, counted in the same way.

    Attributes:
        event: pin, geo or user.
        rows_in_source: Rows of the source that this run was to post.
        acknowledged: Records of this run that the API acknowledged.
        refused: Rows that could not be posted; the emulator says why.
        new_in_kinesis: Records that this run added to the stream.
        in_kinesis: Records in the stream, of this and earlier runs.
        clean: Rows of the clean table.
        superseded: Records that another record of the same post stands for; counted without
            the clean table.
        rejected: Rows of the rejected table.
    """

    event: str
    rows_in_source: int
    acknowledged: int
    refused: int
    new_in_kinesis: int
    in_kinesis: int
    clean: int
    superseded: int
    rejected: int

    @property
    def adds_up(self) -> bool:
        """Whether no record is lost on the way; a request may be sent again, as for Kafka."""
        return (
            self.rows_in_source == self.acknowledged + self.refused
            and self.acknowledged <= self.new_in_kinesis
            and self.in_kinesis == self.clean + self.superseded + self.rejected
        )
