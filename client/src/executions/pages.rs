use super::action::Actions;
use super::model::Execution;
use crate::error::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::Value;

/// The pages of a list; made by [`Executions::list`](crate::Executions::list).
///
/// ```
/// # async fn doc(executions: stepgate::Executions, machine: &str) -> Result<(), stepgate::Error> {
/// use stepgate::Status;
///
/// let mut pages = executions.list(machine, Some(Status::Running));
/// while let Some(page) = pages.next().await? {
///     for execution in page {
///         println!("{} since {:?}", execution.name, execution.start_date);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is asked for until `next`"]
pub struct ListPages {
    actions: Actions,
    query: Value,
    ended: bool,
}

impl ListPages {
    pub(super) const fn new(actions: Actions, query: Value) -> Self {
        Self { actions, query, ended: false }
    }

    /// The next page, of up to 1,000 rows; `None` after the last. A page may be empty though more follow.
    ///
    /// # Errors
    /// As for any request. The same page can then be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<Execution>>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            executions: Vec<Execution>,
            next_token: Option<String>,
        }
        if self.ended {
            return Ok(None);
        }
        let settled =
            self.actions.call("ListExecutions", &self.query, None, self.actions.session.limits.timeout).await?;
        let page: Page = match serde_json::from_slice(&settled.answer.body) {
            Ok(page) => page,
            Err(source) => {
                return Err(settled
                    .error(ErrorKind::Unrecognized, "the answer is not a list of executions")
                    .with_misfit(&source));
            }
        };
        match page.next_token.filter(|token| !token.is_empty()) {
            Some(token) if self.query["nextToken"] == *token => {
                let message = "the list does not go on: its next page is the one that was asked for";
                return Err(settled.error(ErrorKind::Unrecognized, message));
            }
            Some(token) => self.query["nextToken"] = Value::String(token),
            None => self.ended = true,
        }
        Ok(Some(page.executions))
    }
}
