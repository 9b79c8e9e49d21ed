//! The samples in events/: `make invoke` sends them, so each has to be one that its function understands.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use super::{
    coverage::documents,
    stack::Stack,
    template::{folders, root},
};

/// Every sample: function, case and payload.
fn samples() -> Vec<(String, String, Value)> {
    let mut samples = Vec::new();
    for function in folders("events") {
        let mut files: Vec<_> = fs::read_dir(root().join("events").join(&function))
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            assert_eq!(file.extension().unwrap(), "json", "{file:?}");
            let case = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let payload = serde_json::from_slice(&fs::read(&file).unwrap());
            let payload = payload.unwrap_or_else(|error| panic!("{file:?}: {error}"));
            samples.push((function.clone(), case, payload));
        }
    }
    samples
}

#[test]
fn every_function_has_a_sample_and_every_sample_a_function() {
    let functions: BTreeSet<String> = folders("functions").into_iter().collect();
    let sampled: BTreeSet<String> = samples().into_iter().map(|(function, ..)| function).collect();
    assert_eq!(sampled, functions);
}

#[test]
fn every_http_sample_is_of_a_route_of_its_function() {
    let documents = documents();
    for (function, case, payload) in samples() {
        let Some((_, document)) = documents.iter().find(|(name, _)| *name == function) else { continue };
        if payload.get("bootstrap_admin").is_some() {
            continue;
        }
        assert_eq!(payload["version"], "2.0", "{function}/{case}");
        let http = &payload["requestContext"]["http"];
        assert_eq!(http["path"], payload["rawPath"], "{function}/{case}");
        let (method, path) = (http["method"].as_str().unwrap(), payload["rawPath"].as_str().unwrap());
        let known = web::openapi::routes(document)
            .iter()
            .any(|(verb, route)| *verb == method && matches(route, path));
        assert!(known, "{function}/{case}: {method} {path} is no route of it");
        if let Some(body) = payload["body"].as_str() {
            assert!(serde_json::from_str::<Value>(body).is_ok(), "{function}/{case}: {body}");
        }
    }
}

fn matches(route: &str, path: &str) -> bool {
    let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    route.len() == path.len()
        && route.iter().zip(path).all(|(wanted, found)| wanted.starts_with('{') || *wanted == found)
}

#[tokio::test]
async fn every_sample_is_understood_by_its_deployed_function() {
    let stack = Stack::find();
    for (function, case, payload) in samples() {
        let answer = stack.invoke(&function, &payload).await;
        let understood = match (&payload, &answer["statusCode"]) {
            // A batch. Of what was never made some is to come again, and then to lie with the dead letters.
            (batch, _) if batch["Records"].is_array() => answer["batchItemFailures"].is_array(),
            (_, Value::Number(status)) => {
                (200..500).contains(&status.as_u64().unwrap()) && status.as_u64() != Some(405)
            }
            (_, _) => answer.is_object(),
        };
        assert!(understood, "{function}/{case}: {answer}");
    }
}
