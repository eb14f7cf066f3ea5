create or replace macro changed_at(earliest, purpose, key, today) as
    at_zone(greatest(
        today - interval (pick(purpose || ' changed on', key, 90)) day + interval (25200 + pick(purpose || ' changed at', key, 40000)) second,
        least(earliest, today + interval 20 hour)));
