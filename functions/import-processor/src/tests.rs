mod feeds;
mod look;
mod repeats;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Currency, Id, ImportId, UploadId, VendorId,
    feed::{
        Reach, RowError,
        sample::{self, Style},
    },
    import::{ImportStatus, Source, upload_key},
};
use platform::{
    Clock, Ids, ManualClock, SeededRandom, fault,
    objects::{MemoryObjects, Put},
    queue::MemoryQueue,
};

use store::{page::Paging, staged};
use table::memory::{self, Memory};
use url::Url;

use super::*;

/// Fails one call, counted over all ports, and lets the others through.
#[derive(Default)]
struct FaultAt {
    calls: AtomicUsize,
    /// The number of the call, from 1, and whether it takes effect.
    fault: Mutex<Option<(usize, bool)>>,
}

impl FaultAt {
    /// Counts from here on.
    fn arm(&self, fault: Option<(usize, bool)>) {
        self.calls.store(0, Ordering::SeqCst);
        *self.fault.lock().unwrap() = fault;
    }

    /// Whether this call takes effect, where it fails.
    fn fails(&self) -> Option<bool> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.fault.lock().unwrap().filter(|(at, _)| *at == call).map(|(_, after)| after)
    }
}

#[async_trait]
impl memory::Gate for FaultAt {
    async fn enter(&self, _: &memory::Call) -> memory::Fault {
        match self.fails() {
            None => memory::Fault::None,
            Some(true) => memory::Fault::After,
            Some(false) => memory::Fault::Before(memory::Failure::Unavailable),
        }
    }
}

#[async_trait]
impl fault::Gate for FaultAt {
    async fn enter(&self, _: &str) -> fault::Fault {
        match self.fails() {
            None => fault::Fault::None,
            Some(true) => fault::Fault::After,
            Some(false) => fault::Fault::Before,
        }
    }
}

/// A web of one page.
struct OnePage(Option<Bytes>);

#[async_trait]
impl Resolver for OnePage {
    async fn resolve(&self, _: &str, _: u16) -> io::Result<Vec<IpAddr>> {
        Ok(vec![[93, 184, 216, 34].into()])
    }
}

#[async_trait]
impl Http for OnePage {
    async fn get(&self, _: &Url, _: &[SocketAddr]) -> Result<Answer, platform::Source> {
        let bytes = self.0.clone().ok_or("connection refused")?;
        Ok(Answer { status: 200, location: None, body: Box::new(Pieces(bytes)) })
    }
}

struct Pieces(Bytes);

#[async_trait]
impl Body for Pieces {
    async fn next(&mut self) -> Result<Option<Bytes>, platform::Source> {
        let length = self.0.len().min(8 * 1024);
        Ok(Some(self.0.split_to(length)).filter(|piece| !piece.is_empty()))
    }
}

struct World {
    deps: Deps,
    queue: Arc<MemoryQueue>,
    gate: Arc<FaultAt>,
    table: Arc<Memory>,
    clock: Arc<ManualClock>,
}

fn vendor() -> VendorId {
    VendorId::from_bits(1)
}

impl World {
    fn new(page: Option<&str>) -> Self {
        Self::in_chunks_of(500, page)
    }

