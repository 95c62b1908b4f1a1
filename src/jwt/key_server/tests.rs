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

/// A day, in seconds.
const DAY: u64 = 86_400;

/// Starts a server that serves the one key at every URL, and counts how often it is asked.
/// A URL that begins with an `x` has none, one that begins with a `g` none after the first
/// answer, one that begins with an `f` fails after it, and one that begins with an `r` fails
/// once, and recovers.
fn serve() -> (Arc<KeyServer>, Arc<AtomicUsize>) {
    serve_for(600)
}

/// As [`serve`], with a `max_age` of so many seconds.
fn serve_for(max_age: u64) -> (Arc<KeyServer>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let answered = count.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).expect("a request") > 0);
            let status = match request[5] {
                b'x' => "404 Not Found",
                b'g' if answered > 0 => "410 Gone",
                b'f' if answered > 0 => "503 Service Unavailable",
                b'r' if answered == 1 => "503 Service Unavailable",
                _ => "200 OK",
            };
            let length = PUBLIC_KEY.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            stream.write_all((head + PUBLIC_KEY).as_bytes()).expect("a response");
        }
    });
    let url = KeyUrl::per_key(&format!("http://{address}/{{kid}}")).expect("a URL");
    (Arc::new(KeyServer::new(url, max_age, 60).expect("a client")), asked)
}

#[rocket::async_test]
async fn keys_are_used_for_ten_minutes_or_half_of_their_age_limit_and_then_fetched_again() {
    for (max_age, minutes) in [(600, 5), (DAY, 10)] {
        let (server, asked) = serve_for(max_age);
        let start = Instant::now();
        let stale = start + minutes * MINUTE;
        for (at, times) in [(start, 1), (stale - Duration::from_millis(1), 1), (stale, 2)] {
            assert!(server.keys(Some("a"), at).await.is_ok());
            assert_eq!(asked.load(Ordering::SeqCst), times, "{max_age}");
        }
    }
}

#[rocket::async_test]
async fn requests_that_come_at_once_fetch_old_keys_once() {
    let (server, asked) = serve_for(DAY);
    let start = Instant::now();
    assert!(server.keys(Some("a"), start).await.is_ok());
    let keys = || server.keys(Some("a"), start + 10 * MINUTE);
    let (one, two, three, four) = tokio::join!(keys(), keys(), keys(), keys());
    assert!([one, two, three, four].iter().all(Result::is_ok));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[rocket::async_test]
async fn a_key_that_is_gone_after_a_refresh_verifies_nothing() {
    let (server, _) = serve_for(DAY);
    let start = Instant::now();
    assert!(server.keys(Some("g"), start).await.is_ok());
    assert!(server.keys(Some("g"), start + 9 * MINUTE).await.is_ok());
    assert_eq!(server.keys(Some("g"), start + 10 * MINUTE).await.err(), Some(Fault::UnknownKey));
}

#[rocket::async_test]
async fn old_keys_are_good_up_to_their_age_limit_while_the_server_fails() {
    let (server, asked) = serve_for(3_600);
    let start = Instant::now();
    assert!(server.keys(Some("f"), start).await.is_ok());
    assert!(server.keys(Some("f"), start + 10 * MINUTE).await.is_ok(), "after an attempt");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(server.keys(Some("f"), start + 10 * MINUTE).await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 2, "not again within the interval");

    // The next attempt is made in the background.
    let url = server.url.for_key(Some("f")).expect("a URL");
    let attempt = server.attempt(&url, start + 11 * MINUTE).expect("the attempt");
    let held = attempt.lock().await;
    assert!(server.keys(Some("f"), start + 12 * MINUTE).await.is_ok(), "and is not waited for");
    drop(held);
    while asked.load(Ordering::SeqCst) < 3 {
        tokio::task::yield_now().await;
    }

    let over = start + 60 * MINUTE;
    assert!(server.keys(Some("f"), over - Duration::from_millis(1)).await.is_ok());
    assert_eq!(server.keys(Some("f"), over).await.err(), Some(Fault::KeysUnavailable));
}

#[rocket::async_test]
async fn a_request_waits_for_keys_if_the_outage_was_long_ago_or_there_are_no_others() {
    // Either ten minutes after the failure, or past the age limit.
    for (max_age, failed_after, asked_after) in [(DAY, 600, 1_200), (1_200, 601, 1_200)] {
        let (server, asked) = serve_for(max_age);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for seconds in [0, failed_after] {
            assert!(server.keys(Some("r"), at(seconds)).await.is_ok());
        }
        assert!(server.keys(Some("r"), at(asked_after)).await.is_ok(), "{max_age}");
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        let url = server.url.for_key(Some("r")).expect("a URL");
        assert!(server.are_fresh(&url, at(asked_after)), "{max_age}");
    }
}

/// On one thread, so that the fetch cannot be over at once.
#[tokio::test(flavor = "current_thread")]
async fn a_fetch_whose_request_is_given_up_goes_on_for_the_others() {
    let (server, asked) = serve();
    let now = Instant::now();
    tokio::select! {
        biased;
        _ = server.keys(Some("a"), now) => panic!("it is not over at once"),
        () = std::future::ready(()) => {}
    }
    assert!(server.keys(Some("a"), now).await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
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
