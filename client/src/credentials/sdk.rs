use crate::builder::ClientBuilder;
use crate::error::Error;
use aws_types::SdkConfig;

impl ClientBuilder {
    /// Signs every attempt with the credentials of an AWS SDK's configuration, as
    /// [`credentials`](Self::credentials) does. Its region is signed for where neither [`region`](Self::region) nor the
    /// host tells another one.
    ///
    /// ```
    /// use aws_types::SdkConfig;
    /// use aws_types::region::Region;
    /// use stepgate::Client;
    /// use stepgate::credentials::{Credentials, SharedCredentialsProvider};
    ///
    /// let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "example");
    /// let config = SdkConfig::builder()
    ///     .credentials_provider(SharedCredentialsProvider::new(credentials))
    ///     .region(Region::new("eu-west-1"))
    ///     .build();
    /// let builder = Client::builder("http://api.example.com/execute").sdk_config(&config);
    /// # let builder = builder.transport(stepgate::testing::ScriptedTransport::new([]));
    /// let client = builder.build()?;
    /// # Ok::<(), stepgate::Error>(())
    /// ```
    pub fn sdk_config(mut self, config: &SdkConfig) -> Self {
        self.fallback_region = config.region().map(ToString::to_string);
        if let Some(provider) = config.credentials_provider() {
            return self.credentials(provider);
        }
        self.note(Error::config("the SDK configuration has no credentials provider: give it one"));
        self
    }
}

/// The AWS SDK's configuration of this machine: credentials of the environment, a profile, SSO, a web identity, a
/// container or the instance, and the region beside them.
///
/// `profile` comes before the environment's `AWS_PROFILE`. No credentials are fetched yet; off AWS and without a
/// configured region, finding that none is known may take a second or two.
///
/// ```no_run
/// use stepgate::{Client, credentials};
///
/// # async fn doc() -> Result<(), stepgate::Error> {
/// let config = credentials::default_chain(None).await;
/// let client = Client::builder("https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/execute")
///     .sdk_config(&config)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "aws-config")]
pub async fn default_chain(profile: Option<&str>) -> SdkConfig {
    let loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    match profile {
        Some(profile) => loader.profile_name(profile).load().await,
        None => loader.load().await,
    }
}
