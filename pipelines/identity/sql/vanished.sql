-- Records among those written that no longer exist.
insert into superseded
select seen.*
from {seen} as seen
where record_key in (select record_key from written_keys)
    and record_key not in (select record_key from live_written);
