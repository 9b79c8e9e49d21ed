//! The template against the code: functions, names, routes, and who is told when something goes wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

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

/// What a resource is called after the stack's name.
fn named<'a>(lines: &'a [String], name: &str) -> &'a str {
    let value = property(lines, name).unwrap_or_default();
    value.strip_prefix("!Sub ${AWS::StackName}-").unwrap_or_else(|| panic!("{name}: {value}"))
}

/// The texts in double quotes on the line of dead_letters.py that begins so.
fn brought_back(beginning: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("infra/local/dead_letters.py")).unwrap();
    let line = text.lines().find(|line| line.starts_with(beginning));
    let line = line.unwrap_or_else(|| panic!("dead_letters.py has no line {beginning}"));
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The alarms on a metric, each of which reaches the topic as soon as there is anything.
fn alarms<'a>(resources: &'a BTreeMap<String, Vec<String>>, metric: &str) -> Vec<&'a Vec<String>> {
    let found = of_type(resources, "AWS::CloudWatch::Alarm").map(|(_, lines)| lines);
    let found: Vec<_> = found.filter(|lines| property(lines, "MetricName") == Some(metric)).collect();
    for alarm in &found {
        assert_eq!(property(alarm, "Threshold"), Some("0"), "{alarm:?}");
        assert_eq!(property(alarm, "ComparisonOperator"), Some("GreaterThanThreshold"), "{alarm:?}");
        let told = "!If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]";
        assert_eq!(property(alarm, "AlarmActions"), Some(told), "{alarm:?}");
    }
    found
}

#[test]
fn every_queue_ends_in_dead_letters_that_ring_and_are_brought_back() {
    let resources = resources();
    let queues: BTreeMap<_, _> = of_type(&resources, "AWS::SQS::Queue").collect();
    let dead_of = |lines: &Vec<String>| {
        let arn = property(lines, "deadLetterTargetArn")?;
        Some(arn.strip_prefix("!GetAtt ")?.strip_suffix(".Arn")?.to_owned())
    };
    let mut dead: BTreeSet<String> = queues.values().filter_map(|lines| dead_of(lines)).collect();
    for (rule, lines) in of_type(&resources, "AWS::Events::Rule") {
        let targets = lines.iter().filter(|line| line.starts_with("- Id:")).count();
        let undelivered = "DeadLetterConfig: {Arn: !GetAtt UndeliveredEvents.Arn}";
        assert_eq!(lines.iter().filter(|line| *line == undelivered).count(), targets, "{rule}");
    }
    dead.insert("UndeliveredEvents".to_owned());

    let mut names = Vec::new();
    for (id, lines) in queues.iter().filter(|(id, _)| !dead.contains(**id)) {
        let name = named(lines, "QueueName");
        let behind = dead_of(lines).unwrap_or_else(|| panic!("{id} has no dead letters"));
        let behind = queues.get(&behind).unwrap_or_else(|| panic!("{behind} is no queue"));
        assert_eq!(named(behind, "QueueName"), format!("{name}-dlq"));
        names.push(name.to_owned());
    }
    let mut known = brought_back("QUEUES = ");
    names.sort();
    known.sort();
    assert_eq!(names, known, "dead_letters.py knows other queues");
    assert_eq!(brought_back("UNDELIVERED = "), [named(queues[&"UndeliveredEvents".to_owned()], "QueueName")]);

    let watched = alarms(&resources, "ApproximateNumberOfMessagesVisible");
    for id in dead {
        let of_it = format!("- {{Name: QueueName, Value: !GetAtt {id}.QueueName}}");
        assert!(watched.iter().any(|alarm| alarm.contains(&of_it)), "nobody is told of {id}");
    }
}

