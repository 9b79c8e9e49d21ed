//! Makes the variants of what vendors upload: told by the object store, through a queue.
//!
//! **Invariant:** a medium becomes ready only after its variants are stored and its product shows it: whoever sees it ready finds all of it.
//! Every step can be repeated: variants lie under keys that come from their content, a product shows a medium once,
//! and a medium is settled once.

mod deps;
mod notification;
mod picture;
mod upload;

pub use deps::Deps;
use platform::batch::Failure;

/// Handles one message: a notification of the object store's, which may tell of several uploads.
///
/// # Errors
/// [`Failure::Retry`] where it is no notification that can be read, or a service did not answer.
pub async fn handle(deps: &Deps, message: &str) -> Result<(), Failure> {
    for key in notification::created(message).map_err(Failure::retry)? {
        upload::look_at(deps, &key).await.map_err(Failure::retry)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
