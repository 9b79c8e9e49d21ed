use std::collections::BTreeMap;

use axum::extract::State;
use domain::{
    ReconciliationId, Timestamp,
    account::AdminRole,
    reconciliation::{Difference, DifferenceKind, Run, RunState},
};
use http::StatusCode;
use serde::Serialize;
use store::reconciliation;
use utoipa::ToSchema;
use web::{Admin, ApiError, ErrorBody, Json, PageQuery, Query};

use crate::Deps;

/// A comparison of books, orders, stock and Stripe.
#[derive(Serialize, ToSchema)]
pub(crate) struct RunBody {
    id: ReconciliationId,
    state: RunState,
    asked_at: Timestamp,
    finished_at: Option<Timestamp>,
    /// Orders that were compared.
    orders: u64,
    /// Orders that were under way: another run will compare them. What has waited for too long is told all the same.
    under_way: u64,
    vendors: u64,
    variants: u64,
    /// How many differences of each kind; all of them are counted, the first thousand are kept.
    differences: BTreeMap<String, u64>,
}

/// Something that two of us say otherwise, and what to do about it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DifferenceBody {
    kind: DifferenceKind,
    /// Whose it is: an order's, a vendor's or a variant's id, or `stripe`.
    about: String,
    expected: String,
    found: String,
    cause: String,
    remedy: String,
}

/// A run, and a page of what it found.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReconciliationBody {
    /// The run that was asked for last; none before the first.
    run: Option<RunBody>,
    data: Vec<DifferenceBody>,
    next_cursor: Option<String>,
}

impl From<Run> for RunBody {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            state: run.state,
            asked_at: run.asked_at,
            finished_at: run.finished_at,
            orders: run.orders,
            under_way: run.under_way,
            vendors: run.vendors,
            variants: run.variants,
            differences: run
                .differences
                .iter()
                .map(|(kind, times)| (kind.as_str().to_owned(), *times))
                .collect(),
        }
    }
}

impl From<Difference> for DifferenceBody {
    fn from(found: Difference) -> Self {
        Self {
            cause: found.kind.cause().to_owned(),
            remedy: found.kind.remedy().to_owned(),
            kind: found.kind,
            about: found.about,
            expected: found.expected,
            found: found.found,
        }
    }
}

/// Shows the latest reconciliation with its differences, in the order in which they were found.
#[utoipa::path(
    get,
    path = "/api/v1/admin/reconciliation",
    tag = "admin",
    params(PageQuery),
    responses(
        (status = 200, body = ReconciliationBody),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_reconciliation(
    State(deps): State<Deps>,
    _: Admin,
    Query(page): Query<PageQuery>,
) -> web::Result<Json<ReconciliationBody>> {
    let paging = page.paging()?;
    let Some(run) = reconciliation::latest(&deps.store).await? else {
        return Ok(Json(ReconciliationBody { run: None, data: Vec::new(), next_cursor: None }));
    };
    let found = reconciliation::differences(&deps.store, run.id, &paging).await?;
    Ok(Json(ReconciliationBody {
        run: Some(run.into()),
        data: found.data.into_iter().map(DifferenceBody::from).collect(),
        next_cursor: found.next_cursor,
    }))
}

/// Asks for a reconciliation: it is begun within five minutes. One that was asked for and has not ended is answered instead.
#[utoipa::path(
    post,
    path = "/api/v1/admin/reconciliation",
    tag = "admin",
    responses(
        (status = 202, body = RunBody),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody, description = "`forbidden`: admins alone"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn ask_for_reconciliation(
    State(deps): State<Deps>,
    admin: Admin,
) -> web::Result<(StatusCode, Json<RunBody>)> {
    if admin.role != AdminRole::Admin {
        return Err(ApiError::forbidden());
    }
    let now = deps.store.now();
    let run = match reconciliation::latest(&deps.store).await? {
        Some(open) if open.is_open(now) => open,
        _ => {
            let new = Run::asked(deps.ids.next(), now);
            reconciliation::save(&deps.store, 0, &new).await?;
            new
        }
    };
    Ok((StatusCode::ACCEPTED, Json(run.into())))
}
