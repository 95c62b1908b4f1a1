//! A trusted proxy that is known by the name of its host, and the look-ups of its addresses.
//!
//! Within this folder it depends on nothing.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, RwLock, Weak};
use std::time::Duration;

use rocket::{info_, warn};
use tokio::time::Instant;

use crate::launch::LaunchError;
use crate::lock::ignore_poison;

/// How long an answer is used before the next look-up.
const LOOKUP_INTERVAL: Duration = Duration::from_secs(30);

/// How long an answer is used at most, while look-ups fail.
const MAX_AGE: Duration = Duration::from_secs(300);

/// How long a look-up may take.
const MAX_LOOKUP_TIME: Duration = Duration::from_secs(10);

/// Looks up the addresses of a host.
#[rocket::async_trait]
trait Resolver: Send + Sync + 'static {
    /// Returns the addresses that `name` has now.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system: `/etc/hosts`, DNS, and what else it asks.
struct SystemResolver;

#[rocket::async_trait]
impl Resolver for SystemResolver {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A trusted proxy that is known by the name of its host.
///
/// Its addresses are looked up at launch and every 30 seconds. While a look-up fails, the last
/// answer counts until it is 5 minutes old. After that, no peer is this host.
pub(crate) struct ProxyHost {
    name: String,
    answer: RwLock<Answer>,
}

/// The addresses of a host, and since when they are known.
struct Answer {
    addresses: Vec<IpAddr>,
    since: Instant,
}

impl ProxyHost {
    /// Looks up the host `name`, and goes on doing so while what is returned is in use.
    ///
    /// # Errors
    ///
    /// Returns an error if the first look-up fails.
    pub(crate) async fn open(name: &str) -> Result<Arc<Self>, LaunchError> {
        Self::open_with(name, SystemResolver).await
    }

    async fn open_with(name: &str, resolver: impl Resolver) -> Result<Arc<Self>, LaunchError> {
        let addresses = lookup(&resolver, name).await.map_err(|error| {
            LaunchError::new(format!("the host `{name}` of `trusted_proxies` cannot be looked up: {error}"))
                .help("start the application when the name of its proxy is known, or configure an address")
        })?;
        let answer = RwLock::new(Answer { addresses, since: Instant::now() });
        let host = Arc::new(Self { name: name.into(), answer });
        rocket::tokio::spawn(keep_looking_up(Arc::downgrade(&host), resolver));
        Ok(host)
    }

    /// Whether `peer` has an address of this host. An IPv4-mapped address counts as its IPv4
    /// address.
    pub(super) fn contains(&self, peer: IpAddr) -> bool {
        let answer = ignore_poison(self.answer.read());
        answer.since.elapsed() <= MAX_AGE && answer.addresses.contains(&peer.to_canonical())
    }

    /// Returns the warning for the liftoff summary.
    pub(super) fn warning(&self) -> String {
        format!(
            "the host `{}` is looked up every {} seconds: whoever answers for its name says who is trusted",
            self.name,
            LOOKUP_INTERVAL.as_secs()
        )
    }

    /// Takes over the outcome of a look-up. One that failed is reported the first time.
    fn update(&self, outcome: io::Result<Vec<IpAddr>>, had_failed: bool) {
        match outcome {
            Ok(addresses) => {
                *ignore_poison(self.answer.write()) = Answer { addresses, since: Instant::now() };
            }
            Err(error) if !had_failed => {
                warn!("The host `{}` of `trusted_proxies` cannot be looked up: {error}.", self.name);
                info_!("Its last addresses count for {} seconds after they were known.", MAX_AGE.as_secs());
            }
            Err(_) => {}
        }
    }
}

impl fmt::Display for ProxyHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = ignore_poison(self.answer.read());
        let addresses: Vec<_> = answer.addresses.iter().map(IpAddr::to_string).collect();
        write!(f, "{} ({})", self.name, addresses.join(", "))
    }
}

/// Looks up the addresses of a host, of which there must be one.
async fn lookup(resolver: &impl Resolver, name: &str) -> io::Result<Vec<IpAddr>> {
    let found = match tokio::time::timeout(MAX_LOOKUP_TIME, resolver.lookup(name)).await {
        Ok(outcome) => outcome?,
        Err(_) => return Err(io::Error::other("there was no answer in 10 seconds")),
    };
    let mut addresses: Vec<_> = found.iter().map(IpAddr::to_canonical).collect();
    addresses.sort();
    addresses.dedup();
    if addresses.is_empty() { Err(io::Error::other("it has no address")) } else { Ok(addresses) }
}

