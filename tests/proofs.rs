//! All proofs that are configured hold, or there is no identity.

mod harness;

use harness::authority::{Authority, Valid};
use harness::{Database, PROXY, STRANGER, application, figment_exactly};
use rocket::figment::Figment;
use rocket::http::Header;
use rocket::local::blocking::{Client, LocalResponse};
use rocket_remote_user::RemoteUser;

const SECRET: &str = "3f9ac1d07be2485690bd17fe64a8c32d";
const WRONG: &str = "c27e10f8b5a94d36e7103bfa82dc5649";
const STATES: [Proof; 4] = [Proof::Holds, Proof::Fails, Proof::Lacks, Proof::Expired];

/// What a request has of a proof.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Proof {
    Holds,
    Fails,
    Lacks,
    Expired,
}

/// Certificates in PEM.
struct Certificates {
    proxy: Vec<u8>,
    other: Vec<u8>,
    expired: Vec<u8>,
}

impl Certificates {
    fn issue() -> Certificates {
        let authority = Authority::new();
        let issue = |name, valid| {
            let identity = authority.issue(name, "DNS:proxy.internal", valid);
            std::fs::read(identity.certificate).expect("a certificate")
        };
        Certificates {
            proxy: issue("proxy", Valid::Now),
            other: issue("other", Valid::Now),
            expired: issue("proxy", Valid::UntilLastYear),
        }
    }
}

/// The answer to `GET path` with `headers` and what is shown of each proof.
fn request<'c>(
    client: &'c Client,
    path: &'static str,
    headers: &[(&'static str, &str)],
    [address, secret, certificate]: [Proof; 3],
    certificates: &Certificates,
) -> LocalResponse<'c> {
    let mut request = client.get(path);
    let peer = |address: &str| (address.parse::<std::net::IpAddr>().expect("an address"), 9).into();
    match address {
        Proof::Holds => request.set_remote(peer(PROXY)),
        Proof::Fails | Proof::Expired => request.set_remote(peer(STRANGER)),
        Proof::Lacks => {}
    }
    match secret {
        Proof::Holds => request.add_header(Header::new("X-Proxy-Secret", SECRET)),
        Proof::Fails | Proof::Expired => request.add_header(Header::new("X-Proxy-Secret", WRONG)),
        Proof::Lacks => {}
    }
    for (name, value) in headers {
        request.add_header(Header::new(*name, value.to_string()));
    }
    let request = match certificate {
        Proof::Holds => request.identity(&*certificates.proxy),
        Proof::Fails => request.identity(&*certificates.other),
        Proof::Expired => request.identity(&*certificates.expired),
        Proof::Lacks => request,
    };
    request.dispatch()
}

/// What `/public` answers if it is sent a user: the proof that is told of first is a wrong
/// secret, and then the address.
fn expected_answer(
    is_configured: impl Fn(usize) -> bool,
    [address, secret, certificate]: [Proof; 3],
) -> &'static str {
    if is_configured(1) && matches!(secret, Proof::Fails | Proof::Expired) {
        return "header `X-Proxy-Secret` holds no secret that is accepted";
    }
    if is_configured(0) && address != Proof::Holds {
        return "header `Remote-User` comes from a peer that is no trusted proxy";
    }
    if is_configured(1) && secret == Proof::Lacks {
        return "header `X-Proxy-Secret` is missing, and a trusted address is not enough without it";
    }
    match certificate {
        _ if !is_configured(2) => "public",
        Proof::Holds => "public",
        Proof::Lacks => {
            "header `Remote-User` comes without a client certificate, and a trusted address is not enough without one"
        }
        Proof::Fails | Proof::Expired => {
            "header `Remote-User` comes with a client certificate that is not accepted"
        }
    }
}

