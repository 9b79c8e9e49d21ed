//! Goods into a cart: the cart and the goods, the line, both written at once, the cart as JSON.

use lambda_http::{Body, Error, Request, Response, run, service_fn, tracing};
use serde_json::{Value, json};
use stock::Stock;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let stock = Stock::from_env().await?;
    run(service_fn(|request: Request| add(&stock, request))).await
}

async fn add(stock: &Stock, request: Request) -> Result<Response<Body>, Error> {
    let wanted: Value = serde_json::from_slice(request.body())?;
    let mut items = stock.batch_get().await?;
    let cart = items.iter().position(|item| item["entity"] == "cart").ok_or("not found")?;
    let mut cart = items.swap_remove(cart);
    let line = json!({ "variant_id": wanted["variant_id"], "quantity": wanted["quantity"], "goods": items });
    cart["lines"].as_array_mut().ok_or("no lines")?.push(line);
    stock.replace(&cart).await?;
    tracing::info!(path = request.uri().path(), "answered");
    Ok(Response::builder().header("content-type", "application/json").body(cart.to_string().into())?)
}
