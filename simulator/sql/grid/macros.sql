create or replace macro inward(longitude) as case when longitude < 116.85 then 1 else -1 end;
create or replace macro status_variant(county_code, state) as
    case county_code
        when '340422' then case state when 'CLOSED' then '结案' when 'HANDLING' then '处置中' when 'ACCEPTED' then '已立案' else '返工' end
        when '340421' then case state when 'CLOSED' then '4' when 'HANDLING' then '3' when 'ACCEPTED' then '1' else '5' end
        else case state when 'CLOSED' then 'closed' when 'HANDLING' then 'handling' when 'ACCEPTED' then 'accepted' else 'reopened' end
    end;
