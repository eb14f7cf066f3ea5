create or replace table grid_track as
select t.row_no, 'GJ' || lpad(((t.row_no * 387420489 + 9) % 1000000000000)::varchar, 12, '0') as track_no,
    'WG' || lpad(t.worker_no::varchar, 6, '0') as worker_no, at_zone(located_local) as located_at,
    at_zone(case when upload_fault is null then located_local + interval (1 + pick('heard', t.row_no, 25)) second
        else t.day + interval (75600 + pick('sent', t.worker_no, 9000)) second end) as uploaded_at,
    round(c.longitude + 0.005 * sin(t.place / 4.0 + t.worker_no) + 0.0004 * u('step', t.row_no)
        + case when place_fault = 'gps_drift' then inward(c.longitude) * (0.05 + 0.08 * u('track drift', t.row_no)) else 0 end, 6)
        as longitude,
    round(c.latitude + 0.004 * cos(t.place / 5.0 + t.worker_no) + 0.0004 * u('stride', t.row_no), 6) as latitude,
    case when place_fault = 'mock_location' then 0 else 3 + round(30 * u('track accuracy', t.row_no), 1) end as accuracy_meters,
    place_fault is not distinct from 'mock_location' and u('honest', t.row_no) < 0.5 as is_mock_location,
    at_zone(case when upload_fault is null then located_local + interval (1 + pick('heard', t.row_no, 25)) second
        else t.day + interval (75600 + pick('sent', t.worker_no, 9000)) second end) as updated_at
from faulty_grid_track as t join communities as c using (community_no);
