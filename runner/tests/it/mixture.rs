//! Random mixtures of changes to a schema: what a person could have changed between two releases, several things at once. Data in, data
//! out; nothing here knows how they are applied.

use serde_json::{Value, json};

/// The collection that holds two equal rows; only [`unique_over_equal_rows`] changes it.
pub(crate) const TWINS: &str = "twins";

/// Pseudo-random numbers (SplitMix64), the same for the same seed everywhere.
#[derive(Clone, Copy)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) % end.max(1) as u64).expect("small")
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}

/// A change; `false` when there is nothing to do it with.
type Change = fn(&mut Schema) -> bool;

/// Every kind of change, some of them several times.
const KINDS: [(&str, Change); 26] = [
    ("add a collection", Schema::add_collection),
    ("add a folder", Schema::add_folder),
    ("move a collection into another", Schema::move_collection),
    ("edit a collection", Schema::edit_collection),
    ("duplicate items", Schema::duplicate_items),
    ("drop a collection and what points to it", Schema::drop_collection),
    ("drop a collection and only the relations to it", Schema::drop_collection_alone),
    ("add a field", Schema::add_field),
    ("add a field", Schema::add_field),
    ("add a field", Schema::add_field),
    ("add a field", Schema::add_field),
    ("drop a field", Schema::drop_field),
    ("drop a field", Schema::drop_field),
    ("drop a field", Schema::drop_field),
    ("group fields", Schema::group_fields),
    ("drop a group", Schema::drop_group),
    ("drop a group and keep its name", Schema::drop_group_alone),
    ("edit a note", Schema::edit_note),
    ("edit a note", Schema::edit_note),
    ("edit a column", Schema::edit_column),
    ("edit a column", Schema::edit_column),
    ("turn an alias into a column or back", Schema::turn_alias),
    ("add a relation", Schema::add_relation),
    ("add a relation", Schema::add_relation),
    ("edit a relation", Schema::edit_relation),
    ("index a system field", Schema::index_system_field),
];

/// Another schema, some changes from `live`, and which.
pub(crate) fn mixture(live: &Value, chance: &mut Chance, number: usize) -> (Value, Vec<&'static str>) {
    let mut schema = Schema { value: live.clone(), chance: *chance, number: number * 100 };
    let mut done = Vec::new();
    for _ in 0..4 + schema.chance.below(9) {
        let (name, change) = KINDS[schema.chance.below(KINDS.len())];
        schema.number += 1;
        if change(&mut schema) {
            done.push(name);
        }
    }
    *chance = schema.chance;
    (schema.value, done)
}

/// The first schema: some collections with fields, relations and a place; and [`TWINS`].
pub(crate) fn beginning(empty: &Value, chance: &mut Chance) -> Value {
    let mut schema = Schema { value: empty.clone(), chance: *chance, number: 0 };
    schema.push("collections", collection(TWINS, Value::Null));
    schema.push("fields", column(TWINS, "id", "integer", 1));
    schema.push("fields", column(TWINS, "value", "string", 2));
    for change in
        [Schema::add_folder as Change, Schema::add_collection, Schema::add_relation, Schema::add_field]
    {
        for _ in 0..5 {
            schema.number += 1;
            change(&mut schema);
        }
    }
    schema.push("fields", column("c6", "place", "geometry.Point", 9));
    *chance = schema.chance;
    schema.value
}

/// New fields everywhere, and then a UNIQUE that the rows of [`TWINS`] contradict: it fails late.
pub(crate) fn unique_over_equal_rows(live: &Value, chance: &mut Chance) -> Value {
    let mut schema = Schema { value: live.clone(), chance: *chance, number: 90_000 };
    for _ in 0..12 {
        schema.number += 1;
        schema.add_field();
    }
    let mut code = column(TWINS, "code", "string", 3);
    code["schema"]["default_value"] = json!("the same");
    code["schema"]["is_unique"] = json!(true);
    schema.push("fields", code);
    *chance = schema.chance;
    schema.value
}

struct Schema {
    value: Value,
    chance: Chance,
    /// For names that were never used.
    number: usize,
}

