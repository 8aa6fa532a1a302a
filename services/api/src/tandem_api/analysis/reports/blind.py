"""A report as somebody sees it who is still to read records of the job blind."""

from __future__ import annotations

from collections.abc import Collection

from tandem_api.analysis.reports.schemas import JobReport


def without_quotes(report: JobReport, hidden: Collection[int]) -> JobReport:
    """Return the report without the answers and texts that it quotes from a hidden record.

    Counts stay: they are of all records together and say of none of them what its label is.
    """
    tasks = [
        task
        if task.text is None
        else task.model_copy(
            update={
                "text": task.text.model_copy(update={"top": [each for each in task.text.top if each.seq not in hidden]})
            }
        )
        for task in report.tasks
    ]
    answers = [each for each in report.invalid_answers if each.seq not in hidden]
    return report.model_copy(update={"tasks": tasks, "invalid_answers": answers})
