create or replace table rows_property_lift as
select row_no * 10 + unnest(range(units_count)) as row_no, row_no as building_row_no, true_estate_no, building_id
from property_building where kind = 'tower';
