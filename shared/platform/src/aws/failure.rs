use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::StatusCode,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::Error;

/// Codes with which services of AWS say "later" under a status that says "never".
const LATER: [&str; 9] = [
    "ThrottlingException",
    "Throttling",
    "RequestThrottled",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "SlowDown",
    "ConditionalRequestConflict",
    "InternalException",
];

/// Answers the code by which the service names its refusal, nothing where it did not answer.
pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Answers the HTTP status, 0 where there is none.
pub(crate) fn status<E>(error: &SdkError<E, HttpResponse>) -> u16 {
    error.raw_response().map(HttpResponse::status).map_or(0, StatusCode::as_u16)
}

pub(crate) fn is_retryable<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::ServiceError(_) => {
            status(error) >= 500
                || status(error) == 429
                || code(error).is_some_and(|code| LATER.contains(&code))
        }
        _ => true,
    }
}

/// Turns an error of a client into ours, with the client's as its source.
pub(crate) fn error<E>(error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if is_retryable(&error) { Error::unavailable(error) } else { Error::rejected(error) }
}
