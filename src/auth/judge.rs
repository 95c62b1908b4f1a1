//! The half of an authenticator that the fairing uses: it passes a verdict on a
//! request.
//!
//! Within this folder it depends on `authenticator`, `known_headers`, `nobody`, `principal`,
//! `request_notes` and `verdict`.

use std::sync::Arc;

use rocket::Request;
use rocket::http::{Header, HeaderMap};

use super::authenticator::Authenticator;
use super::nobody::MissingUser;
use super::principal::Principal;
use super::verdict::Verdict;
use crate::error::{Error, Fault, Refusals, Rejection};
use crate::headers::{Assertion, HeaderName, HeaderScan};
use crate::proxy::{Trust, UntrustedPeers};

/// The steps that the fairing asks for, before a request is routed.
impl Authenticator {
    /// Sets the verdict on `request`, and blanks the headers it was read from, so that no
    /// route believes them unchecked. A rejection is also noted for the catchers, and
    /// reported.
    pub(crate) async fn judge<'r>(&'r self, request: &mut Request<'r>) {
        let scan = self.scan(request.headers());
        let outcome = self.verdict(request, &scan).await;
        for name in scan.into_names_to_blank() {
            request.replace_header(Header::new(name, ""));
        }
        match outcome {
            Ok(verdict) => verdict.set(request),
            Err(error) => {
                Verdict::Rejected(error.clone()).set(request);
                self.reject(request, &error).await;
            }
        }
    }

    /// Notes for the catchers that `request` is rejected, and reports it.
    async fn reject(&self, request: &Request<'_>, error: &Error) {
        error.note_rejection(request);
        self.report_refusals(request).await;
    }

    /// Scans `headers` for those that are read. What is the application's is not among them.
    fn scan<'h>(&self, headers: &'h HeaderMap<'_>) -> HeaderScan<'_, 'h> {
        let max_bytes = self.identity_reader.max_bytes();
        let scan = HeaderScan::new(self.scanned_headers(), &self.blank, max_bytes, headers);
        #[cfg(feature = "jwt")]
        if let Some(token_reader) = &self.token_reader {
            return token_reader.leave_to_application(scan);
        }
        scan
    }

    /// Admits a request to the routes, after every other fairing has seen it. What they made
    /// of its method and its path counts here.
    ///
    /// # Errors
    ///
    /// Returns the reason if the request is rejected, was not judged, may come from the page
    /// of another site, or has no user where `require_user` asks for one.
    pub(crate) async fn admit(&self, request: &Request<'_>) -> Result<(), Error> {
        let verdict = match Verdict::of(request) {
            None => return Err(Error::Unjudged),
            Some(Verdict::Rejected(error)) => return Err(error.clone()),
            Some(verdict) => verdict,
        };
        let admission = match self.check_cross_site(request, verdict).await {
            Ok(()) => self.check_user(request).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &admission {
            self.reject(request, error).await;
        }
        admission
    }

    /// Checks that there is a user, if `require_user` asks for one on this path.
    async fn check_user(&self, request: &Request<'_>) -> Result<(), Error> {
        if !self.require_user.includes(request.uri().path()) {
            return Ok(());
        }
        match Box::pin(self.user(request)).await? {
            Some(_) => Ok(()),
            None => Err(Error::UserRequired),
        }
    }

    /// Checks that no page of another site sent the request, if somebody is signed in: the
    /// proxy names a person, or the request has a session.
    async fn check_cross_site(&self, request: &Request<'_>, verdict: &Verdict) -> Result<(), Error> {
        let Err(rejection) = self.cross_site.check(request) else { return Ok(()) };
        let is_signed_in = Box::pin(self.is_signed_in(request, verdict)).await?;
        if is_signed_in { Err(rejection.into()) } else { Ok(()) }
    }

    /// Every header that is read, and then blanked.
    fn scanned_headers(&self) -> impl Iterator<Item = &HeaderName> {
        let proof = self.proofs.secret_header().into_iter().chain(self.token_header());
        self.identity_reader.headers().chain(proof)
    }

    /// Decides whether the request is for this site, who is there, and whether a page of
    /// another site has them do it.
    async fn verdict(&self, request: &Request<'_>, scan: &HeaderScan<'_, '_>) -> Result<Verdict, Error> {
        self.hosts.check(request)?;
        let verdict = self.who_is_named(request, scan).await?;
        self.check_cross_site(request, &verdict).await?;
        Ok(verdict)
    }

    /// Decides who is named. No header of an untrusted peer counts.
    async fn who_is_named(
        &self,
        request: &Request<'_>,
        scan: &HeaderScan<'_, '_>,
    ) -> Result<Verdict, Rejection> {
        match (self.proofs.judge(request, scan).await?, self.untrusted) {
            (Trust::Trusted, _) if scan.is_empty() => {
                self.check_missing_user(scan)?;
                Ok(Verdict::Anonymous { is_peer_trusted: true })
            }
            (Trust::Trusted, _) => self.identify(scan, Refusals::of(request)).await,
            (_, UntrustedPeers::Ignore) => Ok(Verdict::Anonymous { is_peer_trusted: false }),
            (Trust::Untrusted(fault), UntrustedPeers::Reject) => self.reject_identity(scan, fault),
            (Trust::WrongSecret(rejection), UntrustedPeers::Reject) => Err(rejection),
        }
    }

    /// Rejects a request that carries an identity header, whatever its value, because of
    /// `fault`. It is the fault of that header, unless the one with the secret is missing.
    fn reject_identity(&self, scan: &HeaderScan<'_, '_>, fault: Fault) -> Result<Verdict, Rejection> {
        let identity_headers = self.token_header().into_iter().chain(self.identity_reader.headers());
        let Some(sent) = scan.first_sent(identity_headers) else {
            return Ok(Verdict::Anonymous { is_peer_trusted: false });
        };
        let header = match fault {
            Fault::MissingSecret => self.proofs.secret_header().unwrap_or(sent),
            _ => sent,
        };
        Err(Rejection::new(header, fault))
    }

    /// Decides who is there by the assertion of a trusted proxy, which is read unless its headers
    /// are known. `refusals` are told whom it names, even if that is refused.
    async fn identify(&self, scan: &HeaderScan<'_, '_>, refusals: &Refusals) -> Result<Verdict, Rejection> {
        let Some(known) = &self.known_headers else { return self.read(scan, refusals).await };
        let Some(sent) = self.identity_reader.sent(scan) else { return self.read(scan, refusals).await };
        if let Some(principal) = known.get(&sent) {
            refusals.set_username(principal.username.to_shared());
            return Ok(Verdict::Authenticated(principal));
        }
        let verdict = self.read(scan, refusals).await?;
        if let Verdict::Authenticated(principal) = &verdict {
            known.insert(&sent, principal.clone());
        }
        Ok(verdict)
    }

    /// Reads who is there. `refusals` are told whom the proxy names, even if that is refused.
    async fn read(&self, scan: &HeaderScan<'_, '_>, refusals: &Refusals) -> Result<Verdict, Rejection> {
        let Some(assertion) = self.assertion(scan, refusals).await? else {
            self.check_missing_user(scan)?;
            return Ok(Verdict::Anonymous { is_peer_trusted: true });
        };
        let Assertion { user, subject, name, email, groups, attributes } = assertion;
        if self.nobody.include(&user) {
            return Ok(Verdict::Anonymous { is_peer_trusted: true });
        }
        refusals.set_username(&*user);
        let username = self.principal_mapper.username(user);
        let username = username.map_err(|fault| rejection(self.user_header(scan), fault))?;
        if self.nobody.include(username.as_str()) {
            return Ok(Verdict::Anonymous { is_peer_trusted: true });
        }
        refusals.set_username(username.to_shared());
        let groups = self.group_mapper.groups(&groups, &self.identity_reader);
        let header = || self.token_header().or_else(|| self.identity_reader.groups_header(scan));
        let groups = groups.map_err(|fault| rejection(header(), fault))?;
        Ok(Verdict::Authenticated(Arc::new(Principal { username, subject, name, email, attributes, groups })))
    }

    /// Checks that a request that names nobody may leave out the header that would.
    fn check_missing_user(&self, scan: &HeaderScan<'_, '_>) -> Result<(), Rejection> {
        let header = self.user_header(scan);
        let is_absent = header.is_none_or(|header| scan.value(header).is_none());
        if self.nobody.missing_user == MissingUser::Deny && is_absent {
            return Err(rejection(header, Fault::Missing));
        }
        Ok(())
    }

    /// The header that says who the user is: that of the token, or the one that was read.
    fn user_header(&self, scan: &HeaderScan<'_, '_>) -> Option<&HeaderName> {
        self.token_header().or_else(|| self.identity_reader.user_header(scan))
    }

    /// Reads the token alone if tokens are configured, and the identity headers otherwise.
    async fn assertion(
        &self,
        scan: &HeaderScan<'_, '_>,
        refusals: &Refusals,
    ) -> Result<Option<Assertion>, Rejection> {
        #[cfg(feature = "jwt")]
        if let Some(token_reader) = &self.token_reader {
            return token_reader.read(scan, &self.identity_reader, refusals).await;
        }
        let assertion = self.identity_reader.read(scan);
        if assertion.is_err()
            && let Some(user) = self.identity_reader.clean_user(scan)
        {
            refusals.set_username(user);
        }
        assertion
    }

    /// The header that carries a token, if tokens are configured.
    fn token_header(&self) -> Option<&HeaderName> {
        #[cfg(feature = "jwt")]
        if let Some(token_reader) = &self.token_reader {
            return Some(token_reader.header());
        }
        None
    }
}

/// Rejects a request because of what `header` says, or does not say.
fn rejection(header: Option<&HeaderName>, fault: Fault) -> Rejection {
    Rejection::new(header.map(HeaderName::as_str).unwrap_or_default(), fault)
}
