//! The fake from outside: one scenario list on both engines, Stripe's manners over HTTP, and its webhooks.

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod connect;
#[cfg(test)]
mod http;
#[cfg(test)]
mod support;
#[cfg(test)]
mod webhooks;
