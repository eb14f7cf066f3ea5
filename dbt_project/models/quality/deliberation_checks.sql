{{ config(materialized="ephemeral") }}

{#- Findings about accounts, votes, comments and points that only other rows reveal. -#}
with

accounts as (

    select * from {{ ref("stg_deliberation__accounts") }}
    where not is_deleted

),

earlier_accounts as (

    {{ earlier_records_of_person(
        "accounts", "registered_at", ["phone", "case when address_level = 'ROOM' then address_key end"]
    ) }}

),

devices as (

    select
        device_token,
        count(*) as accounts_count
    from accounts
    where device_token is not null
    group by device_token

),

judged_accounts as (

    select
        accounts.*,
        coalesce(earlier_accounts.earlier_records_count, 0) > 0 as is_repeated,
        devices.accounts_count
    from accounts
    left join earlier_accounts
        on accounts._source_record_id = earlier_accounts._source_record_id
    left join devices
        on accounts.device_token = devices.device_token

),

votes as (

    select
        votes.*,
        accounts.verification_code = 'UNVERIFIED' as is_unverified,
        row_number() over (
            partition by votes.topic_no, votes.account_no order by votes.voted_at, votes.vote_no
        ) as vote_place
    from {{ ref("stg_deliberation__votes") }} as votes
    left join accounts
        on votes.account_no = accounts.account_no
    where not votes.is_deleted

),

bundles as (

    select
        topic_no,
        device_token
    from votes
    group by topic_no, device_token
    having count(distinct account_no) >= 3

),

judged_votes as (

    select
        votes.*,
        bundles.topic_no is not null as is_stuffed
    from votes
    left join bundles
        on votes.topic_no = bundles.topic_no and votes.device_token = bundles.device_token

),

comments as (

    select
        *,
        row_number() over (
            partition by topic_no, account_no, content order by posted_at, comment_no
        ) as comment_place
    from {{ ref("stg_deliberation__comments") }}
    where not is_deleted

),

points as (

    select
        *,
        count(*) over (
            partition by account_no, {{ local_date("earned_at") }}, {{ local_hour("earned_at") }}
        ) as awards_in_hour
    from {{ ref("stg_deliberation__points") }}
    where not is_deleted

)

{#- A household may share a telephone, but not five accounts. #}
select
    'deliberation' as source_system,
    'account' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_repeated", "account_no", "person_duplicate", "flagged", "accounts.same_person"),
        finding("accounts_count >= 5", "device_token", "multi_account", "flagged", "accounts.same_device"),
    ]) }} as _findings
from judged_accounts
union all
select
    'deliberation' as source_system,
    'vote' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("vote_place > 1", "vote_no", "vote_repeated", "flagged", "votes.same_account"),
        finding("is_unverified", "account_no", "vote_unverified", "flagged", "votes.verification"),
        finding("is_stuffed", "device_token", "vote_stuffed", "flagged", "votes.same_device"),
    ]) }} as _findings
from judged_votes
union all
select
    'deliberation' as source_system,
    'comment' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("comment_place > 1", "content", "comment_repeated", "flagged", "comments.same_words"),
    ]) }} as _findings
from comments
union all
{#- Nobody reads twelve topics in an hour. #}
select
    'deliberation' as source_system,
    'points' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("awards_in_hour > 12", "earned_at", "points_farming", "flagged", "points.awards_in_hour"),
    ]) }} as _findings
from points
