//! DynamoDB's errors, told apart by what a caller does next.

use aws_sdk_dynamodb as sdk;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use sdk::error::ProvideErrorMetadata;
use sdk::types::CancellationReason;

use super::attributes::from_attributes;
use crate::{Error, Failed};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a transaction was cancelled, without the items that the SDK's own error carries and would print.
#[derive(Debug, thiserror::Error)]
#[error("action {action} was refused with {code}: {message}")]
struct Cancelled {
    action: usize,
    code: String,
    message: String,
}

pub(super) fn of<E>(error: SdkError<E, HttpResponse>) -> Error
where
    E: std::error::Error + Send + Sync + 'static,
    sdk::Error: From<E>,
{
    match error {
        SdkError::ServiceError(context) => {
            let is_fault = context.raw().status().is_server_error();
            of_service(context.into_err().into(), is_fault)
        }
        SdkError::ConstructionFailure(_) => Error::Rejected(source(error)),
        _ => Error::Unavailable(source(error)),
    }
}

/// The cause alone: the SDK's outer error prints the response's body, where people's data is.
fn source<E: std::error::Error + Send + Sync + 'static>(error: SdkError<E, HttpResponse>) -> Source {
    error.into_source().unwrap_or_else(|error| Box::new(error))
}

fn of_service(error: sdk::Error, is_fault: bool) -> Error {
    match error {
        sdk::Error::ConditionalCheckFailedException(failed) => {
            match failed.item.map(from_attributes).transpose() {
                Ok(item) => Error::ConditionFailed(vec![Failed { action: 0, item }]),
                Err(unreadable) => unreadable,
            }
        }
        sdk::Error::TransactionCanceledException(cancelled) => of_reasons(cancelled.cancellation_reasons()),
        sdk::Error::TransactionConflictException(_)
        | sdk::Error::TransactionInProgressException(_)
        | sdk::Error::ReplicatedWriteConflictException(_) => Error::Conflict,
        sdk::Error::ProvisionedThroughputExceededException(_)
        | sdk::Error::RequestLimitExceeded(_)
        | sdk::Error::ThrottlingException(_) => Error::Throttled,
        sdk::Error::InternalServerError(fault) => Error::Unavailable(Box::new(fault)),
        other if matches!(other.code(), Some("ThrottlingException" | "Throttling")) => Error::Throttled,
        other if is_fault => Error::Unavailable(Box::new(other)),
        other => Error::Rejected(Box::new(other)),
    }
}

/// A failed condition is definite, so it is answered whatever else was in the way; then what can't succeed, then what can.
fn of_reasons(reasons: &[CancellationReason]) -> Error {
    let with = |wanted: &'static [&'static str]| {
        reasons
            .iter()
            .enumerate()
            .filter(move |(_, reason)| reason.code().is_some_and(|code| wanted.contains(&code)))
    };
    let failed = with(&["ConditionalCheckFailed"])
        .map(|(action, reason)| {
            let item =
                reason.item().filter(|item| !item.is_empty()).cloned().map(from_attributes).transpose()?;
            Ok(Failed { action, item })
        })
        .collect::<Result<Vec<_>, Error>>();
    match failed {
        Err(unreadable) => return unreadable,
        Ok(failed) if !failed.is_empty() => return Error::ConditionFailed(failed),
        Ok(_) => {}
    }
    const PASSING: &[&str] = &[
        "None",
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
    ];
    let refused = reasons.iter().enumerate().find_map(|(action, reason)| {
        let code = reason.code().filter(|code| !PASSING.contains(code))?.to_owned();
        Some(Cancelled { action, code, message: reason.message().unwrap_or_default().to_owned() })
    });
    if let Some(refused) = refused {
        return Error::Rejected(Box::new(refused));
    }
    // Without any reason it is a conflict too: nothing was written and nothing is wrong with the request.
    let is_throttled =
        with(&["ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"]).next().is_some();
    if is_throttled { Error::Throttled } else { Error::Conflict }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamodb::to_attributes;
    use crate::{Item, Key};

    fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
        codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect()
    }

    #[test]
    fn a_failed_condition_is_told_even_beside_a_conflict() {
        let item = Item::new(Key::new("pk", "sk"), serde_json::Map::new());
        let mut reasons = reasons(&["TransactionConflict", "None", "ConditionalCheckFailed"]);
        reasons[2] = CancellationReason::builder()
            .code("ConditionalCheckFailed")
            .set_item(Some(to_attributes(item.clone())))
            .build();
        let failed = vec![Failed { action: 2, item: Some(item) }];
        assert_eq!(of_reasons(&reasons).failed(), failed);
    }

    #[test]
    fn reasons_say_what_to_do_next() {
        assert!(matches!(of_reasons(&reasons(&["None", "TransactionConflict"])), Error::Conflict));
        assert!(matches!(
            of_reasons(&reasons(&["TransactionConflict", "ThrottlingError"])),
            Error::Throttled
        ));
        assert!(matches!(of_reasons(&reasons(&["ProvisionedThroughputExceeded", "None"])), Error::Throttled));
        assert!(matches!(
            of_reasons(&reasons(&["TransactionConflict", "ValidationError"])),
            Error::Rejected(_)
        ));
        assert!(matches!(of_reasons(&reasons(&[])), Error::Conflict));
    }
}
