//! A client of TLS that shows a certificate, or none.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// What a client believes, and whom it shows itself to be.
pub type Tls = Arc<ClientConfig>;

/// A client that believes the authority of a file, and shows the certificate and the key of another.
pub fn client(authority: &Path, identity: Option<&Path>) -> Tls {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).expect("an authority")).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let client = versions.expect("versions").with_root_certificates(roots);
    Arc::new(match identity {
        None => client.with_no_client_auth(),
        Some(file) => {
            let chain = CertificateDer::pem_file_iter(file).expect("a file");
            let chain = chain.collect::<Result<_, _>>().expect("certificates");
            let key = PrivateKeyDer::from_pem_file(file).expect("a key");
            client.with_client_auth_cert(chain, key).expect("a certificate and its key")
        }
    })
}

/// A connection to `localhost` with TLS.
pub fn connect(address: SocketAddr, tls: &Tls) -> StreamOwned<ClientConnection, TcpStream> {
    let name = "localhost".try_into().expect("a name");
    let connection = ClientConnection::new(tls.clone(), name).expect("a client");
    StreamOwned::new(connection, super::wire::connect(address))
}
