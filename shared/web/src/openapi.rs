//! The OpenAPI document: each function's routes tell their part, and the parts are merged.

use utoipa::openapi::{
    Components, Info, OpenApi, OpenApiBuilder, PathItem, Paths, RefOr, Required, Schema,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Type},
    security::{Http, HttpAuthScheme, SecurityScheme},
};

/// Merges the documents of all functions.
pub fn merge(parts: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let mut document = OpenApiBuilder::new()
        .info(Info::new("souk", env!("CARGO_PKG_VERSION")))
        .paths(Paths::new())
        .components(Some(Components::new()))
        .build();
    document.info.description = Some("A marketplace of many vendors.".to_owned());
    for part in parts {
        document.merge(part);
    }
    if let Some(components) = document.components.as_mut() {
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
    for (path, item) in &mut document.paths.paths {
        if path.contains("/vendors/{slug}") {
            in_a_shop(item);
        }
    }
    document
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