/// Looks up `host` at its intervals, until nothing uses it any more.
async fn keep_looking_up(host: Weak<ProxyHost>, resolver: impl Resolver) {
    let mut has_failed = false;
    loop {
        tokio::time::sleep(LOOKUP_INTERVAL).await;
        let Some(host) = host.upgrade() else { return };
        let outcome = lookup(&resolver, &host.name).await;
        let fails = outcome.is_err();
        host.update(outcome, has_failed);
        has_failed = fails;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A resolver whose answer a test sets. `None` is one that cannot be reached.
    #[derive(Clone)]
    struct TestResolver(Arc<Mutex<Option<Vec<IpAddr>>>>);

    /// A resolver that never answers.
    struct SilentResolver;

    #[rocket::async_trait]
    impl Resolver for SilentResolver {
        async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            std::future::pending().await
        }
    }

    impl TestResolver {
        fn answering(addresses: &[&str]) -> Self {
            let resolver = Self(Arc::default());
            resolver.answer(addresses);
            resolver
        }

        fn answer(&self, addresses: &[&str]) {
            let addresses = addresses.iter().map(|address| address.parse().expect("an address")).collect();
            *ignore_poison(self.0.lock()) = Some(addresses);
        }

        fn fail(&self) {
            *ignore_poison(self.0.lock()) = None;
        }
    }

    #[rocket::async_trait]
    impl Resolver for TestResolver {
        async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            ignore_poison(self.0.lock()).clone().ok_or_else(|| io::Error::other("no answer"))
        }
    }

    fn contains(host: &ProxyHost, address: &str) -> bool {
        host.contains(address.parse().expect("an address"))
    }

    /// Lets time pass, and the look-ups that are due in it happen.
    async fn pass(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    async fn open(resolver: &TestResolver) -> Arc<ProxyHost> {
        ProxyHost::open_with("proxy", resolver.clone()).await.expect("an answer")
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_counts_while_the_host_has_it() {
        let resolver = TestResolver::answering(&["10.0.0.2", "::ffff:10.0.0.3", "10.0.0.2"]);
        let host = open(&resolver).await;
        assert_eq!(host.to_string(), "proxy (10.0.0.2, 10.0.0.3)");
        resolver.answer(&["10.0.0.3", "fd00::3"]);
        pass(29).await;
        assert!(contains(&host, "10.0.0.2") && !contains(&host, "fd00::3"));
        pass(2).await;
        assert!(!contains(&host, "10.0.0.2") && contains(&host, "fd00::3"));
        assert!(contains(&host, "::ffff:10.0.0.3") && !contains(&host, "10.0.0.4"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_answer_counts_for_five_minutes_while_look_ups_fail() {
        for failure in [TestResolver::fail, |resolver: &TestResolver| resolver.answer(&[])] {
            let resolver = TestResolver::answering(&["10.0.0.2"]);
            let host = open(&resolver).await;
            pass(31).await;
            failure(&resolver);
            pass(298).await;
            assert!(contains(&host, "10.0.0.2"));
            pass(2).await;
            assert!(!contains(&host, "10.0.0.2"), "it was known 301 seconds ago");
            resolver.answer(&["10.0.0.2"]);
            pass(30).await;
            assert!(contains(&host, "10.0.0.2"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_look_ups_end_when_nothing_uses_the_host() {
        let resolver = TestResolver::answering(&["10.0.0.2"]);
        let host = open(&resolver).await;
        assert_eq!(Arc::strong_count(&resolver.0), 2);
        drop(host);
        pass(31).await;
        assert_eq!(Arc::strong_count(&resolver.0), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_up_without_an_answer_ends() {
        let error = lookup(&SilentResolver, "proxy").await.expect_err("no answer").to_string();
        assert_eq!(error, "there was no answer in 10 seconds");
    }

    #[tokio::test]
    async fn a_host_without_an_address_stops_the_launch() {
        for (resolver, reason) in
            [(TestResolver(Arc::default()), "no answer"), (TestResolver::answering(&[]), "it has no address")]
        {
            let Err(LaunchError::Other { reason: error, .. }) = ProxyHost::open_with("proxy", resolver).await
            else {
                panic!("a host without an address");
            };
            let expected = "the host `proxy` of `trusted_proxies` cannot be looked up: ";
            assert_eq!(error, format!("{expected}{reason}"));
        }
    }
}
