create or replace macro can_be_confused(c) as c <> '' and contains(getvariable('lookalike_characters'), c);
create or replace macro is_rare(c) as c <> '' and contains(getvariable('rare_characters'), c);
create or replace macro confused(c, key) as
    getvariable('lookalike_lists')[strpos(getvariable('lookalike_characters'), c)][
        1 + pick('lookalike', key, len(getvariable('lookalike_lists')[
            strpos(getvariable('lookalike_characters'), c)]))];
create or replace macro lookalike_name(name, key) as
    case when can_be_confused(substr(name, length(name), 1))
        then substr(name, 1, length(name) - 1) || confused(substr(name, length(name), 1), key)
    when can_be_confused(substr(name, 2, 1))
        then substr(name, 1, 1) || confused(substr(name, 2, 1), key) || substr(name, 3)
    else confused(substr(name, 1, 1), key) || substr(name, 2) end;
create or replace macro rare_of(name) as
    case when is_rare(substr(name, length(name), 1)) then substr(name, length(name), 1)
        when is_rare(substr(name, 2, 1)) then substr(name, 2, 1) end;
create or replace macro unencodable_name(name, key) as
    replace(name, rare_of(name), case when u('unencodable', key) < 0.6 then '?'
        else getvariable('rare_pinyin')[strpos(getvariable('rare_characters'), rare_of(name))] end);
create or replace macro full_width(text) as translate(text, '0123456789X', '０１２３４５６７８９Ｘ');
create or replace macro wrong_digit(number, place, key) as
    substr(number, 1, place - 1)
    || ((substr(number, place, 1)::int + 1 + pick('digit', key, 9)) % 10)::varchar || substr(number, place + 1);
create or replace macro misformatted(number, key) as
    case when number like '%X' and u('format', key) < 0.7 then lower(number)
        when u('format', key) < 0.35 then full_width(number)
        when u('format', key) < 0.6 then ' ' || number
        when u('format', key) < 0.8 then number || ' '
        else substr(number, 1, 6) || ' ' || substr(number, 7, 8) || ' ' || substr(number, 15) end;
create or replace macro swapped_digits(number) as
    substr(number, 1, 5) || substr(number, 16, 1) || substr(number, 7, 9) || substr(number, 6, 1)
    || substr(number, 17);
