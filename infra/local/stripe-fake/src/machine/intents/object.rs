//! The payment intent itself. Source: <https://docs.stripe.com/api/payment_intents/object>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::refusal::Refusal;
use super::super::{Call, Params};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    Canceled,
    Succeeded,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Canceled => "canceled",
            Self::Succeeded => "succeeded",
        }
    }

    pub(super) fn can_be_confirmed(self) -> bool {
        matches!(self, Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction)
    }

    pub(super) fn can_be_cancelled(self) -> bool {
        self.can_be_confirmed()
    }
}

#[derive(Clone)]
pub(in super::super) struct Intent {
    pub(super) id: String,
    pub(super) client_secret: String,
    pub(super) amount: i64,
    pub(super) amount_received: i64,
    pub(super) currency: String,
    created: i64,
    pub(super) status: Status,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) description: Option<String>,
    receipt_email: Option<String>,
    pub(super) transfer_group: Option<String>,
    allow_redirects: String,
    automatic: bool,
    /// The test method that was given and not yet confirmed.
    pub(super) chosen: Option<String>,
    pub(super) payment_method: Option<String>,
    pub(in super::super) latest_charge: Option<String>,
    pub(super) last_payment_error: Value,
    pub(super) canceled_at: Option<i64>,
    pub(super) cancellation_reason: Option<String>,
}

impl Intent {
    /// Asks for something else.
    pub(in super::super) fn ask_for(&mut self, amount: i64, currency: &str) {
        self.amount = amount;
        currency.clone_into(&mut self.currency);
    }

    /// Reads the parameters of a new one; its ids are given afterwards.
    pub(super) fn read(params: &Params, call: &Call) -> Result<Self, Refusal> {
        params.required("amount")?;
        let amount = params.integer("amount")?.unwrap_or_default();
        if amount < 1 {
            return Err(Refusal::invalid(
                "parameter_invalid_integer",
                "amount",
                "This value must be greater than or equal to 1.",
            ));
        }
        if amount > 99_999_999 {
            return Err(Refusal::invalid(
                "amount_too_large",
                "amount",
                "Amount must be no more than 999,999.99",
            ));
        }
        let currency = params.required("currency")?.to_ascii_lowercase();
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(Refusal::plain("currency", format!("Invalid currency: {currency}.")));
        }
        // Source: <https://docs.stripe.com/currencies#special-cases>.
        let step = match &*currency {
            "bhd" | "jod" | "kwd" | "omr" | "tnd" => 10,
            "isk" | "ugx" => 100,
            _ => 1,
        };
        if amount % step != 0 {
            let message = format!("Amounts in {currency} must be multiples of {step}.");
            return Err(Refusal::plain("amount", message));
        }
        let methods = params.group("automatic_payment_methods")?;
        let (mut automatic, mut allow_redirects) = (true, "always");
        if let Some(methods) = methods {
            methods.only(&["enabled", "allow_redirects"])?;
            automatic = methods.boolean("enabled")?.unwrap_or(false);
            allow_redirects = methods.text("allow_redirects")?.unwrap_or("always");
        }
        if !["always", "never"].contains(&allow_redirects) {
            return Err(Refusal::plain(
                "automatic_payment_methods[allow_redirects]",
                "Invalid allow_redirects.",
            ));
        }
        Ok(Self {
            id: String::new(),
            client_secret: String::new(),
            amount,
            amount_received: 0,
            currency,
            created: call.now(),
            status: Status::RequiresPaymentMethod,
            metadata: params.metadata()?,
            description: params.text("description")?.map(str::to_owned),
            receipt_email: params.text("receipt_email")?.map(str::to_owned),
            transfer_group: params.text("transfer_group")?.map(str::to_owned),
            allow_redirects: allow_redirects.to_owned(),
            automatic,
            chosen: None,
            payment_method: None,
            latest_charge: None,
            last_payment_error: Value::Null,
            canceled_at: None,
            cancellation_reason: None,
        })
    }

    pub(in super::super) fn json(&self) -> Value {
        let next_action = if self.status == Status::RequiresAction {
            json!({"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}})
        } else {
            Value::Null
        };
        let automatic = json!({"allow_redirects": self.allow_redirects, "enabled": true});
        json!({
            "id": self.id, "object": "payment_intent", "amount": self.amount, "amount_capturable": 0, "amount_details": {"tip": {}},
            "amount_received": self.amount_received, "application": null, "application_fee_amount": null,
            "automatic_payment_methods": if self.automatic { automatic } else { Value::Null }, "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason, "capture_method": "automatic_async", "client_secret": self.client_secret,
            "confirmation_method": "automatic", "created": self.created, "currency": self.currency, "customer": null,
            "description": self.description, "last_payment_error": self.last_payment_error, "latest_charge": self.latest_charge,
            "livemode": false, "metadata": self.metadata, "next_action": next_action, "on_behalf_of": null,
            "payment_method": self.payment_method, "payment_method_configuration_details": null, "payment_method_options": {},
            "payment_method_types": ["card", "link"], "processing": null, "receipt_email": self.receipt_email, "review": null,
            "setup_future_usage": null, "shipping": null, "source": null, "statement_descriptor": null,
            "statement_descriptor_suffix": null, "status": self.status.word(), "transfer_data": null,
            "transfer_group": self.transfer_group,
        })
    }

    pub(super) fn check_secret(&self, params: &Params) -> Result<(), Refusal> {
        match params.text("client_secret")? {
            Some(secret) if secret != self.client_secret => {
                let message = "The client_secret provided does not match the client_secret associated with the PaymentIntent.";
                Err(Refusal::invalid("payment_intent_invalid_parameter", "client_secret", message))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn unexpected_state(&self, what: &str) -> Refusal {
        let message = format!(
            "You cannot {what} this PaymentIntent because it has a status of {}.",
            self.status.word()
        );
        Refusal::state("payment_intent_unexpected_state", message).with("payment_intent", self.json())
    }
}
