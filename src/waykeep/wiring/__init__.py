"""Everything is made here, once, in the open; read these two files to know what is connected to what."""

from waykeep.wiring.server import Serving, handlers, serving
from waykeep.wiring.stores import Store, now_ms, policy_of, read_policy, store

__all__ = ["Serving", "Store", "handlers", "now_ms", "policy_of", "read_policy", "serving", "store"]
