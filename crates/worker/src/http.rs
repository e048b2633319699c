//! HTTP clients of the worker. TLS is rustls, its certificates the machine's own.

use rustls::crypto::ring;

/// A client for servers at this address. Without TLS no certificates are needed, which some
/// containers do not have.
pub(crate) fn builder(url: &str) -> reqwest::ClientBuilder {
    // The first one counts for the whole process; a second one is the same.
    let _ = ring::default_provider().install_default();
    let builder =
        reqwest::Client::builder().user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")));
    if url.starts_with("https:") {
        builder
    } else {
        builder.tls_certs_only([])
    }
}