/// The precision of a number, and its scale.
type Precision = Option<(i64, Option<i64>)>;

/// Directus' type, the column's, its precision.
const COLUMNS: [(&str, &str, Precision); 14] = [
    ("string", "character varying", None),
    ("text", "text", None),
    ("integer", "integer", Some((32, Some(0)))),
    ("bigInteger", "bigint", Some((64, Some(0)))),
    ("decimal", "numeric", Some((10, Some(5)))),
    ("float", "real", Some((24, None))),
    ("boolean", "boolean", None),
    ("date", "date", None),
    ("time", "time without time zone", None),
    ("dateTime", "timestamp without time zone", None),
    ("timestamp", "timestamp with time zone", None),
    ("json", "json", None),
    ("uuid", "uuid", None),
    ("geometry.Point", "geometry", None),
];

impl Schema {
    fn items(&self, section: &str) -> &[Value] {
        self.value[section].as_array().expect("a list")
    }

    fn push(&mut self, section: &str, item: Value) {
        self.value[section].as_array_mut().expect("a list").push(item);
    }

    /// Names of collections that may be changed; with a table.
    fn tables(&self) -> Vec<String> {
        let is_one = |each: &&Value| each["schema"].is_object() && each["collection"] != TWINS;
        self.items("collections").iter().filter(is_one).map(|each| text(&each["collection"])).collect()
    }

    fn table(&mut self) -> Option<String> {
        let tables = self.tables();
        self.chance.one(&tables).cloned()
    }

    /// A field that `fits`, and where it is; never a key.
    fn field(&mut self, fits: impl Fn(&Value) -> bool) -> Option<usize> {
        let may = |each: &Value| {
            each["collection"] != TWINS && each["schema"]["is_primary_key"] != true && fits(each)
        };
        let all: Vec<usize> =
            self.items("fields").iter().enumerate().filter(|(_, each)| may(each)).map(|(at, _)| at).collect();
        self.chance.one(&all).copied()
    }

    fn is_related(&self, collection: &str, field: &str) -> bool {
        self.items("relations").iter().any(|each| {
            (each["collection"] == collection && each["field"] == field)
                || (each["related_collection"] == collection && each["meta"]["one_field"] == field)
        })
    }

    fn edit(&mut self, section: &str, at: usize) -> &mut Value {
        &mut self.value[section][at]
    }

    fn retain(&mut self, section: &str, keep: impl Fn(&Value) -> bool) {
        self.value[section].as_array_mut().expect("a list").retain(keep);
    }

    fn add_collection(&mut self) -> bool {
        let name = format!("c{}", self.number);
        let parents: Vec<Value> = self
            .items("collections")
            .iter()
            .map(|each| each["collection"].clone())
            .chain([Value::Null])
            .collect();
        let group = self.chance.one(&parents).cloned().unwrap_or_default();
        self.push("collections", collection(&name, group));
        let key = *self.chance.one(&["integer", "uuid"]).expect("two");
        self.push("fields", column(&name, "id", key, 1));
        for at in 0..self.chance.below(4) {
            let (kind, ..) = *self.chance.one(&COLUMNS).expect("many");
            self.push("fields", column(&name, &format!("a{at}"), kind, 2 + at));
        }
        true
    }

    fn add_folder(&mut self) -> bool {
        let mut folder = collection(&format!("folder{}", self.number), Value::Null);
        folder.as_object_mut().expect("an object").remove("schema");
        self.push("collections", folder);
        true
    }

    fn move_collection(&mut self) -> bool {
        let folders: Vec<Value> = self
            .items("collections")
            .iter()
            .filter(|each| !each["schema"].is_object())
            .map(|each| each["collection"].clone())
            .collect();
        let Some(folder) = self.chance.one(&folders).cloned() else { return false };
        let Some(table) = self.table() else { return false };
        let at =
            self.items("collections").iter().position(|each| each["collection"] == *table).expect("there");
        self.edit("collections", at)["meta"]["group"] = folder;
        true
    }

