use std::sync::Arc;

use axum::Router;
use domain::{
    account::StaffRole,
    payouts::{Payouts, PayoutsStatus},
    vendor::Vendor,
};
use serde_json::{Value, json};
use stripe_fake::{Faults, InProcessStripe};
use web::testing::{Answer, Call, World};

use crate::{Deps, app};

const SETUP: &str = "/api/v1/vendor/payments/setup";
const CONFIG: &str = "/api/v1/vendor/payments/config";
const PAYOUTS: &str = "/api/v1/vendor/payouts";

struct Shop {
    world: World,
    stripe: InProcessStripe,
    app: Router,
    vendor: Vendor,
    owner: String,
}

impl Shop {
    async fn new() -> Self {
        let world = World::default();
        let now = world.now().ms();
        let stripe = InProcessStripe::new(1, "whsec_test", move || now);
        let deps =
            Deps { store: world.store.clone(), stripe: Arc::new(stripe.clone()), settings: world.settings() };
        let vendor = world.shop("tea").await;
        let owner = world.log_in(&vendor, StaffRole::Owner).await;
        Self { world, stripe, app: app(deps), vendor, owner }
    }

    async fn set_up_by(&self, token: &str, page: &str) -> Answer {
        let body = json!({"return_url": page, "refresh_url": "https://console.example.com/again"});
        Call::post(SETUP).json(&body).by(token).on(&self.app).await
    }

    async fn set_up(&self) -> Answer {
        self.set_up_by(&self.owner, "https://console.example.com/payments?done").await
    }

