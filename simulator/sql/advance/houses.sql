-- One day of houses: some faults are corrected at the source, some houses are inspected again.
create or replace temp table corrected as
select source_record_id as house_code, list(column_name) as columns from truth_dirt
where system = 'population' and table_name = 'house'
    and dirt_type in ('demolished_lived_in', 'rented_without_record', 'wrong_community', 'grid_missing', 'grid_stale')
    and u('correct house', source_record_id || column_name) < 0.008
group by source_record_id;

create or replace temp table seen as
select house_code from house where u('house seen', house_code) < 0.004 union select house_code from corrected;

update house as t set
    status_code = case when list_contains(w.columns, 'status_code') then '1' else t.status_code end,
    is_rented = case when list_contains(w.columns, 'is_rented') then true else t.is_rented end,
    community_code = case when list_contains(w.columns, 'community_code') then w.community_code else t.community_code end,
    grid_code = case when list_contains(w.columns, 'grid_code') then w.grid_code else t.grid_code end,
    update_time = at_zone(timestamp '{today}' + interval (21600 + pick('house day', t.house_code, 43200)) second)
from (select s.house_code, c.columns, h.community_code, h.grid_code
      from seen as s join houses as h using (house_code) left join corrected as c using (house_code)) as w
where w.house_code = t.house_code;

delete from truth_dirt as d using corrected as c
where d.system = 'population' and d.table_name = 'house' and d.source_record_id = c.house_code
    and list_contains(c.columns, d.column_name);
