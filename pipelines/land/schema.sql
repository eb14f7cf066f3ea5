-- Idempotent: applied at every start.
-- What has landed, how far each table has been read, and what each run came to.
create schema if not exists ops;

create table if not exists ops.batches (
    batch_id text primary key,
    system text not null,
    table_name text not null,
    span text not null,
    version integer not null,
    cursor_from text,
    cursor_to text,
    content_hash text not null,
    contract_hash text not null,
    rows_read bigint not null,
    rows_landed bigint not null,
    rows_quarantined bigint not null,
    rows_repeated bigint not null default 0,
    rows_flagged bigint not null default 0,
    findings_by_rule jsonb not null default '{}',
    difference jsonb,
    extra_columns text[] not null default '{}',
    landed_at timestamptz not null,
    registered_at timestamptz,
    constraint nothing_is_dropped check (rows_read = rows_landed + rows_quarantined)
);
-- What a batch says of its table (all of it, changes, one period), and in which order batches are applied.
alter table ops.batches add column if not exists content text check (content in ('full', 'delta', 'period'));
alter table ops.batches add column if not exists period text;
alter table ops.batches add column if not exists sequence bigint;
-- The newest cursor value among the rows, where that lies in the future and the cursor could not follow.
alter table ops.batches add column if not exists cursor_ahead text;
create index if not exists batches_table on ops.batches (system, table_name, span, version);
create index if not exists batches_unregistered on ops.batches (landed_at) where registered_at is null;
create index if not exists batches_content on ops.batches (system, table_name, content_hash);

-- Every dropped file that was ever looked at, by name and content. `closed_at` ends a refused or incomplete
-- one: a whole file of the same name or period has landed since. Findings hold no value of a row.
create table if not exists ops.files (
    system text not null,
    table_name text not null,
    file_name text not null,
    sha256 text not null,
    size_bytes bigint not null,
    period text,
    status text not null check (status in ('landed', 'refused', 'duplicate', 'incomplete')),
    reason_code text,
    reason text not null default '',
    findings jsonb not null default '[]',
    owner text not null,
    contract_hash text not null,
    batch_id text,
    rows_read bigint not null default 0,
    rows_unreadable bigint not null default 0,
    header_row integer,
    totals_rows integer not null default 0,
    totals jsonb not null default '[]',
    note_lines integer not null default 0,
    encoding text,
    peak_memory_bytes bigint,
    delivered_at timestamptz not null,
    due_at timestamptz,
    received_at timestamptz not null default now(),
    closed_at timestamptz,
    primary key (system, table_name, file_name, sha256)
);
create index if not exists files_content on ops.files (system, table_name, sha256);

-- Files in a drop folder, as of its last listing, whose names fit no table of their system.
create table if not exists ops.unrecognised_files (
    system text not null,
    file_name text not null,
    reason text not null,
    delivered_at timestamptz not null,
    first_seen_at timestamptz not null default now(),
    primary key (system, file_name)
);

create table if not exists ops.cursors (
    system text not null,
    table_name text not null,
    cursor_value text not null,
    batch_id text not null references ops.batches,
    updated_at timestamptz not null default now(),
    primary key (system, table_name)
);
-- The column that the value is of; null where it was set before this was kept.
alter table ops.cursors add column if not exists column_name text;

create table if not exists ops.run_outcomes (
    outcome_id bigint generated always as identity primary key,
    system text not null,
    table_name text not null,
    status text not null check (status in ('landed', 'unchanged', 'failed')),
    batch_id text,
    rows_read bigint not null default 0,
    rows_landed bigint not null default 0,
    rows_quarantined bigint not null default 0,
    rows_repeated bigint not null default 0,
    cursor_from text,
    cursor_to text,
    seconds double precision not null,
    error_type text,
    message text not null default '',
    finished_at timestamptz not null default now()
);
create index if not exists run_outcomes_table on ops.run_outcomes (system, table_name, outcome_id);

-- What a source changed about its tables, for its owner to look at. One row per change, however often it is seen.
create table if not exists ops.drift (
    system text not null,
    table_name text not null,
    column_name text not null,
    kind text not null,
    difference text not null,
    policy text not null,
    owner text not null,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    primary key (system, table_name, column_name, kind, difference)
);
alter table ops.drift add column if not exists gone_at timestamptz;
alter table ops.drift drop constraint if exists drift_kind_check;
alter table ops.drift add constraint drift_kind_check check (
    kind in ('missing_table', 'missing', 'new', 'renamed', 'retyped', 'reordered', 'encoding', 'unknown_code')
);

-- Who let rows out of quarantine, and why; of a correction its columns, never its values. A row for each batch.
create table if not exists ops.releases (
    batch_id text primary key,
    system text not null,
    table_name text not null,
    rows_released bigint not null,
    corrected_columns text[] not null,
    released_by text not null check (released_by <> ''),
    reason text not null check (reason <> ''),
    released_at timestamptz not null default now()
);

-- For which contracts' columns the lake's landing tables were made: saves opening the lake to look.
create table if not exists ops.lake_tables (
    only_row boolean primary key default true check (only_row),
    tables text not null
);
