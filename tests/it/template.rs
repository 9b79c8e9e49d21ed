//! The template against the code: functions, names, routes.

use std::{collections::BTreeMap, fs, path::Path};

use domain::import::{HIDDEN, TRIES};

use super::coverage::documents;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The names of the folders in a folder.
pub(crate) fn folders(path: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join(path))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The resources of the template by logical id, each as its lines.
fn resources() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(root().join("template.yaml")).unwrap();
    let mut resources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = None;
    let lines = text.lines().skip_while(|line| *line != "Resources:").skip(1);
    for line in lines.take_while(|line| line.is_empty() || line.starts_with([' ', '#'])) {
        let id = line.strip_prefix("  ").filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        if let Some(id) = id.and_then(|rest| rest.strip_suffix(':')) {
            current = Some(id.to_owned());
        } else if let Some(id) = &current {
            resources.entry(id.clone()).or_default().push(line.trim().to_owned());
        }
    }
    assert!(resources.len() > 100, "the template is written in a way that this does not read");
    resources
}

/// A resource's property that stands on one line.
fn property<'a>(lines: &'a [String], name: &str) -> Option<&'a str> {
    let value = lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(value.trim().trim_matches(['\'', '"']))
}

fn of_type<'a>(
    resources: &'a BTreeMap<String, Vec<String>>,
    kind: &'a str,
) -> impl Iterator<Item = (&'a String, &'a Vec<String>)> + 'a {
    resources.iter().filter(move |(_, lines)| property(lines, "Type") == Some(kind))
}

/// `order-lifecycle` is `OrderLifecycle` in the template.
fn logical(function: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    function.split('-').map(word).collect()
}

#[test]
fn every_function_has_its_resource_its_name_its_log_and_its_package() {
    let resources = resources();
    let functions = folders("functions");
    for function in &functions {
        let id = logical(function);
        let lines = resources.get(&id).unwrap_or_else(|| panic!("template.yaml has no resource {id}"));
        assert_eq!(property(lines, "Type"), Some("AWS::Serverless::Function"), "{id}");
        assert_eq!(
            property(lines, "FunctionName"),
            Some(&*format!("!Sub ${{AWS::StackName}}-{function}")),
            "{id}"
        );
        assert_eq!(property(lines, "CodeUri"), Some(&*format!("target/lambda/{function}/")), "{id}");
        assert!(lines.iter().any(|line| line == "Policies:"), "{id} has no policy of its own");
        let logs = resources.get(&format!("{id}Logs")).unwrap_or_else(|| panic!("{id} has no log group"));
        assert_eq!(property(logs, "Type"), Some("AWS::Logs::LogGroup"));
        let manifest =
            fs::read_to_string(root().join("functions").join(function).join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains(&format!("name = \"{function}\"")),
            "the crate of {function} has another name"
        );
    }
    let made = of_type(&resources, "AWS::Serverless::Function").count();
    assert_eq!(made, functions.len(), "the template has a function without a folder");
}

/// How well a route's path fits an address (its segments, the exact ones first); nothing where it does not.
fn fits(route: &str, path: &str) -> Option<Vec<u8>> {
    let (mut segments, mut fit) = (path.split('/').peekable(), Vec::new());
    for wanted in route.split('/') {
        if wanted.ends_with("+}") {
            segments.peek()?;
            fit.push(0);
            return Some(fit);
        }
        let found = segments.next()?;
        let parameter = wanted.starts_with('{');
        // A parameter of the document is one of the gateway's as well: it holds anything, so that no literal takes it.
        if !parameter && wanted != found {
            return None;
        }
        fit.push(if parameter { 1 } else { 2 });
    }
    segments.peek().is_none().then_some(fit)
}

/// The gateway's choice: the route that fits best, and the function behind it.
fn function_of(resources: &BTreeMap<String, Vec<String>>, method: &str, path: &str) -> Option<String> {
    let best = of_type(resources, "AWS::ApiGatewayV2::Route")
        .filter_map(|(_, lines)| {
            let (verb, route) = property(lines, "RouteKey")?.split_once(' ')?;
            let fit = fits(route, path).filter(|_| verb == "ANY" || verb == method)?;
            Some((fit, lines))
        })
        .max_by_key(|(fit, _)| fit.clone())?;
    let target = property(best.1, "Target")?.split_once("${")?.1.strip_suffix('}')?;
    let arn = property(resources.get(target)?, "IntegrationUri")?;
    Some(arn.strip_prefix("!GetAtt ")?.strip_suffix(".Arn")?.to_owned())
}

#[test]
fn the_gateway_leads_every_route_of_the_document_to_its_function() {
    let resources = resources();
    let mut wrong = Vec::new();
    for (function, document) in documents() {
        for (method, path) in web::openapi::routes(&document) {
            let led = function_of(&resources, method, &path);
            if led.as_deref() != Some(&*logical(function)) {
                wrong.push(format!("{method} {path} is of {function} and leads to {led:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_http_function_may_be_called_by_the_gateway_and_is_in_the_document() {
    let resources = resources();
    let documented: Vec<_> = documents().into_iter().map(|(function, _)| logical(function)).collect();
    for (id, lines) in of_type(&resources, "AWS::ApiGatewayV2::Integration") {
        let function = property(lines, "IntegrationUri")
            .and_then(|arn| arn.strip_prefix("!GetAtt ")?.strip_suffix(".Arn"));
        let function = function.unwrap_or_else(|| panic!("{id} leads nowhere"));
        assert!(
            documented.iter().any(|name| name == function),
            "{function} is called over HTTP and is not in the document"
        );
        let permission = resources
            .get(&format!("{function}Permission"))
            .unwrap_or_else(|| panic!("{function} may not be called"));
        assert_eq!(property(permission, "Principal"), Some("apigateway.amazonaws.com"));
    }
}

#[test]
fn an_import_is_due_when_its_queue_has_tried_all_it_will() {
    let resources = resources();
    let queue = |name: &str| property(&resources["ImportQueue"], name).map(str::to_owned);
    assert_eq!(queue("VisibilityTimeout"), Some(HIDDEN.as_secs().to_string()));
    assert_eq!(queue("maxReceiveCount"), Some(TRIES.to_string()));
}

#[test]
fn the_best_route_is_the_one_with_the_most_literal_beginning() {
    assert_eq!(fits("/a/{id}", "/a/b"), Some(vec![2, 2, 1]));
    assert!(fits("/a/b", "/a/b") > fits("/a/{id}", "/a/b"));
    assert!(fits("/a/{id}", "/a/b") > fits("/a/{proxy+}", "/a/b"));
    assert_eq!(fits("/a/{proxy+}", "/a"), None);
    assert_eq!(fits("/a/{id}", "/a/b/c"), None);
    assert!(fits("/a/{proxy+}", "/a/b/c").is_some());
}
