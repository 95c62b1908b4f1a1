use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rocket::time::{Duration, OffsetDateTime};
use tempfile::TempDir;

/// A certificate authority that `openssl` runs.
pub struct Authority {
    directory: TempDir,
}

/// A certificate, and its key.
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// When a certificate is valid.
#[derive(Clone, Copy)]
pub enum Valid {
    Now,
    ForSeconds(i64),
    UntilLastYear,
}

const CONFIGURATION: &str = "
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
default_days = 1
policy = policy
copy_extensions = copy
x509_extensions = leaf
[policy]
commonName = optional
[leaf]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth,clientAuth
[sub]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
nameConstraints = critical,permitted;DNS:tenant.example
";

impl Authority {
    pub fn new() -> Authority {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let authority = Authority { directory };
        fs::write(authority.path("openssl.cnf"), CONFIGURATION).expect("a file");
        fs::write(authority.path("index.txt"), "").expect("a file");
        let request =
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -keyout ca.key -out ca.pem";
        authority.openssl(request, &["-subj", "/CN=Authority"]);
        authority
    }

    /// An authority beneath this one that may issue certificates for the DNS names of
    /// `tenant.example` only. With its certificates goes its own.
    pub fn sub_authority(&self) -> Authority {
        let sub = Authority::new();
        let request = sub.path("ca.csr");
        let request = request.to_str().expect("a path");
        sub.openssl("req -new -key ca.key", &["-subj", "/CN=Sub-authority", "-out", request]);
        let certificate = sub.path("ca.pem");
        let options = ["-in", request, "-out", certificate.to_str().expect("a path"), "-extensions", "sub"];
        self.openssl("ca -config openssl.cnf -batch -notext -cert ca.pem -keyfile ca.key", &options);
        sub
    }

    /// Issues as [`issue`](Self::issue) does, and adds this authority's own certificate, as
    /// a client shows them together.
    pub fn issue_chain(&self, name: &str, alternatives: &str) -> Identity {
        let identity = self.issue(name, alternatives, Valid::Now);
        let chain = [&identity.certificate, &self.certificate()].map(|file| fs::read(file).expect("a file"));
        fs::write(&identity.certificate, chain.concat()).expect("a file");
        identity
    }

    /// The certificate of the authority.
    pub fn certificate(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// Issues a certificate for the common name `name` with the alternative
    /// names of `alternatives`, such as `DNS:proxy.internal`.
    pub fn issue(&self, name: &str, alternatives: &str, valid: Valid) -> Identity {
        let count = fs::read_dir(self.directory.path()).expect("files").count();
        let (key, request, certificate) =
            (format!("{count}.key"), format!("{count}.csr"), format!("{count}.pem"));
        let new = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        let alternatives = format!("subjectAltName={alternatives}");
        let subject = format!("/CN={name}");
        let mut options = vec!["-keyout", &key, "-out", &request, "-subj", &subject];
        options.extend(["-addext", &alternatives]);
        self.openssl(new, &options);
        let mut options = vec!["-in", &request, "-out", &certificate];
        let end = match valid {
            Valid::Now => None,
            Valid::ForSeconds(seconds) => Some(in_seconds(seconds)),
            Valid::UntilLastYear => Some("20250101000000Z".into()),
        };
        if let Some(end) = &end {
            options.extend(["-startdate", "20200101000000Z", "-enddate", end]);
        }
        self.openssl("ca -config openssl.cnf -batch -notext -cert ca.pem -keyfile ca.key", &options);
        Identity { certificate: self.path(&certificate), key: self.path(&key) }
    }

    /// Issues a certificate for `subject`, such as `/CN=proxy`, whose strings are
    /// of the ASN.1 type that this mask of OpenSSL allows.
    pub fn issue_for(&self, subject: &str, mask: &str) -> Identity {
        fs::write(
            self.path("req.cnf"),
            format!("[req]\nstring_mask = {mask}\ndistinguished_name = name\n[name]\n"),
        )
        .expect("a file");
        let count = fs::read_dir(self.directory.path()).expect("files").count();
        let (key, certificate) = (format!("{count}.key"), format!("{count}.pem"));
        let new = "req -x509 -CA ca.pem -CAkey ca.key -config req.cnf -newkey ec -pkeyopt \
                   ec_paramgen_curve:P-256 -nodes -days 1 -utf8 -addext extendedKeyUsage=clientAuth -addext \
                   basicConstraints=critical,CA:FALSE";
        self.openssl(new, &["-keyout", &key, "-out", &certificate, "-subj", subject]);
        Identity { certificate: self.path(&certificate), key: self.path(&key) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn openssl(&self, command: &str, options: &[&str]) {
        let mut openssl = Command::new("openssl");
        let openssl = openssl.args(command.split(' ')).args(options).current_dir(self.directory.path());
        run(openssl);
    }
}

/// The time in that many seconds, as `openssl` takes it.
fn in_seconds(seconds: i64) -> String {
    let time = OffsetDateTime::now_utc() + Duration::seconds(seconds);
    let (month, day) = (u8::from(time.month()), time.day());
    let (hour, minute, second) = time.to_hms();
    format!("{:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z", time.year())
}

impl Identity {
    /// The fingerprint as `openssl` prints it.
    pub fn fingerprint(&self) -> String {
        let mut openssl = Command::new("openssl");
        let printed =
            run(openssl.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(&self.certificate));
        printed.trim().split_once('=').expect("a fingerprint").1.to_owned()
    }
}

/// The status and the HTTP version of `GET path`, as `curl` has them; the
/// status is 000 when there is no answer.
pub fn curl(
    version: &str,
    port: u16,
    path: &str,
    authority: &Path,
    identity: Option<&Identity>,
    headers: &[&str],
) -> String {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--max-time", "20", "--output", "/dev/null", version, "--cacert"]).arg(authority);
    curl.args(["--write-out", "%{http_code} %{http_version}"]);
    if let Some(Identity { certificate, key }) = identity {
        curl.arg("--cert").arg(certificate).arg("--key").arg(key);
    }
    curl.args(headers.iter().flat_map(|header| ["--header", header]));
    let output = curl.arg(format!("https://localhost:{port}{path}")).output();
    let output = output.unwrap_or_else(|e| panic!("curl: {e}; this test needs it installed"));
    String::from_utf8(output.stdout).expect("text")
}

/// A client of TLS that `openssl` runs, which takes a request by its input and prints the
/// answer, and first what it knows of the connection.
pub fn tls_client(port: u16, authority: &Path, identity: Option<&Identity>, options: &[&str]) -> Command {
    let mut client = Command::new("openssl");
    client.args(["s_client", "-connect", &format!("localhost:{port}"), "-ign_eof", "-CAfile"]).arg(authority);
    if let Some(Identity { certificate, key }) = identity {
        client.arg("-cert").arg(certificate).arg("-key").arg(key);
    }
    client.args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    client
}

/// What `command` prints.
pub fn run(command: &mut Command) -> String {
    let output =
        command.output().unwrap_or_else(|e| panic!("{command:?}: {e}; this test needs it installed"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
