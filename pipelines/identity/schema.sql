-- Idempotent: applied at every start. Stewards' decisions about pairs of records. Insert only: the
-- newest decision of a pair applies.
create schema if not exists identity;

create table if not exists identity.decisions (
    decision_no bigint generated always as identity primary key,
    record_key_l text not null,
    record_key_r text not null,
    verdict text not null check (verdict in ('same', 'different', 'unsure')),
    reason text not null check (reason <> ''),
    decided_by text not null check (decided_by <> ''),
    decided_at timestamptz not null default now(),
    -- The record with a wrong number and a digest of that number, so that a corrected number is
    -- accepted.
    wrong_number_of text,
    wrong_number_digest text,
    check (record_key_l < record_key_r),
    check (wrong_number_of in (record_key_l, record_key_r)),
    check ((wrong_number_of is null) = (wrong_number_digest is null))
);
create index if not exists decisions_pair on identity.decisions (record_key_l, record_key_r, decision_no);

create or replace function identity.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'identity.decisions is append-only: % refused', tg_op
        using hint = 'Decide the pair again: the newest decision rules, the earlier ones stay readable.';
end $$;

create or replace trigger decisions_are_append_only
    before update or delete on identity.decisions
    for each row execute function identity.refuse_change();

create or replace trigger decisions_are_never_emptied
    before truncate on identity.decisions
    for each statement execute function identity.refuse_change();
