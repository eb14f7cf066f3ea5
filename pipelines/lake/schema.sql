-- Idempotent: applied at every start. The access log of schemas that reveal who is a sensitive
-- person: who read which tables, and why. Insert only.
create schema if not exists audit;

create table if not exists audit.closed_reads (
    read_no bigint generated always as identity primary key,
    read_at timestamptz not null default now(),
    read_by text not null check (read_by <> ''),
    reason text not null check (reason <> ''),
    tables text[] not null,
    query_digest text not null
);

create or replace function audit.refuse_change_of_reads() returns trigger language plpgsql as $$
begin
    raise exception 'audit.closed_reads is append-only: % refused', tg_op
        using hint = 'Reads of sensitive people are kept at least three years and are never edited.';
end $$;

create or replace trigger closed_reads_are_append_only
    before update or delete on audit.closed_reads
    for each row execute function audit.refuse_change_of_reads();

create or replace trigger closed_reads_are_never_emptied
    before truncate on audit.closed_reads
    for each statement execute function audit.refuse_change_of_reads();
