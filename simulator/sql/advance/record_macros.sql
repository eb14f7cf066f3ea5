-- When a record changes on {today}, the number of a new one, and a shifted written date.
create or replace macro moment_of(record) as
    at_zone(timestamp '{today}' + interval (21600 + pick('moment', record, 43200)) second);
create or replace macro renumbered(number) as
    regexp_replace(number, '[0-9]{{1,8}}$', '') || lpad(
        pick('number {today}', number, pow(10, length(regexp_extract(number, '[0-9]{{1,8}}$')))::ubigint)::varchar,
        length(regexp_extract(number, '[0-9]{{1,8}}$'))::int, '0');
create or replace macro moved_text(value, ending, form, since, shift) as
    case when try_cast(value || ending as date) >= since
        then strftime(try_cast(value || ending as date) + shift, form) else value end;
