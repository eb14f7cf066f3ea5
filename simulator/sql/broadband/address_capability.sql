create or replace macro in_unit(mbps, unit) as
    case unit when 'Kbps' then mbps * 1000 when 'MB/s' then mbps / 8.0 when 'KB/s' then mbps * 125 else mbps end;
create or replace macro rate_text(rate) as case when rate = round(rate) then rate::bigint::varchar else rate::decimal(12, 2)::varchar end;
create or replace table broadband_address_capability as
with housed as (
    select f.* exclude (home_house_id), {home}, home.address as old_address,
        case when address_fault is distinct from 'address_missing' then f.home_house_id end as given_house_id
    from faulty_broadband_address_capability as f
    join houses as home on home.house_id = f.home_house_id
),
rated as (
    select *, case when rate_fault = 'rate_in_other_unit' then other_unit else 'Mbps' end as rate_unit,
        case when rate_fault = 'rate_unit_mislabelled' then 'Kbps' when rate_fault = 'rate_in_other_unit' then other_unit else 'Mbps' end
            as true_unit,
        case rate_fault when 'subscription_as_capability' then subscribed when 'value_missing' then null else download_mbps end as reported
    from housed
)
select row_no, given_house_id, 'KD' || strftime(quarter_end, '%Y%m') || lpad(line_no::varchar, 10, '0') as capability_no,
    strftime(quarter_end, '%Y-%m') as period, operator::varchar as operator_code, {address} as address,
    case when community_fault is not null then next_community_code else house_community_code end as community_code,
    case when is_urban <> (area_fault is not null) then '1' else '2' end as area_type_code, access_code,
    rate_text(in_unit(reported, true_unit)) as download_rate, rate_text(in_unit(upload_mbps, true_unit)) as upload_rate, rate_unit,
    subscribed::varchar as subscribed_mbps,
    strftime(quarter_end + pick('surveyed', row_no, 28)::int, '%Y-%m-%d') as surveyed_on
from rated;
