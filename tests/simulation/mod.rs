//! The whole marketplace in one process under a seed: every function's handler on the in-process engines, time and chance given.
//!
//! **Invariant:** one seed makes one run: no order of a hash map, wall clock, thread or unseeded choice reaches it.

mod checkout;
mod costs;
mod customers;
mod flash;
mod holds;
mod imports;
mod life;
mod money;
mod mutations;
mod payments;
mod purchase;
mod reconciliation;
mod refunds;
mod sales;
mod stampede;
