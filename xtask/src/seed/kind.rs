//! What a seed needs to know of a collection: which fields it has, what each takes, and what it points to. Read from the snapshot; of
//! Directus' own collections a seed can hold people's accounts, as far as they give nobody rights. Pure.

use serde_json::Value;
use snapshot::{Field, Index, Snapshot, directus};
use std::collections::BTreeMap;

/// One collection.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) name: String,
    /// The name of its primary key.
    pub(crate) id: String,
    pub(crate) fields: BTreeMap<String, FieldKind>,
}

/// One field.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldKind {
    /// Directus' type.
    pub(crate) kind: String,
    /// A new item without it would not be taken, or would be of no use.
    pub(crate) is_required: bool,
    pub(crate) is_nullable: bool,
    pub(crate) is_unique: bool,
    pub(crate) max_length: Option<usize>,
    /// The values that its form offers, if it offers only these.
    pub(crate) choices: Option<Vec<Value>>,
    /// The collection that it points to.
    pub(crate) target: Option<String>,
    /// Why a seed cannot give it a value, if it cannot.
    pub(crate) closed: Option<String>,
}

impl Kind {
    /// Where its items are in Directus' API.
    pub(crate) fn path(&self) -> String {
        match self.name.strip_prefix("directus_") {
            Some(own) => format!("/{own}"),
            None => format!("/items/{}", self.name),
        }
    }
}

/// The collections that a seed can fill, by name; others by the reason why not.
pub(crate) fn kinds(snapshot: &Snapshot) -> BTreeMap<String, Result<Kind, String>> {
    let index = snapshot.index();
    let mut kinds: BTreeMap<String, Result<Kind, String>> = snapshot
        .collections()
        .map(|collection| {
            let name = collection.name();
            let kind = match (collection.has_table(), collection.meta("singleton")) {
                (false, _) => Err(format!("`{name}` is a folder: it holds no items")),
                (_, Some(Value::Bool(true))) => {
                    Err(format!("`{name}` is a singleton: it has one item, and no key to find it by"))
                }
                _ => Ok(kind(&index, name)),
            };
            (name.to_owned(), kind)
        })
        .collect();
    kinds.insert(USERS.to_owned(), Ok(users()));
    kinds
}

fn kind(index: &Index<'_>, name: &str) -> Kind {
    let fields = || index.fields(name).iter().copied();
    Kind {
        name: name.to_owned(),
        id: fields().find(|field| field.is_primary_key()).map_or("id", Field::name).to_owned(),
        fields: fields().map(|field| (field.name().to_owned(), field_kind(index, field))).collect(),
    }
}

fn field_kind(index: &Index<'_>, field: Field<'_>) -> FieldKind {
    let is = |value: Option<&Value>| value == Some(&Value::Bool(true));
    let relation = index.relation(field.collection(), field.name());
    let made_by_directus = field.special().any(|special| {
        let (what, when) = special.split_once('-').unwrap_or_default();
        ["date", "user", "role"].contains(&what) && ["created", "updated"].contains(&when)
    });
    let closed = if field.is_primary_key() {
        Some("is given by Directus; the seed's `key` tells items apart".to_owned())
    } else if field.is_alias() {
        Some(alias(index, field))
    } else if made_by_directus || is(field.schema("is_generated")) {
        Some("is set by Directus itself".to_owned())
    } else if relation.is_some_and(|relation| relation.related_collection().is_none()) {
        Some("points to items of several collections, which a seed cannot name".to_owned())
    } else if field.kind() == "hash" {
        Some(
            "is a hash: it cannot be read back, so a second run could not see that nothing changed"
                .to_owned(),
        )
    } else {
        None
    };
    let has_default = field.schema("default_value").is_some_and(|value| !value.is_null());
    let is_nullable = is(field.schema("is_nullable")) && !is(field.meta("required"));
    let options = field.meta("options");
    let option = |name: &str| options.and_then(|options| options.get(name));
    let choices = option("choices").and_then(Value::as_array).filter(|_| !is(option("allowOther")));
    FieldKind {
        kind: field.kind().to_owned(),
        is_required: closed.is_none() && !is_nullable && !has_default,
        is_nullable,
        is_unique: is(field.schema("is_unique")),
        max_length: field
            .schema("max_length")
            .and_then(Value::as_u64)
            .and_then(|max| usize::try_from(max).ok()),
        choices: choices
            .map(|choices| choices.iter().filter_map(|choice| choice.get("value").cloned()).collect()),
        target: relation.and_then(|relation| relation.related_collection()).map(str::to_owned),
        closed,
    }
}

/// The other side of a relation: what to write instead.
fn alias(index: &Index<'_>, field: Field<'_>) -> String {
    match index.relation_of_alias(field.collection(), field.name()) {
        Some(relation) => format!(
            "lists items of `{}` that point here; write them under `{0}`, each with its `{}`",
            relation.collection(),
            relation.field()
        ),
        None => "has no value of its own".to_owned(),
    }
}

/// People's accounts.
const USERS: &str = "directus_users";

/// What a seed can say of an account. Not a password, a token, a role or a policy: a file in git gives nobody rights.
fn users() -> Kind {
    let text = |max_length| FieldKind {
        kind: "string".to_owned(),
        is_nullable: true,
        max_length: Some(max_length),
        ..FieldKind::default()
    };
    let closed = |why: &str| FieldKind { closed: Some(why.to_owned()), ..FieldKind::default() };
    let statuses = ["draft", "invited", "unverified", "active", "suspended", "archived"].map(Value::from);
    let mut fields = vec![
        ("email", FieldKind { is_required: true, is_nullable: false, is_unique: true, ..text(128) }),
        ("first_name", text(50)),
        ("last_name", text(50)),
        ("title", text(50)),
        ("location", text(255)),
        ("description", FieldKind { max_length: None, kind: "text".to_owned(), ..text(0) }),
        ("language", text(255)),
        ("status", FieldKind { is_nullable: false, choices: Some(statuses.to_vec()), ..text(16) }),
    ];
    let rights = "gives rights, and a file in git gives nobody rights: set it in Directus";
    fields.extend(["password", "token", "role", "policies", "tfa_secret"].map(|name| (name, closed(rights))));
    fields.push(("id", closed("is given by Directus; the seed's `key` tells items apart")));
    let fields = fields.into_iter().map(|(name, field)| (name.to_owned(), field));
    Kind { name: USERS.to_owned(), id: "id".to_owned(), fields: fields.collect() }
}

/// Why no item of this collection can be in a seed.
pub(crate) fn unknown(name: &str, kinds: &BTreeMap<String, Result<Kind, String>>) -> String {
    if directus::is_system(name) {
        return format!("`{name}` is Directus' own; of those a seed can only fill `{USERS}`");
    }
    format!("`{name}` is no collection of snapshots/schema.yaml{}", meant(name, kinds.keys()))
}

/// `; did you mean …?`, if one of `names` is near.
pub(crate) fn meant<'a>(name: &str, names: impl Iterator<Item = &'a String>) -> String {
    let near = names
        .map(|each| (strsim::jaro_winkler(name, each), each))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    near.map_or_else(String::new, |(_, each)| format!("; did you mean `{each}`?"))
}
