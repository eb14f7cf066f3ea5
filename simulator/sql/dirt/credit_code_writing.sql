create or replace macro confusable_places(code) as
    list_filter(range(1, 19), lambda place: contains('1052', substr(code, place, 1)));
create or replace macro with_confused(code, place) as
    substr(code, 1, place - 1) || translate(substr(code, place, 1), '1052', 'IOSZ') || substr(code, place + 1);
create or replace macro confusable_code(code, key) as
    with_confused(code, confusable_places(code)[1 + pick('confusable', key, len(confusable_places(code)))]);
