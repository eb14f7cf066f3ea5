create or replace macro u(purpose, key) as
    (hash(key, purpose, {seed}::bigint) >> 11)::double / 9007199254740992.0;
create or replace macro pick(purpose, key, n) as
    (hash(key, purpose, {seed}::bigint) % greatest(n, 1)::ubigint)::bigint;
create or replace macro draw(list_name, purpose, key) as
    getvariable(list_name)[1 + pick(purpose, key, len(getvariable(list_name)))];
create or replace macro at_zone(moment) as timezone('Asia/Shanghai', moment);
create or replace macro check_digit(seventeen) as
    substr('10X98765432', 1 + (list_sum(list_transform(
        [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2],
        lambda weight, place: weight * substr(seventeen, place, 1)::int)) % 11)::int, 1);
