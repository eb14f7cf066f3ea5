-- Idempotent: applied at every start. The audit ledger: insert only, each entry signed and chained
-- to the previous one.
create schema if not exists audit;

create table if not exists audit.ledger (
    entry_no bigint primary key,
    decision_key text not null unique,
    department text not null,
    dataset text not null,
    contract_hash text not null,
    lake_snapshot bigint not null,
    content_hash text not null,
    file_sha256 text not null,
    rule_set_hash text not null,
    row_count bigint not null,
    verdict text not null check (verdict in ('pass', 'ticket', 'block', 'withdraw')),
    score double precision,
    version text,
    gate_run_id bigint not null,
    decided_at timestamptz not null,
    previous_hash text not null,
    entry_hash text not null,
    signature text not null,
    unique (department, dataset, version)
);

-- 'withdraw' ends the supply permitted by an earlier entry.
alter table audit.ledger drop constraint if exists ledger_verdict_check;
alter table audit.ledger add constraint ledger_verdict_check
    check (verdict in ('pass', 'ticket', 'block', 'withdraw'));

create or replace function audit.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'audit.ledger is append-only: % refused', tg_op
        using hint = 'Entries are kept at least three years and are never edited.';
end $$;

create or replace trigger ledger_is_append_only
    before update or delete on audit.ledger
    for each row execute function audit.refuse_change();

create or replace trigger ledger_is_never_emptied
    before truncate on audit.ledger
    for each statement execute function audit.refuse_change();
