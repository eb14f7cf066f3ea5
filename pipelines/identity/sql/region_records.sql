create or replace table region as
select record_key from touched
union
select record_key from tied_persons where person in (select person from region_persons)
union
select record_key from {assignments} where person_id in (select person from region_persons);

create or replace table kept_pairs as
select *
from {pairs}
where (record_key_l in (select record_key from region) or record_key_r in (select record_key from region))
    and record_key_l not in (select record_key from touched)
    and record_key_r not in (select record_key from touched);
