from dispatch_world import world

__all__ = ["world"]
