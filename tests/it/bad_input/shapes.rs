//! Bodies and fields of the wrong shape.

use super::*;

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    for Takes { method, path, who, body, needs } in bodies() {
        let route = (method, path, who);
        let unreadable = [(400, "invalid_json"), (400, "invalid_body")];
        for text in ["", "{", "nonsense", "{\"a\":", "{}{}", "\u{feff}{}", "{'a': 1}", "[1,]", "\"\\ud800\""]
        {
            let answer = bench.send(route, "application/json", text).await;
            check(&answer, &format!("{method} {path} {text:?}"), &unreadable, &mut wrong);
        }
        let answer =
            bench.send(route, "application/json", vec![b'{', b'"', 0xff, 0xfe, b'"', b':', b'1', b'}']).await;
        check(&answer, "not UTF-8", &unreadable, &mut wrong);
        let deep = "[".repeat(100_000);
        check(&bench.send(route, "application/json", deep).await, "deep", &unreadable, &mut wrong);
        for shape in [json!(null), json!(true), json!(7), json!("text"), json!([])] {
            let answer = bench.json(route, &shape).await;
            check(
                &answer,
                &format!("{method} {path} {shape}"),
                &[(400, "invalid_body"), (422, "invalid_value")],
                &mut wrong,
            );
        }
        if let Some(needs) = needs {
            let mut without = body.clone();
            without.as_object_mut().unwrap().remove(needs);
            check(
                &bench.json(route, &without).await,
                &format!("{method} {path} without {needs}"),
                &[(400, "invalid_body")],
                &mut wrong,
            );
        }
        let more = merged(body.clone(), json!({"is_admin": true}));
        check(
            &bench.json(route, &more).await,
            &format!("{method} {path} with more"),
            &[(400, "invalid_body")],
            &mut wrong,
        );
        let padded = merged(body.clone(), json!({"padding": "x".repeat(300 * 1024)}));
        check(
            &bench.json(route, &padded).await,
            &format!("{method} {path} too large"),
            &[(413, "payload_too_large")],
            &mut wrong,
        );
        for content_type in
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
        {
            let answer = bench.send(route, content_type, bench.filled(&body.to_string())).await;
            check(
                &answer,
                &format!("{method} {path} {content_type}"),
                &[(415, "unsupported_media_type")],
                &mut wrong,
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn fields_of_the_wrong_type() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    for Takes { method, path, who, body, .. } in bodies() {
        for field in body.as_object().unwrap().keys() {
            for value in
                [json!(true), json!(-1.5), json!({"a": {"b": []}}), json!([[]]), json!("\u{0}"), json!(1e300)]
            {
                let was = &body[field];
                let same = was.is_string() && value.is_string();
                let body = merged(body.clone(), json!({field: value}));
                let answer = bench.json((method, path, who), &body).await;
                let what = format!("{method} {path} {field} = {value}");
                if answer.status >= 500 || answer.status < 400 {
                    wrong.push(format!("{what}: {answer:?}"));
                } else if !same {
                    check(&answer, &what, &[(400, "invalid_body"), (422, "invalid_value")], &mut wrong);
                } else {
                    answer.error();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
