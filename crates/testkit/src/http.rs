//! HTTP clients for servers on loopback.

/// A client without TLS: no certificates of the machine are read.
pub fn http() -> reqwest::ClientBuilder {
    // The first one counts for the whole process; a second one is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_certs_only([]).no_proxy()
}
