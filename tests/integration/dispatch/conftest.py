from campaign_world import campaign_world
from dispatch_world import world

__all__ = ["campaign_world", "world"]
