"""The frequencies that a schedule can keep, as cron expressions."""

from __future__ import annotations

from pipelines.contracts.model import Interval

# By unit: the cron expression, and the values that give even intervals. A value that does not divide the next
# larger unit would restart with each of those (`*/40` minutes runs at 0, 40 and 0).
CRONS = {
    "min": ("*/{value} * * * *", (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)),
    "h": ("0 */{value} * * *", (1, 2, 3, 4, 6, 8, 12)),
    "d": ("30 1 */{value} * *", (1,)),
    "w": ("30 1 * * 1", (1,)),
    "m": ("30 1 1 */{value} *", (1, 2, 3, 4, 6)),
    "q": ("30 1 1 */{months} *", (1, 2)),
    "y": ("30 1 1 1 *", (1,)),
}  # fmt: skip


def cron_of(frequency: Interval) -> str:
    """Return the frequency as a cron expression.

    Raises:
        ValueError: no cron expression matches; lists the valid frequencies.
    """
    expression, values = CRONS[frequency.unit]
    if frequency.value not in values:
        legal = "; ".join(f"{', '.join(map(str, several))} {unit}" for unit, (_, several) in CRONS.items())
        raise ValueError(f"no schedule comes every {frequency.value} {frequency.unit}; legal are {legal}")
    return expression.format(value=frequency.value, months=3 * frequency.value)