    fn edit_collection(&mut self) -> bool {
        let at = self.chance.below(self.items("collections").len());
        let note = format!("note {}", self.number);
        let collection = text(&self.items("collections")[at]["collection"]);
        let field = self.field(|field| field["collection"] == *collection);
        let field = field.map(|at| self.items("fields")[at]["field"].clone()).unwrap_or_default();
        let meta = &mut self.edit("collections", at)["meta"];
        meta["note"] = json!(note);
        meta["sort_field"] = field.clone();
        meta["archive_field"] = field;
        true
    }

    fn duplicate_items(&mut self) -> bool {
        // Rarely: while a collection has it, dropped fields are left to Directus.
        if self.chance.below(4) > 0 {
            return false;
        }
        let Some(at) = self.field(|_| true) else { return false };
        let (collection, field) =
            (self.items("fields")[at]["collection"].clone(), self.items("fields")[at]["field"].clone());
        let at = self
            .items("collections")
            .iter()
            .position(|each| each["collection"] == collection)
            .expect("there");
        let meta = &mut self.edit("collections", at)["meta"];
        meta["item_duplication_fields"] =
            if meta["item_duplication_fields"].is_null() { json!([field]) } else { Value::Null };
        true
    }

    fn drop_collection(&mut self) -> bool {
        let Some(table) = self.table() else { return false };
        let pointing = self.items("relations").iter().filter(|each| each["related_collection"] == *table);
        let pointing: Vec<(Value, Value)> =
            pointing.map(|each| (each["collection"].clone(), each["field"].clone())).collect();
        self.forget_collection(&table);
        self.retain("fields", |each| {
            !pointing.contains(&(each["collection"].clone(), each["field"].clone()))
        });
        true
    }

    fn drop_collection_alone(&mut self) -> bool {
        let Some(table) = self.table() else { return false };
        self.forget_collection(&table);
        true
    }

    fn forget_collection(&mut self, table: &str) {
        let aliases = self.items("relations").iter().filter(|each| each["collection"] == *table);
        let aliases: Vec<(Value, Value)> = aliases
            .map(|each| (each["related_collection"].clone(), each["meta"]["one_field"].clone()))
            .collect();
        self.retain("collections", |each| each["collection"] != *table);
        self.retain("fields", |each| {
            each["collection"] != *table
                && !aliases.contains(&(each["collection"].clone(), each["field"].clone()))
        });
        self.retain("relations", |each| each["collection"] != *table && each["related_collection"] != *table);
        for each in self.value["collections"].as_array_mut().expect("a list") {
            if each["meta"]["group"] == *table {
                each["meta"]["group"] = Value::Null;
            }
        }
    }

    fn add_field(&mut self) -> bool {
        let Some(table) = self.table() else { return false };
        let (kind, ..) = *self.chance.one(&COLUMNS).expect("many");
        let mut field = column(&table, &format!("f{}", self.number), kind, self.number % 7);
        match self.chance.below(6) {
            0 if kind == "string" => field["schema"]["is_unique"] = json!(true),
            1 if kind == "string" => field["schema"]["default_value"] = json!("open"),
            2 if !kind.starts_with("geometry") && kind != "json" => {
                field["schema"]["is_indexed"] = json!(true)
            }
            3 => drop(field["meta"].as_object_mut().expect("an object").remove("sort")),
            4 => field = alias(&table, &format!("f{}", self.number), "presentation-divider", "no-data"),
            _ => {}
        }
        self.push("fields", field);
        true
    }

    fn drop_field(&mut self) -> bool {
        let Some(at) = self.field(|_| true) else { return false };
        let (collection, field) =
            (self.items("fields")[at]["collection"].clone(), self.items("fields")[at]["field"].clone());
        self.value["fields"].as_array_mut().expect("a list").remove(at);
        self.retain("relations", |each| each["collection"] != collection || each["field"] != field);
        for each in self.value["relations"].as_array_mut().expect("a list") {
            if each["related_collection"] == collection && each["meta"]["one_field"] == field {
                each["meta"]["one_field"] = Value::Null;
            }
        }
        self.ungroup(&collection, &field);
        true
    }

