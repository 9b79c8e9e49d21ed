use events::data::CustomerRegistered;
use platform::batch::Failure;
use serde_json::json;
use store::account;

use super::place;
use crate::{
    Deps,
    handle::of_store,
    letter::{Letter, LetterKind},
};

/// To a new customer (000, 3.5).
pub(crate) async fn write(deps: &Deps, data: &CustomerRegistered) -> Result<Option<Letter>, Failure> {
    let customer = account::customer(&deps.store, &data.channel, data.customer_id).await.map_err(of_store)?;
    let shop = place(deps, data.channel).await?;
    Ok(Some(Letter {
        kind: LetterKind::CustomerWelcome,
        to: customer.email,
        context: json!({"shop": shop.name, "name": customer.name, "link": format!("{}/account", shop.url)}),
    }))
}
