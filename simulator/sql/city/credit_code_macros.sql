create or replace macro body_check(eight) as
    case 11 - (list_sum(list_transform([3, 7, 9, 10, 5, 8, 4, 2],
        lambda weight, place: weight * (position(substr(eight, place, 1) in '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ') - 1))) % 11)::int
    when 11 then '0' when 10 then 'X' else (11 - (list_sum(list_transform([3, 7, 9, 10, 5, 8, 4, 2],
        lambda weight, place: weight * (position(substr(eight, place, 1) in '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ') - 1))) % 11)::int)::varchar end;
create or replace macro credit_check(seventeen) as
    substr('0123456789ABCDEFGHJKLMNPQRTUWXY', 1 + ((31 - (list_sum(list_transform(
        [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28],
        lambda weight, place: weight * (position(substr(seventeen, place, 1) in '0123456789ABCDEFGHJKLMNPQRTUWXY') - 1)
    )) % 31)::int) % 31), 1);
create or replace macro registration_check(fourteen) as
    ((11 - list_reduce(list_prepend(10::bigint, list_transform(range(1, 15), lambda place: substr(fourteen, place, 1)::bigint)),
        lambda held, digit: 2 * (case when (held + digit) % 10 = 0 then 10 else (held + digit) % 10 end) % 11)) % 10)::varchar;
