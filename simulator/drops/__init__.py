"""Source tables as files dropped by departments: hand-made workbooks and exported text files.

The contract defines names and layout; how each cell is written, and which file is duplicated, late or
truncated, is decided here and recorded in the truth.
"""

from simulator.drops.plan import Drops, arriving
from simulator.drops.write import drops_of_system, is_dropped, write_arriving, write_drops

__all__ = ["Drops", "arriving", "drops_of_system", "is_dropped", "write_arriving", "write_drops"]
