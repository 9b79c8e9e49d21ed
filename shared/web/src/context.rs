use store::Store;

/// What the extractors need of a function's dependencies.
pub trait Context: Clone + Send + Sync + 'static {
    fn store(&self) -> &Store;
    fn settings(&self) -> &Settings;
}

/// How a deployment is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `__Host-`, or nothing on a laptop, where pages come over plain http.
    pub cookie_prefix: String,
    /// The web pages that may call with cookies, `https://console.example.com`.
    pub allowed_origins: Vec<String>,
}

impl Settings {
    /// Reads `COOKIE_PREFIX` and `ALLOWED_ORIGINS`.
    pub fn read(env: &platform::config::Reader<'_>) -> Self {
        Self {
            cookie_prefix: env.possibly_empty("COOKIE_PREFIX"),
            allowed_origins: env.list("ALLOWED_ORIGINS"),
        }
    }

    /// Cookies that name their host only travel over TLS.
    pub(crate) fn secure(&self) -> bool {
        !self.cookie_prefix.is_empty()
    }
}