#[test]
fn what_a_function_logs_as_an_alarm_rings() {
    let resources = resources();
    let counted = "[{MetricNamespace: !Ref AWS::StackName, MetricName: alarms, MetricValue: '1'}]";
    for function in folders("functions") {
        let id = logical(&function);
        let filter = resources.get(&format!("{id}Alarms"));
        let filter = filter.unwrap_or_else(|| panic!("nobody counts the alarms of {function}"));
        assert_eq!(property(filter, "Type"), Some("AWS::Logs::MetricFilter"), "{id}");
        assert_eq!(property(filter, "LogGroupName"), Some(&*format!("!Ref {id}Logs")), "{id}");
        assert_eq!(property(filter, "FilterPattern"), Some(r#"{ $.alarm = "*" }"#), "{id}");
        assert_eq!(property(filter, "MetricTransformations"), Some(counted), "{id}");
    }
    let [alarm] = alarms(&resources, "alarms")[..] else { panic!("there is one alarm for all") };
    assert_eq!(property(alarm, "Namespace"), Some("!Ref AWS::StackName"));
    assert_eq!(property(alarm, "Statistic"), Some("Sum"));
}

#[test]
fn what_cannot_be_swept_for_a_quarter_of_an_hour_rings() {
    let resources = resources();
    let filter = &resources["ReservationExpiryUnswept"];
    assert_eq!(property(filter, "LogGroupName"), Some("!Ref ReservationExpiryLogs"));
    let message = property(filter, "FilterPattern")
        .and_then(|pattern| pattern.strip_prefix("{ $.message = \"")?.strip_suffix("\" }"));
    let line = format!("\"{}\");", message.expect("a filter on a message"));
    let source = fs::read_to_string(root().join("functions/reservation-expiry/src/lib.rs")).unwrap();
    assert!(source.contains(&line), "the sweeper logs no line {line}");
    let counted = "[{MetricNamespace: !Ref AWS::StackName, MetricName: unswept, MetricValue: '1'}]";
    assert_eq!(property(filter, "MetricTransformations"), Some(counted));
    let [alarm] = alarms(&resources, "unswept")[..] else { panic!("there is one alarm") };
    assert_eq!(property(alarm, "Namespace"), Some("!Ref AWS::StackName"));
    let number = |name| property(alarm, name).unwrap().parse::<u32>().unwrap();
    assert_eq!(number("Period") * number("EvaluationPeriods"), 900);
}

/// The names of alarms in the sources below a folder.
fn logged(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            logged(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            for rest in fs::read_to_string(&path).unwrap().split("alarm = ").skip(1) {
                let name = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
                names.insert(
                    name.unwrap_or_else(|| panic!("{path:?}: an alarm is not written out")).to_owned(),
                );
            }
        }
    }
}

#[test]
fn of_every_alarm_the_operations_say_what_to_do_and_of_no_other() {
    let mut names = BTreeSet::new();
    for crates in ["functions", "shared"] {
        for name in folders(crates) {
            logged(&root().join(crates).join(name).join("src"), &mut names);
        }
    }
    assert!(names.len() > 5, "the alarms are written in a way that this does not read: {names:?}");
    let text = fs::read_to_string(root().join("docs/OPERATIONS.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let (mut told, mut endings) = (BTreeSet::new(), Vec::new());
    for row in rows {
        if let Some(name) = row.strip_prefix("log `alarm = ").and_then(|row| row.strip_suffix('`')) {
            told.insert(name.to_owned());
        } else if let Some(ending) = row.strip_prefix("`…").and_then(|row| row.strip_suffix('`')) {
            endings.push(ending);
        }
    }
    assert_eq!(told, names, "docs/OPERATIONS.md tells of other alarms than are logged");
    let resources = resources();
    let mut rung = BTreeSet::new();
    for (id, lines) in of_type(&resources, "AWS::CloudWatch::Alarm") {
        let name = format!("-{}", named(lines, "AlarmName"));
        let row = endings.iter().filter(|ending| name.ends_with(**ending)).max_by_key(|ending| ending.len());
        rung.insert(*row.unwrap_or_else(|| panic!("docs/OPERATIONS.md does not tell of {id}")));
    }
    let told: BTreeSet<_> = endings.into_iter().collect();
    assert_eq!(rung, told, "docs/OPERATIONS.md tells of alarms that are not there");
}

#[test]
fn what_the_bus_does_not_take_is_tried_again_for_most_of_a_day_and_kept_then() {
    let resources = resources();
    let mapping = &resources["OutboxRelaySource"];
    assert_eq!(property(mapping, "MaximumRetryAttempts"), Some("-1"));
    let age: u32 = property(mapping, "MaximumRecordAgeInSeconds").unwrap().parse().unwrap();
    // The stream forgets after a day, and what it has forgotten nobody can keep.
    assert!((80_000..86_400).contains(&age), "{age}");
    let kept = property(mapping, "DestinationConfig");
    assert_eq!(kept, Some("{OnFailure: {Destination: !GetAtt WorkBucket.Arn}}"));
    // Where outbox-relay lays aside what would never be taken.
    assert_eq!(property(&resources["OutboxRelay"], "WORK_BUCKET"), Some("!Ref WorkBucket"));
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
