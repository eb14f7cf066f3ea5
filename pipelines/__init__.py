"""The Python of the platform, from contracts to the lake, and what Dagster runs.

Each room imports only rooms listed before it (a test enforces this):

- `installation`: the home on one machine: keys, database, engine, processes, ports;
- `contracts`, `extract`, `land`, `lake`: what sources promise, reading them, landing batches, the lake;
- `from_contracts`: dbt sources, staging models and the catalogue, generated from the contracts;
- `stream`, `identity`: consuming device messages; who is who (`splink` weighs its pairs on either engine);
- `delivery`: which build may go out, and the gate over all shares;
- `resources`, `assets`, `definitions`: all of it shown to Dagster; nothing before them knows an orchestrator
  except `delivery`, which asks it for finished builds;
- `operations`, `cli`: running it, and the command line.
"""
