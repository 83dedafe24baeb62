"""The states of runs and task runs, in both forms of the API: `state` and `status`."""

from __future__ import annotations

import time

from databricks.sdk.service.jobs import (
    QueueDetails,
    QueueDetailsCodeCode,
    Run,
    RunLifeCycleState,
    RunLifecycleStateV2State,
    RunResultState,
    RunState,
    RunStatus,
    RunTask,
    TerminationCodeCode,
    TerminationDetails,
    TerminationTypeType,
)

__all__ = ["AnyRun", "end", "is_ended", "milliseconds_now", "result_of", "set_active"]

type AnyRun = Run | RunTask

_ENDED = (
    RunLifeCycleState.TERMINATED,
    RunLifeCycleState.SKIPPED,
    RunLifeCycleState.INTERNAL_ERROR,
)
_CODES = {
    RunResultState.SUCCESS: TerminationCodeCode.SUCCESS,
    RunResultState.SUCCESS_WITH_FAILURES: TerminationCodeCode.SUCCESS_WITH_FAILURES,
    RunResultState.CANCELED: TerminationCodeCode.USER_CANCELED,
    RunResultState.UPSTREAM_CANCELED: TerminationCodeCode.USER_CANCELED,
    # Databricks' text: "for example, if the maximum run duration was exceeded".
    RunResultState.TIMEDOUT: TerminationCodeCode.CANCELED,
    RunResultState.EXCLUDED: TerminationCodeCode.SKIPPED,
    RunResultState.MAXIMUM_CONCURRENT_RUNS_REACHED: (
        TerminationCodeCode.MAX_CONCURRENT_RUNS_EXCEEDED
    ),
}
_V2_STATES = {
    RunLifeCycleState.PENDING: RunLifecycleStateV2State.PENDING,
    RunLifeCycleState.QUEUED: RunLifecycleStateV2State.QUEUED,
    RunLifeCycleState.RUNNING: RunLifecycleStateV2State.RUNNING,
    RunLifeCycleState.BLOCKED: RunLifecycleStateV2State.BLOCKED,
    RunLifeCycleState.WAITING_FOR_RETRY: RunLifecycleStateV2State.WAITING,
    RunLifeCycleState.TERMINATING: RunLifecycleStateV2State.TERMINATING,
}


def milliseconds_now() -> int:
    """Return the time in milliseconds since 1970 UTC."""
    return int(time.time() * 1000)


def set_active(run: AnyRun, state: RunLifeCycleState, message: str = "") -> None:
    """Set a state of a run that has not ended; `RUNNING` sets its start."""
    run.state = RunState(
        life_cycle_state=state, state_message=message, user_cancelled_or_timedout=False
    )
    run.status = RunStatus(state=_V2_STATES[state])
    if state is RunLifeCycleState.QUEUED:
        code = QueueDetailsCodeCode.MAX_CONCURRENT_RUNS_REACHED
        run.status.queue_details = QueueDetails(code=code, message=message)
    if state is RunLifeCycleState.RUNNING:
        now = milliseconds_now()
        run.queue_duration = now - (run.start_time or now)
        if isinstance(run, RunTask):
            run.start_time = now


def end(
    run: AnyRun,
    result: RunResultState,
    message: str = "",
    *,
    code: TerminationCodeCode | None = None,
    state: RunLifeCycleState = RunLifeCycleState.TERMINATED,
) -> None:
    """Set the final state of a run, and its durations."""
    final_code = code or _CODES.get(result, TerminationCodeCode.RUN_EXECUTION_ERROR)
    successful = final_code is TerminationCodeCode.SUCCESS
    kind = TerminationTypeType.SUCCESS if successful else TerminationTypeType.CLIENT_ERROR
    run.state = RunState(
        life_cycle_state=state,
        result_state=result,
        state_message=message,
        user_cancelled_or_timedout=result in (RunResultState.CANCELED, RunResultState.TIMEDOUT),
    )
    run.status = RunStatus(
        state=RunLifecycleStateV2State.TERMINATED,
        termination_details=TerminationDetails(code=final_code, type=kind, message=message),
    )
    run.end_time = milliseconds_now()
    run.start_time = run.start_time or run.end_time
    run.run_duration = run.execution_duration = run.end_time - run.start_time


def is_ended(run: AnyRun) -> bool:
    """Return whether the run has ended."""
    return run.state is not None and run.state.life_cycle_state in _ENDED


def result_of(run: AnyRun) -> RunResultState | None:
    """Return the result; null while the run is active."""
    return run.state.result_state if run.state else None
