use super::SigningError;

/// What a signature is valid for: one service in one region.
///
/// ```
/// use stepgate::sigv4::Scope;
///
/// let scope = Scope::from_host("a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com")?;
/// assert_eq!((scope.service(), scope.region()), ("execute-api", "eu-west-1"));
/// // A custom domain does not tell its region.
/// assert!(Scope::from_host("api.example.com").is_err());
/// let scope = Scope::execute_api("eu-west-1");
/// # assert_eq!(scope.region(), "eu-west-1");
/// # Ok::<(), stepgate::sigv4::SigningError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    region: Box<str>,
    service: Box<str>,
}

impl Scope {
    /// The service that API Gateway's own and custom domains are signed for.
    pub const EXECUTE_API: &'static str = "execute-api";

    /// The service that the Step Functions API is signed for.
    pub const STATES: &'static str = "states";

    /// Any service, by its signing name.
    #[must_use]
    pub fn new(region: &str, service: &str) -> Self {
        Self { region: region.into(), service: service.into() }
    }

    /// An API of API Gateway in `region`.
    #[must_use]
    pub fn execute_api(region: &str) -> Self {
        Self::new(region, Self::EXECUTE_API)
    }

    /// The Step Functions API in `region`.
    #[must_use]
    pub fn states(region: &str) -> Self {
        Self::new(region, Self::STATES)
    }

    /// Reads region and service off one of AWS's own host names, without a port: `{id}.execute-api.{region}.{suffix}` and
    /// `states.{region}.{suffix}`, with `-fips` behind the service or `sync-` before `states`, of a VPC endpoint
    /// (`….vpce.{suffix}`), and of every partition (`amazonaws.com`, dual-stack `api.aws`, China, the isolated ones and the
    /// European sovereign cloud).
    ///
    /// Sources: "Step Functions endpoints and quotas", "Amazon API Gateway endpoints and quotas", "`AWS PrivateLink`"; the
    /// suffixes are those of botocore's `partitions.json`.
    ///
    /// # Errors
    /// [`SigningError::UnknownHost`] for every other name.
    pub fn from_host(host: &str) -> Result<Self, SigningError> {
        Self::parse(&host.to_ascii_lowercase()).ok_or_else(|| SigningError::UnknownHost(host.to_owned()))
    }

    fn parse(host: &str) -> Option<Self> {
        let host = host.strip_suffix('.').unwrap_or(host);
        let host = SUFFIXES.iter().find_map(|suffix| host.strip_suffix(suffix)?.strip_suffix('.'))?;
        let host = host.strip_suffix(".vpce").unwrap_or(host);
        let (rest, region) = host.rsplit_once('.')?;
        let is_region = region.contains('-') && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let (id, service) = rest.rsplit_once('.').map_or((None, rest), |(id, service)| (Some(id), service));
        let service = match (service.strip_suffix("-fips").unwrap_or(service), id) {
            (Self::EXECUTE_API, Some(id)) if !id.is_empty() => Self::EXECUTE_API,
            (Self::STATES | "sync-states", id) if id.is_none_or(|id| id.starts_with("vpce-")) => Self::STATES,
            _ => return None,
        };
        is_region.then(|| Self::new(region, service))
    }

    /// The region, such as `eu-west-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The service's signing name, such as `execute-api`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }
}

/// What stands behind the region in the names of AWS's hosts, by partition; the longer of two first.
const SUFFIXES: [&str; 10] = [
    "amazonaws.com.cn",
    "amazonaws.com",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "amazonaws.eu",
    "api.amazonwebservices.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_of_aws_tell_region_and_service() {
        for (host, region, service) in [
            ("a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", "eu-west-1", "execute-api"),
            ("A1B2C3D4E5.Execute-API.EU-West-1.AmazonAWS.com.", "eu-west-1", "execute-api"),
            ("a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn", "cn-north-1", "execute-api"),
            ("a1b2c3d4e5.execute-api.us-gov-west-1.amazonaws.com", "us-gov-west-1", "execute-api"),
            ("a1b2c3d4e5-vpce-0123.execute-api.us-east-1.amazonaws.com", "us-east-1", "execute-api"),
            ("vpce-0123-abcd.execute-api.us-east-1.vpce.amazonaws.com", "us-east-1", "execute-api"),
            ("states.ap-southeast-2.amazonaws.com", "ap-southeast-2", "states"),
            ("states.cn-north-1.amazonaws.com.cn", "cn-north-1", "states"),
            ("states-fips.us-east-1.amazonaws.com", "us-east-1", "states"),
            ("states-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", "states"),
            ("states.eu-west-1.api.aws", "eu-west-1", "states"),
            ("states-fips.us-west-2.api.aws", "us-west-2", "states"),
            ("sync-states.eu-west-1.amazonaws.com", "eu-west-1", "states"),
            ("vpce-0123-abcd.states.eu-west-1.vpce.amazonaws.com", "eu-west-1", "states"),
            ("vpce-0123-abcd-eu-west-1a.sync-states.eu-west-1.vpce.amazonaws.com", "eu-west-1", "states"),
            ("states.cn-northwest-1.api.amazonwebservices.com.cn", "cn-northwest-1", "states"),
            ("states.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", "states"),
            ("states.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", "states"),
            ("states.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "states"),
            ("a1b2c3d4e5.execute-api.eu-west-1.api.aws", "eu-west-1", "execute-api"),
            ("a1b2c3d4e5.execute-api-fips.us-east-1.amazonaws.com", "us-east-1", "execute-api"),
        ] {
            let scope = Scope::from_host(host).unwrap();
            assert_eq!((scope.region(), scope.service()), (region, service), "{host}");
        }
    }

    #[test]
    fn every_other_host_asks_for_the_region() {
        for host in [
            "",
            "api.example.com",
            "localhost",
            "127.0.0.1",
            "amazonaws.com",
            "execute-api.eu-west-1.amazonaws.com",
            ".execute-api.eu-west-1.amazonaws.com",
            "a1.execute-api.amazonaws.com",
            "a1.execute-api.local_host.amazonaws.com",
            "a1.execute-api.eu-west-1.amazonaws.com.example.com",
            "a1.execute-api.localhost.localstack.cloud",
            "s3.eu-west-1.amazonaws.com",
            "a.states.eu-west-1.amazonaws.com",
            "states.amazonaws.com",
            "evilamazonaws.com",
            "states.eu-west-1.evilamazonaws.com",
        ] {
            let error = Scope::from_host(host).unwrap_err();
            assert!(matches!(&error, SigningError::UnknownHost(named) if named == host), "{host}: {error}");
            assert!(error.to_string().contains("name the region"), "{error}");
        }
    }
}
