//! A payment succeeded: the signature, the event, one write.

use lambda_http::{Body, Error, Request, Response, run, service_fn, tracing};
use serde_json::json;
use stock::Stock;
use stripe_webhook::{EventObject, Webhook};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let stock = Stock::from_env().await?;
    let secret = std::env::var("STRIPE_WEBHOOK_SECRET")?;
    run(service_fn(|request: Request| told(&stock, &secret, request))).await
}

async fn told(stock: &Stock, secret: &str, request: Request) -> Result<Response<Body>, Error> {
    let signature = request.headers().get("stripe-signature").ok_or("no signature")?.to_str()?;
    let body = std::str::from_utf8(request.body())?;
    let event = Webhook::construct_event(body, signature, secret)?;
    let EventObject::PaymentIntentSucceeded(intent) = event.data.object else {
        return Ok(Response::new(Body::Empty));
    };
    stock.note(json!({ "status": "captured", "amount": intent.amount_received })).await?;
    tracing::info!(event = event.id.as_str(), "recorded");
    Ok(Response::new(Body::Empty))
}
