use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// A web in which names have addresses and addresses answer, with a note of who was connected to.
#[derive(Default)]
struct Web {
    names: BTreeMap<&'static str, Vec<&'static str>>,
    /// By URL: a status, and a location.
    pages: BTreeMap<&'static str, (u16, Option<&'static str>)>,
    connected: Mutex<Vec<String>>,
}

struct Empty;

#[async_trait]
impl Body for Empty {
    async fn next(&mut self) -> Result<Option<Bytes>, Source> {
        Ok(None)
    }
}

#[async_trait]
impl Resolver for Web {
    async fn resolve(&self, name: &str, _: u16) -> io::Result<Vec<IpAddr>> {
        let found = self.names.get(name).ok_or_else(|| io::Error::other("no such name"))?;
        Ok(found.iter().map(|address| address.parse().unwrap()).collect())
    }
}

#[async_trait]
impl Http for Web {
    async fn get(&self, url: &Url, addresses: &[SocketAddr]) -> Result<Answer, Source> {
        self.connected.lock().unwrap().push(format!("{addresses:?}"));
        let (status, location) = *self.pages.get(url.as_str()).ok_or("connection refused")?;
        Ok(Answer { status, location: location.map(str::to_owned), body: Box::new(Empty) })
    }
}

async fn open(web: Web, address: &str, reach: Reach) -> (Result<(), &'static str>, Vec<String>) {
    let web = Arc::new(web);
    let pull = Pull { resolver: web.clone(), http: web.clone(), reach };
    let opened = pull.open(address).await.map(|_| ()).map_err(|error| error.code());
    let connected = web.connected.lock().unwrap().clone();
    (opened, connected)
}

fn web<const N: usize, const P: usize>(
    names: [(&'static str, &[&'static str]); N],
    pages: [(&'static str, u16, Option<&'static str>); P],
) -> Web {
    Web {
        names: names.into_iter().map(|(name, addresses)| (name, addresses.to_vec())).collect(),
        pages: pages.into_iter().map(|(url, status, location)| (url, (status, location))).collect(),
        connected: Mutex::default(),
    }
}

#[tokio::test]
async fn a_public_feed_is_fetched_from_the_addresses_that_were_checked() {
    let world = web(
        [("feeds.example.com", &["93.184.216.34", "2606:2800:220:1::1"])],
        [("https://feeds.example.com/a.csv", 200, None)],
    );
    let (opened, connected) = open(world, "https://feeds.example.com/a.csv", Reach::Public).await;
    assert_eq!(opened, Ok(()));
    assert_eq!(connected, ["[93.184.216.34:443, [2606:2800:220:1::1]:443]"]);
}

#[tokio::test]
async fn a_name_with_any_private_address_is_not_connected_to() {
    for addresses in [
        &["127.0.0.1"][..],
        &["10.0.0.8"],
        &["169.254.169.254"],
        &["::1"],
        &["fd00:ec2::254"],
        &["::ffff:192.168.0.1"],
        &["100.64.0.1"],
        &["0.0.0.0"],
        &["93.184.216.34", "10.0.0.8"],
        &["10.0.0.8", "93.184.216.34"],
        &["224.0.0.1"],
    ] {
        let world = web([("feeds.example.com", addresses)], [("http://feeds.example.com/", 200, None)]);
        let (opened, connected) = open(world, "http://feeds.example.com/", Reach::Public).await;
        assert_eq!((opened, connected), (Err("feed_address_refused"), vec![]), "{addresses:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    for target in [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://inside.example.com/",
        "//10.0.0.1/",
        "http://[::1]/",
        "http://user:pw@feeds.example.com/",
        "ftp://feeds.example.com/",
        "file:///etc/passwd",
    ] {
        let names = [("feeds.example.com", &["93.184.216.34"][..]), ("inside.example.com", &["10.0.0.1"])];
        let world =
            web(names, [("http://feeds.example.com/", 302, Some(target)), ("http://127.0.0.1/", 200, None)]);
        let (opened, connected) = open(world, "http://feeds.example.com/", Reach::Public).await;
        assert_eq!((opened, connected.len()), (Err("feed_address_refused"), 1), "{target}");
    }
}

#[tokio::test]
async fn redirects_lead_on_and_not_for_ever() {
    let names = || [("a.example", &["1.1.1.1"][..]), ("b.example", &["8.8.8.8"])];
    let pages = [
        ("https://a.example/", 301, Some("/feed")),
        ("https://a.example/feed", 308, Some("https://b.example/x")),
        ("https://b.example/x", 200, None),
    ];
    let (opened, connected) = open(web(names(), pages), "https://a.example/", Reach::Public).await;
    assert_eq!((opened, connected.last().unwrap().as_str()), (Ok(()), "[8.8.8.8:443]"));

    let round = web(names(), [("https://a.example/", 302, Some("/"))]);
    let (opened, connected) = open(round, "https://a.example/", Reach::Public).await;
    assert_eq!((opened, connected.len()), (Err("feed_redirected_astray"), 6));

    for (status, location, code) in [
        (302, None, "feed_redirected_astray"),
        (404, None, "feed_not_served"),
        (206, None, "feed_not_served"),
        (500, None, "feed_not_served"),
    ] {
        let world = web(names(), [("https://a.example/", status, location)]);
        assert_eq!(open(world, "https://a.example/", Reach::Public).await.0, Err(code), "{status}");
    }
    assert_eq!(open(web(names(), []), "https://a.example/", Reach::Public).await.0, Err("feed_unreachable"));
    assert_eq!(open(web(names(), []), "https://c.example/", Reach::Public).await.0, Err("feed_host_unknown"));
    let nowhere = web([("a.example", &[][..])], []);
    assert_eq!(open(nowhere, "https://a.example/", Reach::Public).await.0, Err("feed_host_unknown"));
}

#[tokio::test]
async fn a_laptop_may_fetch_from_itself_alone() {
    let world = || {
        web(
            [("localhost", &["127.0.0.1", "::1"][..]), ("lan.example", &["192.168.0.9"])],
            [("http://localhost:9000/a.csv", 200, None)],
        )
    };
    let here = "http://localhost:9000/a.csv";
    assert_eq!(open(world(), here, Reach::PublicAndLoopback).await.0, Ok(()));
    assert_eq!(open(world(), here, Reach::Public).await.0, Err("feed_address_refused"));
    assert_eq!(
        open(world(), "http://lan.example/", Reach::PublicAndLoopback).await.0,
        Err("feed_address_refused")
    );
}

#[tokio::test]
async fn the_connection_goes_to_the_checked_address_whatever_the_name() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 2048];
        let length = stream.read(&mut request).await.unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\nid,title,price\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&request[..length]).to_lowercase()
    });
    let url = Url::parse(&format!("http://no-such-name.invalid:{port}/a.csv")).unwrap();
    let address: SocketAddr = ([127, 0, 0, 1], port).into();
    let mut answer = SystemHttp.get(&url, &[address]).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(piece) = answer.body.next().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    assert_eq!((answer.status, bytes.as_slice()), (200, &b"id,title,price\n"[..]));
    let request = server.await.unwrap();
    assert!(
        request.contains("host: no-such-name.invalid") && request.contains("accept-encoding: identity"),
        "{request}"
    );
}
