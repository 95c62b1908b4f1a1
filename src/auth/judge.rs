use rocket::Request;
use rocket::http::Header;

use super::authenticator::Authenticator;
use super::verdict::Verdict;
use crate::error::{Error, Fault, Rejection};
use crate::headers::{Assertion, HeaderName, HeaderScan, MAX_SCANNED};
#[cfg(feature = "jwt")]
use crate::jwt::TokenReader;
use crate::proxy::{Trust, UntrustedPeers};

/// What the fairing asks for, before a request is routed.
impl Authenticator {
    /// Passes a verdict on `request`, and blanks the headers that it was read from.
    ///
    /// # Errors
    ///
    /// The rejection, if that is the verdict, to be reported.
    pub(crate) async fn judge<'r>(&'r self, request: &mut Request<'r>) -> Result<(), Error> {
        let scan = HeaderScan::new(self.scanned_headers(), &self.blank, request.headers());
        let outcome = self.verdict(request, &scan).await;
        for name in scan.into_names() {
            request.replace_header(Header::new(name, ""));
        }
        match outcome {
            Ok(verdict) => {
                verdict.pass(request);
                Ok(())
            }
            Err(rejection) => {
                Verdict::Rejected { rejection: rejection.clone(), method: request.method() }.pass(request);
                Err(rejection.into())
            }
        }
    }

    /// Every header that is read, and blanked after.
    fn scanned_headers(&self) -> [Option<&HeaderName>; MAX_SCANNED] {
        let [user, name, email, groups] = self.reader.headers().all();
        [user, name, email, groups, self.proofs.secret_header(), self.token_header()]
    }

    async fn verdict(&self, request: &Request<'_>, scan: &HeaderScan<'_, '_>) -> Result<Verdict, Rejection> {
        let rejection = match self.proofs.judge(request, scan).await? {
            Trust::Trusted => return self.identify(scan).await,
            Trust::Untrusted => self.reject_identity(scan),
            Trust::Impostor(rejection) => Err(rejection),
        };
        match self.untrusted {
            UntrustedPeers::Reject => rejection.map(|()| Verdict::Anonymous),
            UntrustedPeers::Ignore => Ok(Verdict::Anonymous),
        }
    }

    /// Rejects identity headers, whatever they say.
    fn reject_identity(&self, scan: &HeaderScan<'_, '_>) -> Result<(), Rejection> {
        let identity = self.token_header().into_iter().chain(self.reader.headers().iter());
        match scan.first_sent(identity) {
            Some(header) => Err(Rejection::new(header, Fault::UntrustedPeer)),
            None => Ok(()),
        }
    }

    /// The verdict on what a trusted proxy says.
    async fn identify(&self, scan: &HeaderScan<'_, '_>) -> Result<Verdict, Rejection> {
        match self.assertion(scan).await? {
            None => Ok(Verdict::Anonymous),
            Some(assertion) => self.principals.principal(assertion).map(Verdict::Authenticated),
        }
    }

    /// What the token says, and nothing else, where tokens are configured, or else
    /// what the identity headers say.
    #[cfg(feature = "jwt")]
    async fn assertion(&self, scan: &HeaderScan<'_, '_>) -> Result<Option<Assertion>, Rejection> {
        match &self.tokens {
            None => self.reader.read(scan),
            Some(tokens) => tokens.read(scan, &self.reader).await,
        }
    }

    #[cfg(not(feature = "jwt"))]
    async fn assertion(&self, scan: &HeaderScan<'_, '_>) -> Result<Option<Assertion>, Rejection> {
        self.reader.read(scan)
    }

    /// The header that carries a token.
    #[cfg(feature = "jwt")]
    fn token_header(&self) -> Option<&HeaderName> {
        self.tokens.as_ref().map(TokenReader::header)
    }

    #[cfg(not(feature = "jwt"))]
    fn token_header(&self) -> Option<&HeaderName> {
        None
    }
}
