create or replace macro confusable_places(code) as
    list_filter(range(1, 19), lambda place: contains('1052', substr(code, place, 1)));
create or replace macro with_confused(code, place) as
    substr(code, 1, place - 1) || translate(substr(code, place, 1), '1052', 'IOSZ') || substr(code, place + 1);
create or replace macro confusable_code(code, key) as
    with_confused(code, confusable_places(code)[1 + pick('confusable', key, len(confusable_places(code)))]);
create or replace macro name_variant(name, kind, county, key) as
    case when kind = 'enterprise' then
        case pick('variant', key, 3) when 0 then replace(name, '有限公司', '有限责任公司')
            when 1 then name || '淮南分公司'
            else regexp_replace(name, '^淮南市?', '淮南市' || county) end
    when kind = 'non-enterprise' then
        case pick('variant', key, 2) when 0 then name || '（分部）'
            else regexp_replace(name, '^淮南市?', '淮南市' || county) end
    else case pick('variant', key, 3) when 0 then name || case when kind = 'individual' then '分店' else '（分部）' end
        when 1 then '淮南市' || name
        else substr(name, length(county) + 1) end end;
