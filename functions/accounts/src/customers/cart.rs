use domain::{CartId, CustomerId, Tenant};

use crate::Deps;

/// A guest's cart comes along to whoever logs in. The log-in has happened by then: it does not fail for the cart.
pub(crate) async fn bring(deps: &Deps, channel: &Tenant, customer: CustomerId, cart: Option<CartId>) {
    let Some(cart) = cart else { return };
    store::origin::acting(customer);
    if let Err(error) = store::cart::adopt(&deps.store, channel, customer, cart).await {
        tracing::warn!(customer.id = %customer, error = &error as &dyn std::error::Error, "the cart stayed behind");
    }
}
