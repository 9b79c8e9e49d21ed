//! The OpenAPI document: each function's routes tell their part, and the parts are merged.

use utoipa::openapi::{
    Components, Content, Info, OpenApi, OpenApiBuilder, PathItem, Paths, Ref, RefOr, Required,
    ResponseBuilder, Schema,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Type},
    security::{Http, HttpAuthScheme, SecurityScheme},
};

/// Two functions tell of different things by one name: whoever reads the document would see one of them alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two different schemas are named {0}")]
pub struct NamedAlike(pub String);

/// Merges the documents of all functions.
pub fn merge(parts: impl IntoIterator<Item = OpenApi>) -> Result<OpenApi, NamedAlike> {
    let mut document = OpenApiBuilder::new()
        .info(Info::new("souk", env!("CARGO_PKG_VERSION")))
        .paths(Paths::new())
        .components(Some(Components::new()))
        .build();
    document.info.description = Some("A marketplace of many vendors.".to_owned());
    for part in parts {
        if let (Some(all), Some(more)) = (&document.components, &part.components) {
            let other =
                |(name, schema): &(&String, _)| all.schemas.get(*name).is_some_and(|had| had != *schema);
            if let Some((name, _)) = more.schemas.iter().find(other) {
                return Err(NamedAlike(name.clone()));
            }
        }
        document.merge(part);
    }
    if let Some(components) = document.components.as_mut() {
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
    for (path, item) in &mut document.paths.paths {
        if path.contains("/vendors/{slug}") {
            in_a_shop(item);
        }
        for operation in operations(item) {
            refuse_alike(path, operation);
        }
    }
    Ok(document)
}

/// What every route may answer beside its own: what is refused before it is reached. What a route says itself of a status stays.
fn refuse_alike(path: &str, operation: &mut Operation) {
    let mut refusals = vec![
        ("400", "Malformed"),
        ("405", "Not this method"),
        ("503", "Something that it needs does not answer: try again"),
    ];
    if path.contains('{') {
        refusals.push(("404", "No such thing, or not yours"));
    }
    if operation.request_body.is_some() {
        refusals.extend([
            ("413", "`payload_too_large`: a body holds at most 256 KiB"),
            ("415", "`unsupported_media_type`: send application/json"),
            ("422", "`invalid_value`"),
        ]);
    }
    if operation.security.as_ref().is_some_and(|security| !security.is_empty()) {
        refusals.extend([("401", "`unauthenticated`"), ("403", "`forbidden`: not with your role")]);
    }
    let is_key =
        |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(one) if one.name == "Idempotency-Key");
    if operation.parameters.iter().flatten().any(is_key) {
        refusals.extend([("409", "`idempotency_in_progress`"), ("422", "`idempotency_key_reused`")]);
    }
    for (status, description) in refusals {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| {
            let body = Content::new(Some(Ref::from_schema_name("ErrorBody")));
            RefOr::T(
                ResponseBuilder::new().description(description).content("application/json", body).build(),
            )
        });
    }
}

/// The routes of a channel are written once: in a shop they have the slug as well, and names of their own.
fn in_a_shop(item: &mut PathItem) {
    let slug: Parameter = ParameterBuilder::new()
        .name("slug")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).build()))))
        .build();
    for operation in operations(item) {
        operation.operation_id = operation.operation_id.as_ref().map(|id| format!("shop_{id}"));
        operation.parameters.get_or_insert_default().insert(0, RefOr::T(slug.clone()));
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.options,
        &mut item.head,
        &mut item.patch,
        &mut item.trace,
    ]
    .into_iter()
    .flatten()
}

/// Every route of a document: method and path.
pub fn routes(document: &OpenApi) -> Vec<(&'static str, String)> {
    let mut routes = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in [
            ("GET", &item.get),
            ("PUT", &item.put),
            ("POST", &item.post),
            ("DELETE", &item.delete),
            ("PATCH", &item.patch),
        ] {
            if operation.is_some() {
                routes.push((method, path.clone()));
            }
        }
    }
    routes
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::{ComponentsBuilder, schema::SchemaType};

    use super::*;

    fn part(schema: Type) -> OpenApi {
        let schema = ObjectBuilder::new().schema_type(SchemaType::Type(schema)).build();
        let components = ComponentsBuilder::new().schema("Availability", schema).build();
        OpenApiBuilder::new().components(Some(components)).build()
    }

    #[test]
    fn one_name_stands_for_one_schema() {
        assert!(merge([part(Type::String), part(Type::String)]).is_ok());
        let refused = merge([part(Type::String), part(Type::Object)]).err();
        assert_eq!(refused, Some(NamedAlike("Availability".to_owned())));
    }
}
