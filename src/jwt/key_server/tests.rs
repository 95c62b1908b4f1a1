//! Tests of the key server, against a server of one key.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEao50EAZdwOeSnyqMDZDJ6Iwm55vr\n\
ShikeU5jiZctvzQbp1BmdOkjMmC8BNcXnJF25b01uIRD/MkgrW3/K10nKQ==\n\
-----END PUBLIC KEY-----\n";

const MINUTE: Duration = Duration::from_secs(60);

/// Starts a server that serves the one key at every URL but those that begin with an
/// `x`, and counts how often it is asked.
fn serve() -> (Arc<KeyServer>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).expect("a request") > 0);
            let status = if request.starts_with(b"GET /x") { "404 Not Found" } else { "200 OK" };
            let length = PUBLIC_KEY.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            stream.write_all((head + PUBLIC_KEY).as_bytes()).expect("a response");
        }
    });
    let url = KeyUrl::per_key(&format!("http://{address}/{{kid}}")).expect("a URL");
    (Arc::new(KeyServer::new(url, 600, 60).expect("a client")), asked)
}

#[rocket::async_test]
async fn keys_are_good_up_to_their_age_limit_and_fetched_again_from_half_of_it() {
    let (server, asked) = serve();
    let start = Instant::now();
    for (minutes, times) in [(0, 1), (1, 1), (4, 1)] {
        assert!(server.keys(Some("a"), start + minutes * MINUTE).await.is_ok());
        assert_eq!(asked.load(Ordering::SeqCst), times, "{minutes}");
    }
    // They are fetched in the background, so that no request waits for them.
    assert!(server.keys(Some("a"), start + 5 * MINUTE).await.is_ok());
    while server.age(&server.url.for_key(Some("a")).expect("a URL"), start + 5 * MINUTE)
        != Some(Duration::ZERO)
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let url = server.url.for_key(Some("a")).expect("a URL");
    let almost = start + 15 * MINUTE - Duration::from_millis(1);
    assert!(server.cached_keys(&url, almost).is_ok());
    assert_eq!(server.cached_keys(&url, start + 15 * MINUTE).err(), Some(Fault::KeysUnavailable));
    assert!(server.keys(Some("a"), start + 15 * MINUTE).await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[rocket::async_test]
async fn a_missing_key_is_asked_for_once_an_interval() {
    let (server, asked) = serve();
    let start = Instant::now();
    let almost = start + MINUTE - Duration::from_millis(1);
    for (at, times) in [(start, 1), (almost, 1), (start + MINUTE, 2)] {
        assert_eq!(server.keys(Some("x"), at).await.err(), Some(Fault::UnknownKey));
        assert_eq!(asked.load(Ordering::SeqCst), times);
    }
}

#[rocket::async_test]
async fn names_that_are_made_up_hold_up_no_key_that_is_known() {
    let (server, asked) = serve();
    let start = Instant::now();
    assert!(server.keys(Some("a"), start).await.is_ok());
    assert!(server.keys(Some("b"), start).await.is_ok(), "nor one that is new");
    let mut unasked = 0;
    for name in 0..40 {
        match server.keys(Some(&format!("x{name}")), start).await {
            Err(Fault::KeysUnavailable) => unasked += 1,
            reply => assert_eq!(reply.err(), Some(Fault::UnknownKey)),
        }
    }
    assert_eq!((unasked, asked.load(Ordering::SeqCst)), (40 - MAX_KEY_URLS, 2 + MAX_KEY_URLS));
    assert_eq!(
        server.keys(Some("c"), start).await.err(),
        Some(Fault::KeysUnavailable),
        "it was not asked for"
    );

    let later = start + 10 * MINUTE;
    for name in 0..40 {
        assert!(server.keys(Some(&format!("x{name}")), later).await.is_err());
    }
    assert!(server.keys(Some("a"), later).await.is_ok(), "past its age, and fetched again");
    assert!(server.keys(Some("c"), later + MINUTE).await.is_ok());
}

/// As [`serve`], but without an interval between two fetches.
fn serve_at_once() -> (Arc<KeyServer>, Arc<AtomicUsize>) {
    let (server, asked) = serve();
    let server =
        KeyServer { refresh_interval: Duration::ZERO, ..Arc::into_inner(server).expect("one owner") };
    (Arc::new(server), asked)
}

#[rocket::async_test]
async fn the_oldest_of_too_many_keys_is_dropped_and_those_first_that_verified_nothing() {
    let (server, _) = serve_at_once();
    let start = Instant::now();
    let at = |second: usize| start + Duration::from_secs(second as u64);
    let kept =
        |name: &str| server.cached_keys(&server.url.for_key(Some(name)).expect("a URL"), at(60)).is_ok();
    for second in 0..=MAX_KEY_URLS {
        assert!(server.keys(Some(&format!("{second}")), at(second)).await.is_ok());
    }
    assert_eq!((kept("0"), kept("1"), kept("16")), (false, true, true));

    server.note_verified(Some("1"));
    server.note_verified(Some("nowhere"));
    for second in 17..40 {
        assert!(server.keys(Some(&format!("{second}")), at(second)).await.is_ok());
    }
    assert_eq!((kept("1"), kept("16"), kept("24"), kept("25"), kept("39")), (true, false, false, true, true));

    assert!(server.fresh_keys(Some("1"), at(40)).await.is_ok(), "what is fetched again stays proven");
    for name in 25..40 {
        server.note_verified(Some(&name.to_string()));
    }
    assert!(
        server.keys(Some("41"), at(41)).await.is_ok(),
        "one that is new takes the place of one that is not"
    );
    assert_eq!((kept("1"), kept("25"), kept("26"), kept("41")), (true, false, true, true));
    assert!(server.keys(Some("42"), at(42)).await.is_ok());
    assert_eq!((kept("26"), kept("41"), kept("42")), (true, false, true));
}

#[rocket::async_test]
async fn who_waited_for_a_fetch_does_not_begin_another() {
    let (server, asked) = serve_at_once();
    let now = Instant::now();
    let attempt = server.attempt(&server.url.for_key(Some("a")).expect("a URL"), now).expect("the first");
    let mut held = attempt.lock().await;
    let end = async {
        held.finished_at = Some(Instant::now());
        drop(held);
    };
    let (waited, ()) = tokio::join!(server.fresh_keys(Some("a"), now), end);
    assert_eq!((waited.err(), asked.load(Ordering::SeqCst)), (Some(Fault::KeysUnavailable), 0));
    assert!(server.fresh_keys(Some("a"), now).await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