    fn in_chunks_of(chunk_rows: usize, page: Option<&str>) -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-21T08:00:00Z".parse().unwrap()));
        let seconds = clock.clone();
        let gate = Arc::new(FaultAt::default());
        let table = Memory::new(Arc::new(move || seconds.now().secs())).with_gate(gate.clone());
        let table = Arc::new(table);
        let queue = Arc::new(MemoryQueue::behind(gate.clone()));
        let web = Arc::new(OnePage(page.map(|page| Bytes::copy_from_slice(page.as_bytes()))));
        let deps = Deps {
            store: Store::new(table.clone(), clock.clone()),
            ids: Ids::new(clock.clone(), Arc::new(SeededRandom::new(3))),
            objects: Arc::new(MemoryObjects::behind(clock.clone(), gate.clone())),
            queue: queue.clone(),
            pull: Pull { resolver: web.clone(), http: web, reach: Reach::Public },
            chunk_rows,
        };
        Self { deps, queue, gate, table, clock }
    }

    /// A job, made without faults, and its message.
    async fn job(&self, n: u128, source: Source) -> (ImportId, String) {
        let id = ImportId::from_bits(n);
        let job = ImportJob::new(id, vendor(), source, Currency::EUR, None, self.deps.store.now());
        import::create(&self.deps.store, &job).await.unwrap();
        (id, serde_json::to_string(&Work::Plan { vendor_id: vendor(), import_id: id }).unwrap())
    }

    async fn fetched(&self, n: u128) -> (ImportId, String) {
        self.job(n, Source::Url { url: "https://feeds.example.com/a.csv".to_owned() }).await
    }

    async fn uploaded(&self, n: u128, feed: &[u8]) -> (ImportId, String) {
        let upload_id = UploadId::from_bits(n);
        let key = upload_key(vendor(), upload_id);
        self.deps.objects.put(&key, Bytes::copy_from_slice(feed), Put::of("text/csv")).await.unwrap();
        self.job(n, Source::Upload { upload_id, key }).await
    }

    /// Delivers messages until there are none: each `times`, in an order that `seed` decides, again where it failed.
    async fn deliver(&self, first: String, times: usize, seed: u64) {
        let mut waiting = vec![first; times];
        let mut draw = seed | 1;
        let mut turns = 0;
        while !waiting.is_empty() {
            turns += 1;
            assert!(turns < 10_000, "messages come for ever");
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = if seed == 0 { 0 } else { usize::try_from(draw >> 33).unwrap() % waiting.len() };
            let message = waiting.remove(at);
            match handle(&self.deps, &message).await {
                Ok(()) => {}
                Err(Failure::Retry(_)) => waiting.push(message),
                Err(Failure::Permanent(error)) => panic!("{error}"),
            }
            for sent in self.queue.take_sent() {
                waiting.extend(std::iter::repeat_n(sent, times));
            }
        }
    }

    async fn read(&self, id: ImportId) -> ImportJob {
        import::get(&self.deps.store, vendor(), id).await.unwrap()
    }

    async fn errors(&self, id: ImportId) -> Vec<RowError> {
        let paging = Paging { limit: 100, cursor: None };
        import::errors(&self.deps.store, vendor(), id, &paging).await.unwrap().data
    }

    async fn listed(&self, id: ImportId) -> Vec<String> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let paging = Paging { limit: 100, cursor };
            let page = staged::of_import(&self.deps.store, vendor(), id, &Default::default(), &paging)
                .await
                .unwrap();
            all.extend(page.data.into_iter().map(|staged| staged.row.feed_id.as_str().to_owned()));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return all;
            }
        }
    }
}

/// Rows total, done, failed; created, updated, unchanged.
fn counts(job: &ImportJob) -> [u64; 6] {
    [job.rows_total, job.rows_done, job.rows_failed, job.created, job.updated, job.unchanged]
}

/// A feed with every tenth row spoilt in one of several ways.
fn poisoned(rows: u32) -> String {
    let text = sample::feed(Style::Plain, rows, 0);
    let mut reader = domain::feed::Reader::new();
    let mut good = reader.push(text.as_bytes()).unwrap();
    good.extend(reader.finish().unwrap().0);
    let mut feed = "id,title,price\n".to_owned();
    for raw in good {
        let n = raw.row - 1;
        let line = match (n % 10, n / 10 % 5) {
            (0, 0) => format!("SKU-{n},,5.00\n"),
            (0, 1) => format!("SKU-{n},Tea,free\n"),
            (0, 2) => "SKU-1,Again,5.00\n".to_owned(),
            (0, 3) => format!("SKU-{n},\"Open,5.00\n"),
            (0, _) => format!("SKU-{n},Tea,5.00,extra\n"),
            _ => format!("SKU-{n},Tea {n},{n}.00\n"),
        };
        feed.push_str(&line);
    }
    feed
}
