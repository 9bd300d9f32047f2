use aws_types::SdkConfig;

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
pub async fn default_chain(profile: Option<&str>) -> SdkConfig {
    let loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    match profile {
        Some(profile) => loader.profile_name(profile).load().await,
        None => loader.load().await,
    }
}