    fn ungroup(&mut self, collection: &Value, group: &Value) {
        for each in self.value["fields"].as_array_mut().expect("a list") {
            if each["collection"] == *collection && each["meta"]["group"] == *group {
                each["meta"]["group"] = Value::Null;
            }
        }
    }

    fn group_fields(&mut self) -> bool {
        let Some(table) = self.table() else { return false };
        let name = format!("g{}", self.number);
        for _ in 0..2 {
            if let Some(at) = self.field(|field| field["collection"] == *table) {
                self.edit("fields", at)["meta"]["group"] = json!(name);
            }
        }
        self.push("fields", alias(&table, &name, "group-raw", "group"));
        true
    }

    fn group(&mut self) -> Option<(Value, Value)> {
        let at = self.field(|field| field["meta"]["interface"] == "group-raw")?;
        let group = self.value["fields"].as_array_mut().expect("a list").remove(at);
        Some((group["collection"].clone(), group["field"].clone()))
    }

    fn drop_group(&mut self) -> bool {
        let Some((collection, name)) = self.group() else { return false };
        self.ungroup(&collection, &name);
        true
    }

    /// What was in it says so still, and one of it is changed besides.
    fn drop_group_alone(&mut self) -> bool {
        let Some((collection, name)) = self.group() else { return false };
        if let Some(at) =
            self.field(|field| field["collection"] == collection && field["meta"]["group"] == name)
        {
            self.edit("fields", at)["meta"]["note"] = json!("left behind");
        }
        true
    }

    fn edit_note(&mut self) -> bool {
        let Some(at) = self.field(|_| true) else { return false };
        let note = format!("note {}", self.number);
        self.edit("fields", at)["meta"]["note"] = json!(note);
        true
    }

    fn edit_column(&mut self) -> bool {
        let related: Vec<(String, String)> = self
            .items("fields")
            .iter()
            .map(|each| (text(&each["collection"]), text(&each["field"])))
            .filter(|(collection, field)| self.is_related(collection, field))
            .collect();
        let free = |each: &Value| !related.contains(&(text(&each["collection"]), text(&each["field"])));
        let Some(at) = self.field(|each| each["type"] == "string" && free(each)) else { return false };
        let what = self.chance.below(5);
        let field = self.edit("fields", at);
        match what {
            0 => {
                field["schema"]["max_length"] =
                    json!(field["schema"]["max_length"].as_u64().unwrap_or(255) - 1)
            }
            1 => field["schema"]["is_indexed"] = json!(field["schema"]["is_indexed"] != true),
            2 => field["schema"]["is_unique"] = json!(field["schema"]["is_unique"] != true),
            3 => field["schema"]["default_value"] = json!("changed"),
            _ => {
                field["type"] = json!("text");
                field["schema"]["data_type"] = json!("text");
                field["schema"]["max_length"] = Value::Null;
            }
        }
        field["schema"]["is_nullable"] = json!(what != 3);
        true
    }

    fn turn_alias(&mut self) -> bool {
        let Some(at) =
            self.field(|each| each["meta"]["interface"] == "presentation-divider" || each["type"] == "json")
        else {
            return false;
        };
        let field = self.items("fields")[at].clone();
        let (collection, name) = (text(&field["collection"]), text(&field["field"]));
        *self.edit("fields", at) = match field["type"] == "alias" {
            true => column(&collection, &name, "json", 3),
            false => alias(&collection, &name, "presentation-divider", "no-data"),
        };
        true
    }

    fn add_relation(&mut self) -> bool {
        let (Some(many), Some(one)) = (self.table(), self.table()) else { return false };
        let key = self
            .items("fields")
            .iter()
            .find(|each| each["collection"] == *one && each["schema"]["is_primary_key"] == true);
        let kind = text(&key.expect("a key")["type"]);
        let (name, list) = (format!("r{}", self.number), format!("l{}", self.number));
        self.push("fields", column(&many, &name, &kind, 5));
        let has_list = self.chance.below(2) == 0;
        if has_list {
            self.push("fields", alias(&one, &list, "list-o2m", "o2m"));
        }
        let one_field = if has_list { json!(list) } else { Value::Null };
        self.push("relations", relation(&many, &name, &one, one_field));
        true
    }

