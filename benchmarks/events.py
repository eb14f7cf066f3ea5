"""`python -m benchmarks.events`: incidents against the truth, written to docs/events-measured.md."""

from __future__ import annotations

from pathlib import Path

from benchmarks.linked_pairs import Links, write_page

PAGE = Path("docs/events-measured.md")
LINKS = Links("event_links", "event_id", "incident")
TITLE = "Events, measured"
READING = """\
Written by `python -m benchmarks.events`. Every city is generated from a seed that nothing was tuned
on, staged and linked by the platform's own models and compared with the simulator's truth. Pairs of
records that tell of one incident are counted: reports to the platform of affairs and to the grid
platform, each message of an alarm, and the requests for mediation that follow a dispute. Intervals
are bootstrapped by incident.

A request for mediation names no place but the community and comes hours to days later. It is joined
only to a dispute that was reported with the wish for mediation, and only when it can mean no other
one: what is joined is right, and the denser the city, the more requests stay events of their own.
Their pairs are in *all pairs* as well."""

if __name__ == "__main__":
    write_page(PAGE, TITLE, READING, LINKS)
