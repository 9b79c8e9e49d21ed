//! Imports that are not wanted any more.

use domain::import::{Failure, Tally};

use super::*;

impl Shop {
    async fn cancel(&self, id: ImportId) -> Answer {
        self.call(Call::post(&format!("{BASE}/imports/{id}/cancel"))).await
    }
}

#[tokio::test]
async fn an_import_is_cancelled_before_it_begins_and_while_it_runs() {
    let shop = Shop::new().await;
    for id in [shop.started().await, shop.planned(20, 2).await.id] {
        let cancelled = shop.cancel(id).await;
        let job = cancelled.json();
        assert_eq!((cancelled.status, &job["status"]), (200, &json!("cancelled")), "{}", cancelled.body);
        assert_eq!((&job["finished_at"], &job["failure"]), (&json!(shop.world.now()), &json!(null)));
        assert_eq!(shop.get(&format!("/imports/{id}")).await.json(), job);
        // Who asks again is told the same.
        assert_eq!(shop.cancel(id).await.json(), job);
    }
}

#[tokio::test]
async fn what_has_ended_is_not_cancelled() {
    let shop = Shop::new().await;
    let completed = shop.imported(1).await;
    let failed = shop.planned(1, 1).await;
    let failure = Failure { code: "c".to_owned(), message: "m".to_owned() };
    import::fail(&shop.world.store, &failed, &failure).await.unwrap();
    for (id, status) in [(completed, "completed"), (failed.id, "failed")] {
        let before = shop.get(&format!("/imports/{id}")).await.json();
        assert_eq!(before["status"], status);
        assert_eq!(shop.cancel(id).await.error(), (409, "invalid_state".to_owned()));
        assert_eq!(shop.get(&format!("/imports/{id}")).await.json(), before);
    }
}

#[tokio::test]
async fn what_comes_after_the_end_is_not_counted() {
    let shop = Shop::new().await;
    let job = shop.planned(20, 2).await;
    let tally = Tally { created: 10, ..Tally::default() };
    let one_done = import::chunk_done(&shop.world.store, &job, 1, Vec::new(), tally).await.unwrap();
    let cancelled = shop.cancel(job.id).await.json();
    assert_eq!(cancelled["rows_done"], 10);
    // Both had been begun when the vendor called.
    import::chunk_done(&shop.world.store, &job, 2, Vec::new(), tally).await.unwrap();
    import::finish(&shop.world.store, &one_done).await.unwrap();
    assert_eq!(shop.get(&format!("/imports/{}", job.id)).await.json(), cancelled);
}

#[tokio::test]
async fn one_key_cancels_once() {
    let shop = Shop::new().await;
    let id = shop.started().await;
    let cancel = async || {
        let call = Call::post(&format!("{BASE}/imports/{id}/cancel"));
        shop.call(call.with("idempotency-key", "k-1")).await
    };
    let (first, again) = (cancel().await, cancel().await);
    assert_eq!((first.status, again.status, &again.body), (200, 200, &first.body));
    assert_eq!(again.headers.get("idempotent-replayed").unwrap(), "true");
}
