use super::SigningError;
use aws_credential_types::Credentials;

/// Whether keys can be signed with: visible ASCII, all of them. A line break at the end of a key is the usual accident, and a
/// variable that is set to nothing; neither signs anything that AWS would take.
pub(super) fn check(credentials: &Credentials) -> Result<(), SigningError> {
    let token = credentials.session_token();
    let given = [Some(credentials.access_key_id()), Some(credentials.secret_access_key()), token];
    let mut given = given.into_iter().flatten();
    if given.clone().any(str::is_empty) {
        return Err(SigningError::EmptyCredentials);
    }
    if given.all(|key| key.bytes().all(|byte| byte.is_ascii_graphic())) {
        Ok(())
    } else {
        Err(SigningError::UnusableCredentials)
    }
}
