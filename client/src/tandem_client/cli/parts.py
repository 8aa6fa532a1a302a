"""Which commands there are: each with the module that has it, which is imported when the command is run.

The help line is the first of the command's own help; a test compares them. Add a new command here, where the help shall
list it.
"""

from __future__ import annotations

from tandem_client.cli.lazy import Part

_COMMANDS = """
login        access:login
    Keep the address and the API key for later commands.
login-link   access:login_link
    Make a link that opens the review page logged in, once. Needs the role admin.
import       data:import_file
    Import a file into a data set: all of it, or nothing and an error that names row and column.
project      projects:projects
    Projects: what everything else is in.
dataset      datasets:app
    Data sets: what `tandem import` fills.
subset       subsets:app
    Saved, named, frozen selections of a data set's records.
people       people:app
    People: to whom API keys, login links and sessions belong.
key          keys:app
    API keys: what programs and terminals log in with.
provider     providers:app
    Model providers that the operators configured.
schema       schemas:app
    Label schemas: what may be answered.
agent        agents:app
    Agents: a model with its prompt and its label schema.
run          jobs:run
    Check everything about a job, then run an agent over a data set and follow its progress.
estimate     jobs:estimate
    Tell tokens, price and time of a job beforehand, as ranges. No model is called.
status       jobs:status
    Show the progress of jobs: rate, time left, counts by outcome.
job          running:app
    Steer a job that runs.
pause        jobs:pause
    Pause a job; calls under way end normally.
resume       jobs:resume
    Let a paused job go on.
cancel       jobs:cancel
    End a job; what is labeled stays.
budget       budgets:budget
    Show what a job has cost and what its budget leaves; `tandem job set JOB --budget USD` changes the budget.
run-again    again:run_again
    Run records of a completed or cancelled job again. Earlier answers stay as history, people's decisions hold.
campaign     campaigns:app
    Review campaigns: who is asked to look at what.
opinions     opinions:opinions
    Show the opinions on one record with their history, and what holds.
decide       deciding:decide
    Give your opinion on all records of a job that the expression matches, each an opinion of its own.
find         finding:find
    Find records of a job, or with --dataset of a data set, that the expression matches.
show         showing:show
    Show one record of a job: fields, labels with confidence and alternatives, the raw answer, calls, decisions.
report       quality:report
    Show what a job gave: outcomes, labels, confidence, price, and how many are right where that is known.
compare      quality:compare
    Compare the agents of two or more jobs over the same records: agreement, who is right, where they differ.
combine      quality:combine
    Make one job of the labels of several: by vote, or by how often each agent is right.
certificate  certificates:app
    State how good exported labels are, with proof.
export       exporting:export
    Write a job's labels to a file, people's decisions included.
dead-letters dead_letters:app
    Messages that no consumer could handle: look, change, replay, discard.
delete       deleting:app
    Delete things with all that belongs to them, after asking.
"""
"""Name, `module:name` in `tandem_client.cli`, and on the next line the help."""


def _parts(table: str) -> dict[str, Part]:
    lines = table.strip().splitlines()
    found: dict[str, Part] = {}
    for head, told in zip(lines[::2], lines[1::2], strict=True):
        command, where = head.split()
        module, name = where.split(":")
        found[command] = Part(f"tandem_client.cli.{module}", name, told.strip())
    return found


PARTS = _parts(_COMMANDS)
