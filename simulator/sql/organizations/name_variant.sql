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
