create or replace macro primary_institution(community_code) as substr(community_code, 1, 9) || '01';
create or replace macro secondary_institution(community_code, key) as
    substr(community_code, 1, 6) || '0002' || (1 + pick('secondary', key, 2))::varchar;
create or replace macro tertiary_institution(key) as '3404000003' || (1 + pick('tertiary', key, 3))::varchar;
create or replace macro clinic_department(key) as
    ['02', '02', '03', '03', '03', '04', '05', '07', '10', '11', '12', '13', '50'][1 + pick('department', key, 13)];
create or replace macro own_department(code, key) as
    case pick('own code', key, 4) when 0 then 'NK' || code when 1 then 'D-' || code when 2 then code || '.01'
        else ltrim(code, '0') || 'A' end;
