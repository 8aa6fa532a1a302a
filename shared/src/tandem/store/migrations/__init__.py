"""Change documents of older versions, once, at the start of the api.

`MIGRATIONS` is the ordered list; add to its end, never change what stands there. The collection `migrations` records
which have finished and what they changed. A migration must be idempotent and change only documents that still lack what
it brings: older replicas run beside it, and write as they always did, until they are replaced.

This package is the one exception to the rule that a collection has one writer; the api alone runs it.
"""

from tandem.store.migrations.campaigns import CAMPAIGNS
from tandem.store.migrations.confidence import LOWEST_CONFIDENCE
from tandem.store.migrations.job_defaults import JOB_DEFAULTS
from tandem.store.migrations.opinions import OPINIONS
from tandem.store.migrations.passes import PASSES
from tandem.store.migrations.people import PEOPLE
from tandem.store.migrations.runner import Migration, MigrationRunner

MIGRATIONS: tuple[Migration, ...] = (PEOPLE, PASSES, OPINIONS, CAMPAIGNS, LOWEST_CONFIDENCE, JOB_DEFAULTS)

__all__ = ["MIGRATIONS", "Migration", "MigrationRunner"]
