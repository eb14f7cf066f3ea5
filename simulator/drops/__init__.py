"""Source tables as the files that departments drop: clerks' workbooks and exported text files.

The contract says the names and the layout; how each cell is written, which file
comes twice, late or half, is decided here and goes into the truth.
"""

from simulator.drops.plan import Drops, arriving
from simulator.drops.write import drops_of_system, is_dropped, write_arriving, write_drops

__all__ = ["Drops", "arriving", "drops_of_system", "is_dropped", "write_arriving", "write_drops"]