    fn edit_relation(&mut self) -> bool {
        let count = self.items("relations").len();
        if count == 0 {
            return false;
        }
        let (at, what) = (self.chance.below(count), self.chance.below(3));
        match what {
            0 => drop(self.value["relations"].as_array_mut().expect("a list").remove(at)),
            1 => self.edit("relations", at)["schema"]["on_delete"] = json!("CASCADE"),
            _ => self.edit("relations", at)["meta"]["one_deselect_action"] = json!("delete"),
        }
        true
    }

    fn index_system_field(&mut self) -> bool {
        let field =
            json!({ "collection": "directus_users", "field": "last_name", "schema": { "is_indexed": true } });
        match self.items("systemFields").iter().position(|each| *each == field) {
            Some(at) => drop(self.value["systemFields"].as_array_mut().expect("a list").remove(at)),
            None => self.push("systemFields", field),
        }
        true
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn collection(name: &str, group: Value) -> Value {
    json!({ "collection": name, "schema": { "name": name }, "meta": {
        "accountability": "all", "archive_app_filter": true, "archive_field": null, "archive_value": null, "collapse": "open",
        "collection": name, "color": null, "display_template": null, "group": group, "hidden": false, "icon": null,
        "item_duplication_fields": null, "note": null, "preview_url": null, "singleton": false, "sort": null, "sort_field": null,
        "translations": null, "unarchive_value": null, "versioning": false } })
}

fn meta(collection: &str, field: &str, interface: &str, special: Value, sort: usize) -> Value {
    json!({ "collection": collection, "conditions": null, "display": null, "display_options": null, "field": field, "group": null,
        "hidden": false, "interface": interface, "note": null, "options": null, "readonly": false, "required": false,
        "searchable": true, "sort": sort, "special": special, "translations": null, "validation": null,
        "validation_message": null, "width": "full" })
}

fn alias(collection: &str, field: &str, interface: &str, special: &str) -> Value {
    let special = if special == "o2m" { json!(["o2m"]) } else { json!(["alias", "no-data", special]) };
    json!({ "collection": collection, "field": field, "type": "alias", "meta": meta(collection, field, interface, special, 4) })
}

/// A column; one named `id` is the key.
fn column(collection: &str, field: &str, kind: &str, sort: usize) -> Value {
    let (_, data_type, precision) = *COLUMNS.iter().find(|(name, ..)| *name == kind).expect("a type");
    let is_key = field == "id";
    let counts = is_key && kind == "integer";
    let special = match kind {
        "json" => json!(["cast-json"]),
        "boolean" => json!(["cast-boolean"]),
        "uuid" if is_key => json!(["uuid"]),
        _ => Value::Null,
    };
    let default =
        if counts { json!(format!("nextval('{collection}_id_seq'::regclass)")) } else { Value::Null };
    json!({ "collection": collection, "field": field, "type": kind, "meta": meta(collection, field, "input", special, sort), "schema": {
        "name": field, "table": collection, "data_type": data_type, "default_value": default,
        "max_length": if kind == "string" { json!(255) } else { Value::Null },
        "numeric_precision": precision.map(|(precision, _)| precision), "numeric_scale": precision.and_then(|(_, scale)| scale),
        "is_nullable": !is_key, "is_unique": is_key, "is_indexed": false, "is_primary_key": is_key, "is_generated": false,
        "generation_expression": null, "has_auto_increment": counts, "foreign_key_table": null, "foreign_key_column": null } })
}

fn relation(many: &str, field: &str, one: &str, one_field: Value) -> Value {
    json!({ "collection": many, "field": field, "related_collection": one,
        "meta": { "junction_field": null, "many_collection": many, "many_field": field, "one_allowed_collections": null,
            "one_collection": one, "one_collection_field": null, "one_deselect_action": "nullify", "one_field": one_field,
            "sort_field": null },
        "schema": { "table": many, "column": field, "foreign_key_table": one, "foreign_key_column": "id",
            "constraint_name": format!("{many}_{field}_foreign"), "on_update": "NO ACTION", "on_delete": "SET NULL" } })
}
