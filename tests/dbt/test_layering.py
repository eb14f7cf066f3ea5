"""What may read what in the warehouse, checked in the manifest that dbt itself makes."""

from __future__ import annotations

import pytest

from pipelines.assets.warehouse import BEFORE_IDENTITY

LAYERS = ("staging", "intermediate", "core", "sensitive", "indicators", "share", "quality")
MAY_READ = {
    "staging": {"landing", "staging", "quality"},
    "intermediate": {"staging", "intermediate", "reference"},
    "core": {"staging", "intermediate", "identity", "core", "reference"},
    "sensitive": {"staging", "intermediate", "identity", "core", "reference", "sensitive"},
    "indicators": {"core", "indicators"},
    "share": {"core"},
}


@pytest.mark.parametrize("layer", sorted(MAY_READ))
def test_layer_reads_only_what_lies_before_it(manifest: dict, layer: str) -> None:
    found = {
        f"{node['name']} reads {parent}"
        for node in _models(manifest, layer)
        for parent in node["depends_on"]["nodes"]
        if _place(manifest, parent) not in MAY_READ[layer]
    }
    assert not found


def test_staging_reads_sources_one_to_one(manifest: dict) -> None:
    landed = [
        [
            parent
            for parent in node["depends_on"]["nodes"]
            if ".landing." in parent and not parent.endswith(".batches")
        ]
        for node in _models(manifest, "staging")
        if node["name"].startswith("stg_")
    ]
    assert landed
    assert all(len(parents) == 1 and parents[0].startswith("source.") for parents in landed)


def test_every_data_test_runs_in_a_step_of_a_build(manifest: dict) -> None:
    """It runs where all models that it reads are built or depended on; where no step has all, never."""
    nodes, parents = manifest["nodes"], manifest["parent_map"]
    steps = {name: _step(node) for name, node in nodes.items() if node["resource_type"] in ("seed", "model")}
    reaches = [_with_ancestors(parents, steps, step) for step in sorted(set(steps.values()))]
    tests = [name for name, node in nodes.items() if node["resource_type"] == "test"]
    assert len(reaches) == 2
    assert tests
    assert not [name for name in tests if not any(steps.keys() & set(parents[name]) <= r for r in reaches)]


def _step(node: dict) -> str:
    is_before = node["resource_type"] == "seed" or node["fqn"][1] in BEFORE_IDENTITY.split()
    return "before identity" if is_before else "after identity"


def _with_ancestors(parents: dict[str, list[str]], steps: dict[str, str], step: str) -> set[str]:
    found: set[str] = set()
    waiting = [name for name, built_in in steps.items() if built_in == step]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += parents.get(name, [])
    return found


def test_every_model_of_a_layer_has_its_prefix(manifest: dict) -> None:
    prefixes = {
        "staging": ("stg_",),
        "intermediate": ("int_",),
        "core": (
            "dim_",
            "fct_",
            "bridge_",
            "person_",
            "house_links",
            "event_links",
            "event_records",
            "organization_links",
            "unmatched_addresses",
            "foreign_key_exceptions",
        ),
        "sensitive": ("sensitive_",),
        "indicators": ("ind_", "mart_", "fct_indicator_", "dim_indicators"),
        "share": ("share_",),
    }
    named = {(node["schema"], node["name"]) for layer in prefixes for node in _models(manifest, layer)}
    assert {name for layer, name in named if not name.startswith(prefixes[layer])} == set()


def test_every_model_states_its_grain_label_and_owner(manifest: dict) -> None:
    lacking = {
        f"{node['name']}: {key}"
        for layer in LAYERS
        for node in _models(manifest, layer)
        for key in ("label_zh", "grain", "owner", "owner_code")
        if not node["config"]["meta"].get(key)
    }
    assert not lacking


def test_every_column_of_core_has_a_chinese_label_and_a_class(manifest: dict) -> None:
    lacking = {
        f"{node['name']}.{name}"
        for layer in ("core", "sensitive", "share")
        for node in _models(manifest, layer)
        for name, column in node["columns"].items()
        if not column["description"]
        or not column["config"]["meta"].get("label_zh")
        or column["config"]["meta"].get("classification") not in {"L1", "L2", "L3", "L4"}
    }
    assert not lacking


def test_no_indicator_holds_a_row_about_a_person(manifest: dict) -> None:
    personal = {"person_id", "name", "id_number", "phone", "house_code", "address", "birth_date"}
    found = {
        f"{node['name']}.{column}"
        for node in _models(manifest, "indicators")
        for column in node["columns"]
        if column in personal
    }
    assert not found


def test_every_indicator_model_is_published(manifest: dict) -> None:
    published = manifest["nodes"]["model.community_brain.fct_indicator_values"]["depends_on"]["nodes"]
    defined = {
        f"model.community_brain.{node['name']}"
        for node in _models(manifest, "indicators")
        if node["config"]["meta"].get("indicator")
    }
    assert defined == set(published)


def _models(manifest: dict, layer: str) -> list[dict]:
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["schema"] == layer
    ]


def _place(manifest: dict, unique_id: str) -> str:
    node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
    return node["schema"]
