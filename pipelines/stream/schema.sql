-- Idempotent: applied at every start. Stream metrics, one row per table and minute of receipt.
-- Counted once a batch is durable; a batch that a kill leaves uncounted is still in the manifest.
create schema if not exists ops;

create table if not exists ops.stream_metrics (
    system text not null,
    table_name text not null,
    minute timestamptz not null,
    batches bigint not null,
    messages bigint not null,
    quarantined bigint not null,
    duplicates bigint not null,
    late bigint not null,
    ahead bigint not null,
    lag_seconds double precision,
    slowest_seconds double precision not null,
    primary key (system, table_name, minute)
);
comment on column ops.stream_metrics.duplicates is 'word for word like one of the last messages, counted and kept';
comment on column ops.stream_metrics.late is 'behind the watermark: landed in a correction batch';
comment on column ops.stream_metrics.ahead is 'device clock ahead of the gateway''s by more than is tolerated';
comment on column ops.stream_metrics.lag_seconds is 'how old the newest message was when it was durable';
comment on column ops.stream_metrics.slowest_seconds is 'longest that making a batch durable took';