#[test]
fn every_combination_of_proofs_signs_in_and_goes_on_only_if_all_that_are_configured_hold() {
    let certificates = Certificates::issue();
    let tables = [
        "trusted_proxies = ['127.0.0.1']\n".to_owned(),
        format!("proxy_secret = {{ values = ['{SECRET}'] }}\n"),
        "proxy_certificate = { common_names = ['proxy'] }\n".to_owned(),
    ];
    let mut requests = 0;
    for configured in 1..8 {
        let is_configured = |proof: usize| configured & (1 << proof) != 0;
        let toml: String =
            (0..3).filter(|proof| is_configured(*proof)).map(|proof| &*tables[proof]).collect();
        let toml = format!("{toml}session.persistent = true\n");
        let database = Database::new();
        let tls = [("tls.certs", "none"), ("tls.key", "none"), ("tls.mutual.ca_certs", "none")];
        let figment = tls.into_iter().fold(figment_exactly(&database, &toml), Figment::merge);
        let rocket = application(figment).attach(RemoteUser::fairing());
        let client = Client::untracked(rocket).expect("a launch");
        let ada = ("Remote-User", "ada");
        let all = [Proof::Holds; 3];
        let honest = request(&client, "/me", &[ada], all, &certificates);
        let session = honest.cookies().get("remote_user").expect("a session").value().to_owned();
        let cookie = format!("remote_user={session}");
        for shown in STATES.iter().flat_map(|a| STATES.iter().flat_map(move |s| STATES.map(|c| [*a, *s, c])))
        {
            let all_hold = (0..3).all(|proof| !is_configured(proof) || shown[proof] == Proof::Holds);
            let wrong_secret = is_configured(1) && matches!(shown[1], Proof::Fails | Proof::Expired);
            let get =
                |path, headers: &[_]| request(&client, path, headers, shown, &certificates).status().code;
            let context = format!("{toml}{shown:?}");
            let answer = request(&client, "/public", &[ada], shown, &certificates).into_string();
            assert_eq!(answer.as_deref(), Some(expected_answer(is_configured, shown)), "{context}");
            assert_eq!(get("/me", &[ada]), if all_hold { 200 } else { 403 }, "{context}");
            assert_eq!(get("/public", &[ada]), if all_hold { 200 } else { 403 }, "{context}");
            assert_eq!(get("/me", &[]), if wrong_secret { 403 } else { 401 }, "{context}");
            let without_a_header = match (all_hold, wrong_secret) {
                (true, _) => 200,
                (_, true) => 403,
                _ => 401,
            };
            assert_eq!(get("/me", &[("Cookie", &cookie)]), without_a_header, "{context}");
            requests += 1;
        }
        assert_eq!(database.sql("SELECT username FROM remote_users"), ["ada"]);
    }
    assert_eq!(requests, 7 * 4 * 4 * 4);
}

#[test]
fn an_address_list_of_everybody_is_allowed_beside_another_proof_and_still_asks_for_an_address() {
    let database = Database::new();
    let toml = format!("trusted_proxies = ['0.0.0.0/0', '::/0']\nproxy_secret = {{ values = ['{SECRET}'] }}");
    let rocket = application(figment_exactly(&database, &toml)).attach(RemoteUser::fairing());
    let client = Client::untracked(rocket).expect("a launch");
    let ada = |request: rocket::local::blocking::LocalRequest<'_>, secret: Option<&'static str>| {
        let request = match secret {
            Some(secret) => request.header(Header::new("X-Proxy-Secret", secret)),
            None => request,
        };
        request.header(Header::new("Remote-User", "ada")).dispatch().status().code
    };
    let from_anywhere = || client.get("/me").remote(([192, 0, 2, 9], 9).into());
    assert_eq!(ada(from_anywhere(), Some(SECRET)), 200);
    assert_eq!(ada(from_anywhere(), None), 403);
    assert_eq!(ada(from_anywhere(), Some(WRONG)), 403);
    assert_eq!(ada(client.get("/me"), Some(SECRET)), 403);
}
