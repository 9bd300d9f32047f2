use wiremock::Request;

/// The three ids of a request.
pub(super) struct Ids {
    /// The caller's `x-amzn-RequestId` if that is a UUID, else a fresh one.
    pub(super) request: String,
    /// 16 characters, never the caller's.
    pub(super) extended: String,
    /// `Root=…`: the caller's trace goes on.
    pub(super) trace: String,
}

impl Ids {
    pub(super) fn of(request: &Request) -> Self {
        let chosen = header(request, "x-amzn-requestid").filter(|id| is_uuid(id));
        let traced = header(request, "x-amzn-trace-id").filter(|trace| trace.starts_with("Root=1-"));
        Self {
            request: chosen.map_or_else(fresh, str::to_owned),
            extended: format!("{}=", &hexadecimal()[..15]),
            trace: traced
                .map_or_else(|| format!("Root=1-{}-{}", &hexadecimal()[..8], &hexadecimal()[..24]), str::to_owned),
        }
    }
}

/// The value of a header that is text.
pub(super) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

pub(super) fn fresh() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn hexadecimal() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36 && uuid::Uuid::try_parse(id).is_ok()
}
