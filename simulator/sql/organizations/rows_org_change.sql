create or replace table rows_organizations_org_change as
with chosen as (
    select *, case when cancelled_on > date '{today}' - 90 then 'CANCEL'
            else ['NAME', 'ADDRESS', 'LEGAL_PERSON', 'EMPLOYEES', 'EMPLOYEES'][1 + pick('change item', org_no, 5)] end as item_code,
        case when cancelled_on > date '{today}' - 90 then cancelled_on
            else date '{today}' - pick('change day', org_no, 90)::int end as changed_on
    from rows_organizations_org
    where copy_no = 0 and (cancelled_on > date '{today}' - 90
        or (cancelled_on is null and registered_on < date '{today}' - 90 and u('changed', org_no) < 0.16))
)
select row_number() over (order by changed_on, org_no) as row_no, c.org_no, c.row_no as org_row_no, item_code, changed_on,
    case item_code when 'NAME' then regexp_replace(organization_name, '(.)(.)', '\2\1') when 'ADDRESS' then old.address
        when 'LEGAL_PERSON' then coalesce(kin.name, '（无）') when 'EMPLOYEES' then (employees + 1 + pick('staff before', org_no, 3))::varchar
        else '存续' end as before_text,
    case item_code when 'NAME' then organization_name when 'ADDRESS' then home.address
        when 'LEGAL_PERSON' then c.name when 'EMPLOYEES' then employees::varchar else '注销' end as after_text,
    u('revoked change', org_no) < 0.01 as is_revoked
from chosen as c
left join houses as home on home.house_id = c.home_house_id
left join houses as old on old.house_id = c.old_house_id
left join persons as boss on boss.person_no = c.person_no
left join persons as kin on kin.person_no = boss.relative_no;
