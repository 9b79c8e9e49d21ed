//! What lies between the functions and their engines.

use std::sync::Arc;

use payments::{Connect, Stripe, Transfers};
use platform::fault::Open;
use stripe_fake::InProcessStripe;
use table::memory::Gate;

use crate::simulation::mutation::Mutation;

/// All that the functions ask of Stripe.
pub trait Bank: Stripe + Transfers + Connect {}

impl<B: Stripe + Transfers + Connect> Bank for B {}

/// What lies between the functions and the engines: nothing, unless said otherwise.
pub struct Surroundings {
    /// Before each call of the table.
    pub table: Option<Arc<dyn Gate>>,
    /// Before each call of the bus and of the mailer.
    pub others: Arc<dyn platform::Gate>,
    /// What the functions take for Stripe.
    pub stripe: Box<dyn FnOnce(InProcessStripe) -> Arc<dyn Bank>>,
    /// How the code is wrong.
    pub mutation: Option<Mutation>,
    /// How many write units a partition of the table takes in a second, where that is bounded.
    pub bound: Option<u64>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            table: None,
            others: Arc::new(Open),
            stripe: Box::new(|stripe| Arc::new(stripe)),
            mutation: None,
            bound: None,
        }
    }
}
