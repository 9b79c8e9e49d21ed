//! HTTP glue for axum routers under Lambda: errors, extractors, principals, channels, paging, idempotency, CORS, and the OpenAPI document.
//!
//! **Invariant:** every answer that is not a success has the shape of [`ErrorBody`], the fallbacks and a panic's included.
//! **Invariant:** a tenant comes out of [`Staff`], [`Channel`] or [`CustomerOf`]: out of a session or the address, never out of a body.

pub mod body;
pub mod channel;
mod context;
mod cookie;
pub mod error;
pub mod etag;
pub mod given;
pub mod idempotent;
pub mod openapi;
pub mod order_body;
pub mod page;
pub mod principal;
pub mod product_body;
pub mod refund;
mod routes;
mod serve;
pub mod shipment_body;
#[cfg(feature = "testing")]
pub mod testing;

pub use body::{Json, Path, Query};
pub use channel::Channel;
pub use context::{Context, Settings};
pub use cookie::{Audience, clear_cookie, set_cookie};
pub use error::{ApiError, ErrorBody, Result};
pub use etag::{IfMatch, etag};
pub use page::{Listed, PageQuery};
#[doc(hidden)]
pub use pastey::paste as __paste;
pub use principal::{Admin, CustomerOf, MaybeCustomer, Staff};
pub use product_body::ProductBody;
pub use routes::Routes;
pub use serve::{finish, finish_hidden, run};
