//! How often a request is sent to a service that fails.

use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Map;
use table::dynamodb::DynamoDb;
use table::{Error, Item, Key, Table, Write};

use crate::clock::Hand;
use crate::service::client;

/// Answers every request with a fault of the server; ends with the test's process.
fn broken_service() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 65536]);
            counter.fetch_add(1, Ordering::SeqCst);
            let answer = "HTTP/1.1 500 Fault\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (endpoint, requests)
}

#[tokio::test]
async fn a_single_write_is_sent_once_and_reads_and_transactions_again() {
    let (endpoint, requests) = broken_service();
    let table = DynamoDb::new(client(&endpoint), "souk", Hand::new().now());
    let key = Key::new("p", "a");
    let put = || Write::create(Item::new(key.clone(), Map::new()));
    assert!(matches!(table.write(put()).await, Err(Error::Unavailable(_))));
    assert_eq!(requests.swap(0, Ordering::SeqCst), 1);
    assert!(matches!(table.get(&key).await, Err(Error::Unavailable(_))));
    assert_eq!(requests.swap(0, Ordering::SeqCst), 3);
    assert!(matches!(table.transact(vec![put()], None).await, Err(Error::Unavailable(_))));
    assert_eq!(requests.swap(0, Ordering::SeqCst), 3);
}

#[tokio::test]
async fn no_connection_is_no_answer() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let table = DynamoDb::new(client(&format!("http://{free}")), "souk", Hand::new().now());
    let outcome = table.write(Write::delete(Key::new("p", "a"))).await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))));
}
