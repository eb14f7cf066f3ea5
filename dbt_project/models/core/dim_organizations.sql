with

resolved as (

    select * from {{ ref("int_organizations_resolved") }}

),

-- With the name of their table, because a join on a column and a literal is not executed as a hash
-- join.
registered as (

    select
        *,
        'org' as source_table
    from {{ ref("stg_organizations__orgs") }}

),

filed as (

    select
        *,
        'org_community' as source_table
    from {{ ref("stg_civil_affairs__community_organizations") }}

),

houses as (

    select
        source_system,
        source_table,
        source_record_id,
        min(house_id) as house_id
    from {{ ref("house_links") }}
    where source_table in ('org', 'org_community')
    group by source_system, source_table, source_record_id

),

dim_houses as (

    select * from {{ ref("dim_houses") }}

),

persons as (

    select * from {{ ref("person_links") }}
    where source_table in ('org', 'org_community')

),

communities as (

    select * from {{ ref("dim_communities") }}

),

described as (

    select
        resolved.*,
        registered.org_type_code,
        registered.registrar_code,
        registered.industry,
        filed.kind_code as civil_kind_code,
        coalesce(registered.address, filed.address) as address,
        registered.employees,
        coalesce(registered.legal_person_name_standard, filed.legal_person_name_standard) as legal_person_name,
        houses.house_id,
        persons.person_id,
        -- Precedence: the register before the file of Civil Affairs, a valid code before a doubtful
        -- one, the newest first.
        row_number() over (
            partition by resolved.organization_id
            order by
                resolved.source_rank, resolved.credit_code is null, resolved.updated_at desc, resolved.record_key
        ) as record_rank
    from resolved
    left join registered
        on resolved.source_record_id = registered._source_record_id and resolved.source_table = registered.source_table
    left join filed
        on resolved.source_record_id = filed._source_record_id and resolved.source_table = filed.source_table
    left join houses
        on
            resolved.source_system = houses.source_system
            and resolved.source_table = houses.source_table
            and resolved.source_record_id = houses.source_record_id
    left join persons
        on
            resolved.source_system = persons.source_system
            and resolved.source_table = persons.source_table
            and resolved.source_record_id = persons.source_record_id

),

golden as (

    select
        organization_id,
        {%- for column in [
            "credit_code", "registration_no", "organization_name", "name_key", "org_type_code", "registrar_code",
            "industry", "civil_kind_code", "address", "community_code", "employees", "legal_person_name", "house_id",
            "person_id", "registered_on", "cancelled_on",
        ] %}
        {{ first_by(column, "record_rank") }} as {{ column }},
        {%- endfor %}
        max(updated_at) as updated_at,
        count(*) as record_count,
        count(distinct source_system) as source_count,
        {{ dbt.bool_or("is_cancelled") }} as is_cancelled,
        {{ dbt.bool_or("is_active") }} as is_active_somewhere
    from described
    group by organization_id

),

final as (

    select
        golden.organization_id,
        golden.credit_code,
        golden.registration_no,
        golden.organization_name,
        golden.name_key,
        golden.org_type_code,
        golden.registrar_code,
        golden.industry,
        golden.civil_kind_code,
        golden.address,
        communities.community_code,
        communities.county_code,
        golden.house_id,
        dim_houses.grid_code,
        golden.legal_person_name,
        golden.person_id as legal_person_id,
        golden.employees,
        golden.registered_on,
        golden.cancelled_on,
        golden.is_active_somewhere and not golden.is_cancelled as is_active,
        golden.is_cancelled and golden.is_active_somewhere as is_cancelled_but_active,
        golden.registered_on as valid_from,
        golden.cancelled_on as valid_to,
        golden.updated_at,
        golden.record_count,
        golden.source_count
    from golden
    left join communities
        on golden.community_code = communities.community_code
    left join dim_houses
        on golden.house_id = dim_houses.house_id

)

select * from final
