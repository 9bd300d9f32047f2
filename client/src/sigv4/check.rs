use super::SigningError;
use aws_credential_types::Credentials;

/// Whether keys can be signed with. What travels in headers is visible ASCII; a secret key has no blank at its ends and no
/// line break. A line break at the end of a key is the usual accident, and a variable that is set to nothing; AWS would
/// refuse every signature that is made with such a key, without saying why.
pub(super) fn check(credentials: &Credentials) -> Result<(), SigningError> {
    let (id, secret) = (credentials.access_key_id(), credentials.secret_access_key());
    let token = credentials.session_token();
    if [Some(id), Some(secret), token].into_iter().flatten().any(str::is_empty) {
        return Err(SigningError::EmptyCredentials);
    }
    let mut sent = id.bytes().chain(token.unwrap_or_default().bytes());
    let is_whole = secret.trim() == secret && !secret.contains(char::is_control);
    if is_whole && sent.all(|byte| byte.is_ascii_graphic()) { Ok(()) } else { Err(SigningError::UnusableCredentials) }
}
