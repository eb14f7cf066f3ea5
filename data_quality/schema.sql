-- Idempotent: applied at every start. Evidence of the gate: what was checked, with what result,
-- whose rows failed and who is to correct them.
create schema if not exists quality;

create table if not exists quality.gate_runs (
    run_id bigint generated always as identity primary key,
    subject text not null,
    lake_snapshot bigint not null,
    content_hash text not null,
    rule_set_hash text not null,
    row_count bigint not null,
    decision text not null check (decision in ('pass', 'ticket', 'block')),
    score double precision,
    reasons text[] not null,
    scorecard jsonb not null,
    decided_at timestamptz not null
);
create index if not exists gate_runs_subject on quality.gate_runs (subject, run_id);

create table if not exists quality.rule_results (
    run_id bigint not null references quality.gate_runs,
    rule_code text not null,
    label text not null,
    dimension text not null,
    indicator text not null,
    severity text not null,
    weight double precision not null,
    minimum double precision not null,
    evaluated bigint not null,
    good bigint not null,
    observed double precision,
    bound text not null,
    outcome text not null check (outcome in ('pass', 'fail', 'not_evaluable')),
    owner text not null,
    reason text not null,
    primary key (run_id, rule_code)
);

-- Pseudonyms of the rows that failed; never a value.
create table if not exists quality.failing_keys (
    run_id bigint not null references quality.gate_runs,
    rule_code text not null,
    row_key text
);
create index if not exists failing_keys_run on quality.failing_keys (run_id, rule_code);

-- 校核工单: the department that owns the data verifies, corrects and reports back within ten working days.
create table if not exists quality.work_orders (
    ticket_no text primary key,
    subject text not null,
    rule_code text not null,
    label text not null,
    owner_department text not null,
    first_run_id bigint not null references quality.gate_runs,
    last_run_id bigint not null references quality.gate_runs,
    failing_rows bigint not null,
    recurrence integer not null default 0,
    received_at date not null,
    due_at date not null,
    status text not null default 'open' check (status in ('open', 'corrected', 'rejected')),
    result text,
    closed_at date
);
create unique index if not exists work_orders_one_open
    on quality.work_orders (subject, rule_code) where status = 'open';
-- An order about a change in a source has no gate run.
alter table quality.work_orders alter column first_run_id drop not null;
alter table quality.work_orders alter column last_run_id drop not null;
create sequence if not exists quality.source_tickets;
alter table quality.work_orders drop constraint if exists work_orders_status_check;
alter table quality.work_orders add constraint work_orders_status_check
    check (status in ('open', 'corrected', 'rejected', 'lapsed'));
-- Who closed an order manually; null if a run or a pull did.
alter table quality.work_orders add column if not exists closed_by text;

-- Evidence is immutable.
create or replace function quality.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'quality.% is append-only: % refused', tg_table_name, tg_op
        using hint = 'It is the evidence of decisions in audit.ledger.';
end $$;

create or replace trigger gate_runs_are_append_only
    before update or delete on quality.gate_runs
    for each row execute function quality.refuse_change();
create or replace trigger rule_results_are_append_only
    before update or delete on quality.rule_results
    for each row execute function quality.refuse_change();
create or replace trigger failing_keys_are_append_only
    before update or delete on quality.failing_keys
    for each row execute function quality.refuse_change();
create or replace trigger gate_runs_are_never_emptied
    before truncate on quality.gate_runs
    for each statement execute function quality.refuse_change();
create or replace trigger rule_results_are_never_emptied
    before truncate on quality.rule_results
    for each statement execute function quality.refuse_change();
create or replace trigger failing_keys_are_never_emptied
    before truncate on quality.failing_keys
    for each statement execute function quality.refuse_change();
