"""Creates, describes and changes topics, with errors that say what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it has all of them
    AdminClient,
    AlterConfigOpType,
    ClusterMetadata,
    ConfigEntry,
    ConfigResource,
)
from confluent_kafka.cimpl import NewTopic
from tenacity import RetryError, Retrying, retry_if_not_result, stop_after_delay, wait_fixed

from ingestion.kafka_rest.contract import BrokerUnreachableError, KafkaRestError
from ingestion.kafka_rest.settings import KafkaRestSettings, check_credentials, client_configuration

__all__ = ["TopicAdmin"]

_ATTEMPTS: Final = 10
_ATTEMPT_SECONDS: Final = 1.0
_RESPONSE_SECONDS: Final = 10.0
_LISTED_SECONDS: Final = 15.0


class TopicAdmin:
    """An admin client of one cluster, signed in as the proxy is.

    Raises:
        CredentialsError: Raised when it needs AWS credentials, and there are none.
    """

    def __init__(self, settings: KafkaRestSettings) -> None:
        check_credentials(settings)
        self._refusals: list[str] = []
        self._problem: str | None = None
        configuration = client_configuration(settings) | {
            "error_cb": self._on_error,
            "log_level": 0,  # errors are raised; librdkafka would print one line per attempt
        }
        self._client = AdminClient(configuration)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  # names no reason
            self._problem = error.str()
        if error.code() == KafkaError._AUTHENTICATION:  # noqa: SLF001  # librdkafka's own code
            self._refusals.append(error.str())

    def cluster(self) -> ClusterMetadata:
        """Return the brokers and topics.

        Raises:
            BrokerUnreachableError: Raised when no broker answers.
            KafkaRestError: Raised when the sign-in fails.
        """
        for _ in range(_ATTEMPTS):  # a single long one would hide a refusal until its end
            try:
                return self._client.list_topics(timeout=_ATTEMPT_SECONDS)
            except KafkaException as error:
                failure = error
            self._client.poll(0)  # calls `_on_error`
            if self._refusals:
                msg = (
                    f"Cannot sign in: {self._refusals[-1]}. Check the AWS credentials, their "
                    f"policy, the region and the clock of this machine."
                )
                raise KafkaRestError(msg) from failure
        reason = self._problem or failure.args[0].str()
        msg = f"No broker answers: {reason}. Is it running, and is the address right?"
        raise BrokerUnreachableError(msg) from failure

    def create(self, topics: list[NewTopic]) -> None:
        """Create the topics and wait until they are listed. One that exists is not an error.

        Raises:
            KafkaRestError: Raised when the brokers refuse to create a topic.
        """
        if not topics:
            return
        answers = self._client.create_topics(topics, request_timeout=_RESPONSE_SECONDS)
        for name, answer in answers.items():
            try:
                answer.result()
            except KafkaException as error:
                reason: KafkaError = error.args[0]
                if reason.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    msg = f"The brokers refuse to create the topic {name}: {reason.str()}"
                    raise KafkaRestError(msg) from error
        self._wait_until_listed(topic.topic for topic in topics)

    def settings_of(self, topics: Iterable[str]) -> dict[str, dict[str, str | None]]:
        """Return the settings of each topic.

        Raises:
            KafkaRestError: Raised when the brokers refuse to describe a topic.
        """
        resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in topics]
        if not resources:
            return {}
        answers = self._client.describe_configs(resources, request_timeout=_RESPONSE_SECONDS)
        try:
            return {
                resource.name: {key: entry.value for key, entry in answer.result().items()}
                for resource, answer in answers.items()
            }
        except KafkaException as error:
            msg = f"The brokers refuse to describe the topics: {error.args[0].str()}"
            raise KafkaRestError(msg) from error

    def alter(self, topic: str, settings: Mapping[str, str]) -> None:
        """Change some settings of a topic.

        Raises:
            KafkaRestError: Raised when the brokers refuse.
        """
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in settings.items()
        ]
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
        (answer,) = self._client.incremental_alter_configs(
            [resource], request_timeout=_RESPONSE_SECONDS
        ).values()
        try:
            answer.result()
        except KafkaException as error:
            msg = f"The brokers refuse to change the topic {topic}: {error.args[0].str()}"
            raise KafkaRestError(msg) from error

    def _wait_until_listed(self, topics: Iterable[str]) -> None:
        """Wait until the brokers list the topics. Metadata reaches them after a short delay.

        Raises:
            BrokerUnreachableError: Raised when they do not list them in time.
        """
        wanted = set(topics)
        retrying = Retrying(
            retry=retry_if_not_result(bool),
            wait=wait_fixed(0.1),
            stop=stop_after_delay(_LISTED_SECONDS),
        )
        try:
            retrying(lambda: wanted <= self.cluster().topics.keys())
        except RetryError as error:
            msg = f"The topics were created, but no broker lists them after {_LISTED_SECONDS:g} s."
            raise BrokerUnreachableError(msg) from error