    async fn config(&self) -> Value {
        let answer = Call::get(CONFIG).by(&self.owner).on(&self.app).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn noted(&self) -> Payouts {
        store::vendor::get(&self.world.store, self.vendor.id).await.unwrap().payouts
    }

    async fn account(&self) -> String {
        self.noted().await.account_id.unwrap()
    }

    fn judge(&self, account: &str, ready: bool) {
        self.stripe.machine().judge_account(account, ready, self.world.now().ms()).unwrap();
    }
}

#[tokio::test]
async fn an_owner_opens_the_account_and_goes_to_stripes_form() {
    let shop = Shop::new().await;
    let before = shop.config().await;
    assert_eq!((&before["status"], &before["needs_setup"]), (&json!("needs_setup"), &json!(true)));
    assert_eq!((&before["accepts_payments"], &before["payable"]), (&json!(false), &json!(true)));
    let form = shop.set_up().await;
    assert_eq!(form.status, 200, "{}", form.body);
    let account = shop.account().await;
    assert!(form.json()["url"].as_str().unwrap().contains(&account));
    let waiting = shop.config().await;
    assert_eq!((&waiting["status"], &waiting["needs_setup"]), (&json!("incomplete"), &json!(true)));
    assert!(
        waiting["requirements"]["currently_due"].as_array().unwrap().contains(&json!("external_account"))
    );
    // Another form, for the same account.
    let again = shop.set_up().await;
    assert_ne!(again.json()["url"], form.json()["url"]);
    assert_eq!(shop.account().await, account);
}

#[tokio::test]
async fn a_vendor_that_is_ready_is_known_to_be_though_no_webhook_came() {
    let shop = Shop::new().await;
    shop.set_up().await;
    let account = shop.account().await;
    shop.judge(&account, true);
    let config = shop.config().await;
    assert_eq!((&config["status"], &config["accepts_payments"]), (&json!("ready"), &json!(true)));
    assert_eq!(
        (&config["needs_setup"], &config["requirements"]["currently_due"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(shop.noted().await.status, PayoutsStatus::Ready);
    let version = store::vendor::get(&shop.world.store, shop.vendor.id).await.unwrap().version;
    shop.config().await;
    let after = store::vendor::get(&shop.world.store, shop.vendor.id).await.unwrap().version;
    assert_eq!(after, version, "what is known is not written again");
}

#[tokio::test]
async fn a_vendor_that_is_held_back_is_told_why() {
    let shop = Shop::new().await;
    shop.set_up().await;
    let account = shop.account().await;
    shop.judge(&account, false);
    let config = shop.config().await;
    assert_eq!((&config["status"], &config["needs_setup"]), (&json!("restricted"), &json!(false)));
    assert_eq!(config["requirements"]["currently_due"], json!(["individual.verification.document"]));
    assert_eq!(config["requirements"]["disabled_reason"], "requirements.past_due");
}

#[tokio::test]
async fn a_call_that_was_stopped_half_way_finds_its_account_again() {
    let shop = Shop::new().await;
    // The account is made, and the answer lost.
    shop.stripe.machine().set_faults(Faults { timeout_after_commit: 1, ..Faults::default() });
    assert_eq!(shop.set_up().await.error(), (503, "unavailable".to_owned()));
    assert_eq!(shop.noted().await.account_id, None);
    assert_eq!(shop.set_up().await.status, 200);
    let account = shop.account().await;
    assert_eq!(shop.set_up().await.status, 200);
    assert_eq!(shop.account().await, account);
}

#[tokio::test]
async fn a_failure_that_stripe_keeps_does_not_hold_the_vendor_up() {
    let shop = Shop::new().await;
    shop.stripe.machine().set_faults(Faults { fail_after_commit: 1, ..Faults::default() });
    assert_eq!(shop.set_up().await.error(), (503, "unavailable".to_owned()));
    assert_eq!(shop.set_up().await.status, 200);
}

#[tokio::test]
async fn what_is_known_is_answered_while_stripe_is_down() {
    let shop = Shop::new().await;
    shop.set_up().await;
    let account = shop.account().await;
    shop.judge(&account, true);
    shop.stripe.machine().set_faults(Faults { fail_next: 9, ..Faults::default() });
    assert_eq!(shop.config().await["status"], "incomplete");
    assert_eq!(shop.set_up().await.error(), (503, "unavailable".to_owned()));
    let listed = Call::get(PAYOUTS).by(&shop.owner).on(&shop.app).await;
    assert_eq!(listed.error(), (503, "unavailable".to_owned()));
}

#[tokio::test]
async fn a_vendor_whose_account_stripe_does_not_know_any_more_is_told_so() {
    let shop = Shop::new().await;
    let gone = Payouts {
        account_id: Some("acct_gone".to_owned()),
        status: PayoutsStatus::Incomplete,
        wanted: vec!["external_account".to_owned()],
        reported_ms: Some(1),
        ..Payouts::default()
    };
    store::vendor::open_account(&shop.world.store, shop.vendor.id, &gone).await.unwrap();
    let config = shop.config().await;
    // No form of Stripe's helps any more.
    assert_eq!((&config["status"], &config["needs_setup"]), (&json!("restricted"), &json!(false)));
    assert_eq!(config["accepts_payments"], false);
    assert_eq!(config["requirements"], json!({"currently_due": [], "disabled_reason": "account_gone"}));
    assert_eq!(shop.noted().await, gone);
}

#[tokio::test]
async fn pages_elsewhere_are_no_pages_of_the_console() {
    let shop = Shop::new().await;
    let longest = format!("https://console.example.com/{}", "a".repeat(1_972));
    for page in [
        "",
        "https://evil.example/",
        "https://console.example.com.evil.example/",
        "https://console.example.com@evil.example/",
        "javascript:alert(1)",
        "/payments",
        "https://console.example.com/\u{e4}",
        "https://console.example.com/\nx",
        &format!("{longest}a"),
    ] {
        assert_eq!(
            shop.set_up_by(&shop.owner, page).await.error(),
            (422, "invalid_value".to_owned()),
            "{page}"
        );
    }
    assert_eq!(shop.noted().await.account_id, None);
    for page in ["https://console.example.com", "https://console.example.com#payments", &longest] {
        assert_eq!(shop.set_up_by(&shop.owner, page).await.status, 200, "{page}");
    }
}

#[tokio::test]
async fn owners_and_admins_alone_set_payments_up() {
    let shop = Shop::new().await;
    let page = "https://console.example.com/payments";
    for role in [StaffRole::Manager, StaffRole::Editor, StaffRole::Analyst, StaffRole::Viewer] {
        let token = shop.world.log_in(&shop.vendor, role).await;
        assert_eq!(shop.set_up_by(&token, page).await.error(), (403, "forbidden".to_owned()), "{role:?}");
        assert_eq!(Call::get(CONFIG).by(&token).on(&shop.app).await.status, 200);
    }
    let admin = shop.world.log_in(&shop.vendor, StaffRole::Admin).await;
    assert_eq!(shop.set_up_by(&admin, page).await.status, 200);
}

#[tokio::test]
async fn a_vendor_in_another_region_is_told_that_it_cannot_be_paid() {
    let mut shop = Shop::new().await;
    let far = shop.world.shop_in("far", "US").await;
    shop.owner = shop.world.log_in(&far, StaffRole::Owner).await;
    assert_eq!(shop.set_up().await.error(), (409, "not_payable".to_owned()));
    let config = shop.config().await;
    assert_eq!((&config["payable"], &config["status"]), (&json!(false), &json!("needs_setup")));
}

#[tokio::test]
async fn payouts_are_listed_page_by_page_and_each_vendors_alone() {
    let shop = Shop::new().await;
    let list = async |token: &str, query: &str| {
        Call::get(&format!("{PAYOUTS}{query}")).by(token).on(&shop.app).await
    };
    assert_eq!(list(&shop.owner, "").await.json(), json!({"data": [], "next_cursor": null}));
    shop.set_up().await;
    let account = shop.account().await;
    shop.judge(&account, true);
    for amount in [1_000, 2_000, 3_000] {
        let mut machine = shop.stripe.machine();
        machine.give(&account, "eur", amount).unwrap();
        machine.pay_out(&account, shop.world.now().ms()).unwrap();
    }
    let first = list(&shop.owner, "?limit=2").await.json();
    let amounts = |page: &Value| {
        let data = page["data"].as_array().unwrap().iter();
        data.map(|payout| payout["amount"]["amount"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(amounts(&first), [3_000, 2_000]);
    assert_eq!(
        (&first["data"][0]["status"], &first["data"][0]["amount"]["currency"]),
        (&json!("paid"), &json!("EUR"))
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let last = list(&shop.owner, &format!("?limit=2&cursor={cursor}")).await.json();
    assert_eq!((amounts(&last), &last["next_cursor"]), (vec![1_000], &Value::Null));
    let other = shop.world.shop("coffee").await;
    let other = shop.world.log_in(&other, StaffRole::Owner).await;
    assert_eq!(list(&other, "").await.json()["data"], json!([]));
    assert_eq!(list(&shop.owner, "?cursor=!").await.error(), (400, "invalid_cursor".to_owned()));
}
