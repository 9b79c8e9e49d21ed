//! Stripe's API over loopback HTTP, with the switches under `/_test` and the webhooks going out.

mod api;
mod control;
mod webhooks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::machine::{Endpoint, Machine, Target};

/// Gives the wall time in Unix milliseconds.
pub type Now = fn() -> i64;

/// What a server is started with.
pub struct Settings {
    /// Where its ids begin; a reset moves it on.
    pub seed: u64,
    /// The only key that is accepted; any `sk_…` or `rk_…` where absent.
    pub api_key: Option<String>,
    /// Where the platform's events go.
    pub platform: Option<Endpoint>,
    /// Where connected accounts' events go.
    pub connect: Option<Endpoint>,
    /// The clock.
    pub now_ms: Now,
}

struct Shared {
    machine: Mutex<Machine>,
    seed: Mutex<u64>,
    api_key: Option<String>,
    now_ms: Now,
    /// Told whenever a delivery may have become due.
    wake: Notify,
}

impl Shared {
    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew with other ids, so that nothing kept elsewhere names a new object; the endpoints stay.
    fn reset(&self) {
        let mut seed = self.seed.lock().unwrap_or_else(PoisonError::into_inner);
        *seed = seed.wrapping_add(1);
        let mut machine = self.machine();
        let mut fresh = Machine::new(*seed);
        for target in [Target::Platform, Target::Connect] {
            fresh.set_endpoint(target, machine.endpoint(target).cloned());
        }
        *machine = fresh;
    }
}

/// Serves until the listener fails.
///
/// # Errors
/// The listener's.
pub async fn serve(listener: TcpListener, settings: Settings) -> std::io::Result<()> {
    let mut machine = Machine::new(settings.seed);
    machine.set_endpoint(Target::Platform, settings.platform);
    machine.set_endpoint(Target::Connect, settings.connect);
    let shared = Arc::new(Shared {
        machine: Mutex::new(machine),
        seed: Mutex::new(settings.seed),
        api_key: settings.api_key,
        now_ms: settings.now_ms,
        wake: Notify::new(),
    });
    let sender = tokio::spawn(webhooks::deliver(shared.clone()));
    let router = Router::new()
        .route("/_test/health", get(control::health))
        .route("/_test/config", post(control::configure))
        .route("/_test/reset", post(control::reset))
        .route("/_test/events", get(control::events))
        .route("/_test/webhooks", get(control::misbehaviour).post(control::misbehave))
        .route("/_test/faults", get(control::faults).post(control::fail))
        .route("/_test/payment_intents/{id}/finish", post(control::finish))
        .route("/_test/accounts/{id}/complete", post(control::complete))
        .route("/_test/accounts/{id}/restrict", post(control::restrict))
        .route("/_test/accounts/{id}/pay_out", post(control::pay_out))
        .route("/_test/charges/{id}/dispute", post(control::dispute))
        .route("/_test/refunds/{id}/fail", post(control::bounce))
        .route("/_test/disputes/{id}/close", post(control::close))
        .fallback(api::answer)
        .with_state(shared);
    let served = axum::serve(listener, router).await;
    sender.abort();
    served
}
