//! A function's routes, each written once: they are served at once, and documented where somebody asks.
//!
//! A function starts for one customer and then serves; its part of the OpenAPI document is made by a build step. So the document must not be built
//! on the way to the first call, where it cost a third of the instructions.

use axum::{
    Router,
    handler::Handler,
    routing::{MethodFilter, MethodRouter},
};
use utoipa::{
    __dev::{SchemaReferences, Tags},
    openapi::{
        Components, Info, OpenApi, OpenApiBuilder, Paths, RefOr, Schema,
        path::{HttpMethod, Operation},
    },
};

/// Routes that are served from `C`.
pub struct Routes<C>(Vec<Route<C>>);

struct Route<C> {
    path: String,
    methods: Vec<HttpMethod>,
    handler: MethodRouter<C>,
    operation: fn() -> Operation,
    schemas: fn(&mut Vec<(String, RefOr<Schema>)>),
}

/// Routes of handlers that `#[utoipa::path]` documents, each named by its path in this crate: `routes![show::get_cart, show::delete_cart]`.
#[macro_export]
macro_rules! routes {
    ($($($part:ident)::+),+ $(,)?) => {
        $crate::Routes::new()$(.route::<$crate::routes!(@documented [] $($part)::+), _, _>($($part)::+))+
    };
    (@documented [$($module:tt)*] $part:ident :: $($rest:ident)::+) => {
        $crate::routes!(@documented [$($module)* $part ::] $($rest)::+)
    };
    // The type beside each handler in which `#[utoipa::path]` keeps what it was told.
    (@documented [$($module:tt)*] $handler:ident) => {
        $crate::__paste!($($module)* [<__path_ $handler>])
    };
}

impl<C: Clone + Send + Sync + 'static> Routes<C> {
    #[expect(clippy::new_without_default, reason = "only `routes!` makes one")]
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a handler where `D`, its documentation, says.
    #[must_use]
    pub fn route<D, H, T>(mut self, handler: H) -> Self
    where
        D: utoipa::Path + SchemaReferences + for<'a> Tags<'a>,
        H: Handler<T, C>,
        T: 'static,
    {
        let methods = D::methods();
        let handler = methods
            .iter()
            .fold(MethodRouter::new(), |router, method| router.on(filter(method), handler.clone()));
        self.0.push(Route {
            path: D::path(),
            methods,
            handler,
            operation: || {
                let mut operation = D::operation();
                operation.tags.get_or_insert_default().extend(D::tags().into_iter().map(str::to_owned));
                operation
            },
            schemas: D::schemas,
        });
        self
    }

    /// Puts all of them under a prefix.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        for route in &mut self.0 {
            route.path.insert_str(0, prefix);
        }
        self
    }

    #[must_use]
    pub fn merge(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// What serves them.
    pub fn into_router(self) -> Router<C> {
        self.0.into_iter().fold(Router::new(), |router, route| router.route(&route.path, route.handler))
    }

    /// What documents them.
    pub fn into_openapi(self) -> OpenApi {
        let mut paths = Paths::new();
        let mut schemas = Vec::new();
        for route in self.0 {
            paths.add_path_operation(route.path, route.methods, (route.operation)());
            (route.schemas)(&mut schemas);
        }
        let mut components = Components::new();
        components.schemas.extend(schemas);
        OpenApiBuilder::new().info(Info::new("", "")).paths(paths).components(Some(components)).build()
    }
}

fn filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}
