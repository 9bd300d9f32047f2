use super::model::Execution;
use crate::call::Settled;
use crate::error::{Error, ErrorKind};

/// `DescribeExecution`'s answer, whoever passes it on; `None` if Step Functions knows no such execution now.
pub(super) fn described(looked_up: Result<Settled, Error>) -> Result<Option<Execution>, Error> {
    match looked_up {
        Ok(settled) => match serde_json::from_slice(&settled.answer.body) {
            Ok(execution) => Ok(Some(execution)),
            Err(source) => {
                let message = "the answer does not describe an execution: check the URL";
                Err(settled.error(ErrorKind::Unrecognized, message).with_misfit(&source))
            }
        },
        Err(error) if error.reason() == Some("ExecutionDoesNotExist") => Ok(None),
        Err(error) => Err(error),
    }
}
