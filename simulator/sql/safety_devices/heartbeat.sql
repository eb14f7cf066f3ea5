create or replace table safety_devices_heartbeat as
select row_no, device_id, message_id, round(100 - 40 * u('battery', device_no) - detail_no * 0.02, 1) as battery_percent,
    round(-60 - 45 * u('signal', row_no), 0) as signal_dbm,
    round((22 + 9 * u('warm', device_no) + 5 * sin(detail_no / 3.82) + u('degree', row_no))
        * case when body_fault = 'value_times_ten' then 10 else 1 end, 1) as temperature_celsius,
    event_time, gateway_time
from sent_messages where topic = 'heartbeat';
