//! The marketplace as it is deployed, and what its tests do with it: they find a running stack, call it as people and Stripe do, and look into its
//! table for what no answer shows.

pub mod dynamodb;
pub mod sale;
pub mod shop;
pub mod stack;
pub mod stripe;
