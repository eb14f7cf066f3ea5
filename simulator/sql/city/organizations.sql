create or replace table organizations as
with kinds as (
    select * from (values
        ('enterprise', '91', 0.40), ('individual', '92', 0.36), ('society', '51', 0.08), ('non-enterprise', '52', 0.06),
        ('institution', '12', 0.10)
    ) as k (kind_code, prefix, share)
),
counted as (
    select community_no, community_code, community_label, county_code, county_name, town_code, houses,
        greatest(3, (houses / 9.0)::int) as organizations
    from communities
),
numbered as (
    select *, unnest(range(organizations))::int as place,
        sum(organizations) over (order by community_no) - organizations as before
    from counted
),
shaped as (
    select *, (before + place + 1)::bigint as org_no
    from numbered
),
kinded as (
    select s.*, case when place = 0 then 'committee'
        when place = 1 then 'institution'
        when u('kind', org_no) < 0.42 then 'enterprise' when u('kind', org_no) < 0.82 then 'individual'
        when u('kind', org_no) < 0.91 then 'society' else 'non-enterprise' end as kind_code,
        draw('trade_names', 'trade', org_no) as trade, draw('industries', 'industry', org_no) as industry,
        draw('shop_trades', 'shop', org_no) as shop
    from shaped as s
),
adults as (
    select person_no, community_no, surname,
        row_number() over (partition by community_no order by u('boss', person_no), person_no) - 1 as adult_place
    from persons where presence = 'resident' and age_years between 25 and 70
),
sited as (
    select house_id, community_no, house_code, grid_code, address,
        row_number() over (partition by community_no order by usage_code = '01', u('premises', house_id), house_id) - 1 as site_place
    from houses
),
placed as (
    select k.*, k.place % a.adults as adult_place, k.place % s.sites as site_place
    from kinded as k
    left join (select community_no, count(*) as adults from adults group by all) as a using (community_no)
    left join (select community_no, count(*) as sites from sited group by all) as s using (community_no)
),
led as (
    select p.*, a.person_no as legal_person_no, a.surname as boss, s.house_id, s.house_code, s.grid_code, s.address
    from placed as p
    left join adults as a using (community_no, adult_place)
    left join sited as s using (community_no, site_place)
),
named as (
    select *, case kind_code
        when 'committee' then county_name || community_label || case when community_label like '%村' then '民委员会' else '居民委员会' end
        when 'institution' then county_name || regexp_replace(community_label, '(社区|村)$', '') || draw('institution_names', 'institution', org_no)
        when 'enterprise' then '淮南' || case when u('city', org_no) < 0.6 then '市' else '' end || trade || industry || '有限公司'
        when 'individual' then county_name || coalesce(boss, trade) || trade || shop
        when 'society' then county_name || regexp_replace(community_label, '(社区|村)$', '') || draw('society_names', 'society', org_no)
        else '淮南市' || trade || '社会服务中心' end as name_drawn,
        date '2026-06-30' - (60 + 9000 * pow(u('registered', org_no), 1.6))::int as registered_on,
        upper(substr(md5(org_no::varchar || 'body'), 1, 8)) as body_drawn
    from led
),
distinguished as (
    select *, row_number() over (partition by name_drawn order by org_no) as same_name,
        case kind_code when 'enterprise' then '91' when 'individual' then '92' when 'society' then '51'
            when 'non-enterprise' then '52' when 'institution' then '12' else '55' end as prefix,
        'MA' || lpad((org_no % 1000000)::varchar, 6, '0') as body_eight
    from named
),
coded as (
    select *, case when same_name = 1 then name_drawn
            else regexp_replace(name_drawn, '(' || trade || ')', '\1' || substr('一二三四五六七八九十甲乙丙丁戊己庚辛', ((same_name - 2) % 18 + 1)::int, 1)) end
        as name_once,
        prefix || '34049' || (list_position(['340402', '340403', '340404', '340405', '340406', '340421', '340422'], county_code) - 1)::varchar
            || body_eight || body_check(body_eight) as seventeen,
        '34049' || (list_position(['340402', '340403', '340404', '340405', '340406', '340421', '340422'], county_code) - 1)::varchar
            || lpad((org_no % 100000000)::varchar, 8, '0') as fourteen
    from distinguished
)
select org_no, kind_code,
    case when row_number() over (partition by name_once order by org_no) = 1 then name_once
        else name_once || '（' || community_label || '）' end as name,
    seventeen || credit_check(seventeen) as credit_code,
    case when registered_on < date '2015-10-01' and kind_code in ('enterprise', 'individual')
        then fourteen || registration_check(fourteen) end as old_registration_no,
    trade, case when kind_code = 'individual' then shop else industry end as industry,
    community_no, community_code, county_code, town_code, house_id, house_code, grid_code, address, legal_person_no,
    registered_on,
    case when kind_code not in ('committee', 'institution') and u('cancelled', org_no) < 0.06
        then registered_on + (30 + pick('cancelled', org_no, greatest(1, date_diff('day', registered_on, date '2026-06-30') - 30)))::int end
        as cancelled_on,
    case kind_code when 'enterprise' then 3 + (200 * pow(u('staff', org_no), 4))::int when 'individual' then 1 + pick('staff', org_no, 4)
        when 'committee' then 7 else 2 + pick('staff', org_no, 20) end::int as employees
from coded;
