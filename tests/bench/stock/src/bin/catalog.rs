//! A product's page: its partition, as JSON.

use lambda_http::{Body, Error, Request, Response, run, service_fn, tracing};
use serde_json::json;
use stock::Stock;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let stock = Stock::from_env().await?;
    run(service_fn(|request: Request| page(&stock, request))).await
}

async fn page(stock: &Stock, request: Request) -> Result<Response<Body>, Error> {
    let items = stock.query().await?;
    tracing::info!(path = request.uri().path(), "answered");
    let body = json!({ "data": items }).to_string();
    Ok(Response::builder().header("content-type", "application/json").body(body.into())?)
}
