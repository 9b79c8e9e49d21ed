//! What docs/SPEC.md may name, and whether it is there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use events::EventType;
use serde_json::Value;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A name in one of the forms that can be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// `GET /api/v1/…`; {channel} stands for both kinds.
    Route(String, String),
    /// `order.paid`
    Event(String),
    /// `test: sentence_of_the_test`
    Test(String),
    /// `shared/domain/src/cart.rs`, or `shared/domain/src/cart.rs::Cart`
    File(String, Option<String>),
}

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "PATCH", "DELETE"];
/// Where Stripe's webhooks arrive: the function's own addresses, which are in no document of the gateway's.
const WEBHOOKS: [&str; 2] = ["{stripe-webhook}/", "{stripe-webhook}/connect"];
const ENDINGS: [&str; 7] = [".rs", ".md", ".yaml", ".json", ".toml", ".py", ".txt"];

impl Code {
    pub(crate) fn of(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix("test: ") {
            return Some(Self::Test(name.to_owned()));
        }
        if let Some((method, path)) = text.split_once(' ') {
            let is_route = METHODS.contains(&method)
                && (path.starts_with("/api/v1/") || path.starts_with("{stripe-webhook}"));
            return is_route.then(|| Self::Route(method.to_owned(), path.to_owned()));
        }
        let (file, item) = match text.split_once("::") {
            Some((file, item)) => (file, Some(item.to_owned())),
            None => (text, None),
        };
        if ENDINGS.iter().any(|ending| file.ends_with(ending)) {
            return Some(Self::File(file.to_owned(), item));
        }
        let (aggregate, happened) = text.split_once('.')?;
        let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        (word(aggregate) && word(happened)).then(|| Self::Event(text.to_owned()))
    }
}

/// What there is to be named.
pub(crate) struct Repository {
    routes: BTreeSet<(String, String)>,
    functions: BTreeSet<String>,
}

impl Repository {
    pub(crate) fn read() -> Self {
        let mut functions = BTreeSet::new();
        for part in ["shared", "functions", "infra", "tests"] {
            collect(&root().join(part), &mut functions);
        }
        Self { routes: routes(), functions }
    }

    /// What is wrong with a name, where something is.
    pub(crate) fn lacks(&self, code: &Code) -> Option<String> {
        match code {
            Code::Route(method, path) if path.starts_with("{stripe-webhook}") => {
                let known = method == "POST" && WEBHOOKS.contains(&path.as_str());
                (!known).then(|| "is no address of stripe-webhook's".to_owned())
            }
            Code::Route(method, path) => in_each_channel(path)
                .into_iter()
                .find(|path| !self.routes.contains(&(method.clone(), path.clone())))
                .map(|path| format!("is not in docs/openapi.json: {method} {path}")),
            Code::Event(name) => {
                let known = EventType::ALL.iter().any(|kind| kind.as_str() == name);
                (!known).then(|| "is no type of event".to_owned())
            }
            Code::Test(name) => {
                (!self.functions.contains(name)).then(|| "is no test in any .rs file".to_owned())
            }
            Code::File(file, item) => match (fs::read_to_string(root().join(file)), item) {
                (Err(_), _) => Some("is no file of the repository".to_owned()),
                (Ok(text), Some(item)) if !has_word(&text, item) => {
                    Some(format!("names {item}, which is not in it"))
                }
                _ => None,
            },
        }
    }
}

fn in_each_channel(path: &str) -> Vec<String> {
    if path.contains("{channel}") {
        ["vendors/{slug}", "market"].map(|channel| path.replace("{channel}", channel)).into()
    } else {
        vec![path.to_owned()]
    }
}

fn routes() -> BTreeSet<(String, String)> {
    let document: Value =
        serde_json::from_str(&fs::read_to_string(root().join("docs/openapi.json")).unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect()
}

/// The names of the test functions in all .rs files of a folder.
fn collect(folder: &Path, functions: &mut BTreeSet<String>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, functions);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            tests_of(&fs::read_to_string(&path).unwrap(), functions);
        }
    }
}

/// A test is a function behind an attribute that ends in `test`, others of its attributes between them.
fn tests_of(text: &str, functions: &mut BTreeSet<String>) {
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if let Some(attribute) = line.strip_prefix("#[") {
            let name = attribute.split(['(', ']']).next().unwrap_or_default();
            is_test |= name == "test" || name.ends_with("::test");
            continue;
        }
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(name) = function.and_then(|rest| rest.split('(').next()).filter(|_| is_test) {
            functions.insert(name.to_owned());
        }
        is_test &= line.is_empty() || line.starts_with("//");
    }
}

/// Whether a text has a word that is no part of another.
fn has_word(text: &str, word: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(inner) && !text[at + word.len()..].starts_with(inner))
}
