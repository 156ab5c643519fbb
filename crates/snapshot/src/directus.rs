//! What each Directus version writes into a snapshot, in its own order.
//!
//! Taken from `@directus/api` (`dist/utils/sanitize-schema.js` picks the keys of an item and of its `schema`; `meta` is a whole row of
//! `directus_collections`, `directus_fields` or `directus_relations` without its `id`, keys sorted) and confirmed by a snapshot that
//! the real version made (`tests/data/`). When the pin moves: make that file anew with the new version and add a row to [`TABLE`].

/// The keys of one kind of object.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// Directus always writes these.
    pub required: &'static [&'static str],
    /// Directus writes these when they apply: `schema` is left out of a folder, of an alias field and of a relation without a
    /// foreign key.
    pub optional: &'static [&'static str],
}

/// The keys of every kind of object, for one Directus version.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "each name says which object it is about")]
pub struct Format {
    pub directus: &'static str,
    pub root: Keys,
    pub collection: Keys,
    pub collection_meta: Keys,
    pub collection_schema: Keys,
    pub field: Keys,
    pub field_meta: Keys,
    pub field_schema: Keys,
    pub system_field: Keys,
    pub system_field_schema: Keys,
    pub relation: Keys,
    pub relation_meta: Keys,
    pub relation_schema: Keys,
}

const fn all(required: &'static [&'static str]) -> Keys {
    Keys { required, optional: &[] }
}

/// One row for each version this tool knows.
pub const TABLE: &[Format] = &[Format {
    directus: "11.17.4",
    root: all(&["version", "directus", "vendor", "collections", "fields", "systemFields", "relations"]),
    collection: Keys { required: &["collection", "meta"], optional: &["schema"] },
    collection_meta: all(&[
        "accountability",
        "archive_app_filter",
        "archive_field",
        "archive_value",
        "collapse",
        "collection",
        "color",
        "display_template",
        "group",
        "hidden",
        "icon",
        "item_duplication_fields",
        "note",
        "preview_url",
        "singleton",
        "sort",
        "sort_field",
        "translations",
        "unarchive_value",
        "versioning",
    ]),
    collection_schema: all(&["name"]),
    field: Keys { required: &["collection", "field", "type", "meta"], optional: &["schema"] },
    field_meta: all(&[
        "collection",
        "conditions",
        "display",
        "display_options",
        "field",
        "group",
        "hidden",
        "interface",
        "note",
        "options",
        "readonly",
        "required",
        "searchable",
        "sort",
        "special",
        "translations",
        "validation",
        "validation_message",
        "width",
    ]),
    field_schema: all(&[
        "name",
        "table",
        "data_type",
        "default_value",
        "max_length",
        "numeric_precision",
        "numeric_scale",
        "is_nullable",
        "is_unique",
        "is_indexed",
        "is_primary_key",
        "is_generated",
        "generation_expression",
        "has_auto_increment",
        "foreign_key_table",
        "foreign_key_column",
    ]),
    system_field: all(&["collection", "field", "schema"]),
    system_field_schema: all(&["is_indexed"]),
    relation: Keys {
        required: &["collection", "field", "related_collection", "meta"],
        optional: &["schema"],
    },
    relation_meta: all(&[
        "junction_field",
        "many_collection",
        "many_field",
        "one_allowed_collections",
        "one_collection",
        "one_collection_field",
        "one_deselect_action",
        "one_field",
        "sort_field",
    ]),
    relation_schema: all(&[
        "table",
        "column",
        "foreign_key_table",
        "foreign_key_column",
        "constraint_name",
        "on_update",
        "on_delete",
    ]),
}];

/// The newest row: whose key order the canonical form follows.
pub const NEWEST: &Format = &TABLE[TABLE.len() - 1];

/// The row of `version`, if this tool knows it.
pub fn format_of(version: &str) -> Option<&'static Format> {
    TABLE.iter().find(|format| format.directus == version)
}

/// Whether `collection` is one of Directus' own, which a snapshot does not list.
pub fn is_system(collection: &str) -> bool {
    collection.starts_with("directus_")
}
