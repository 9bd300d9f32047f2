//! JSONata as Step Functions has it: the language by a library, AWS's own functions and prohibitions around it.
//!
//! A [`JsonataExpression`] is read and checked once. An [`Evaluation`] holds what expressions can see and is bounded: in time,
//! in the depth of calls, in the length of lists and strings, and in the size of the answer. No panic leaves it. The
//! instant and the seed of chance are passed in.

mod answer;
mod error;
mod evaluation;
mod expression;
mod functions;
mod guard;
mod limits;
mod patterns;
mod pictures;
mod quiet;
mod searches;
mod seen;
mod sizes;
mod state;
mod stopwatch;
#[cfg(test)]
mod tests;
mod walk;

pub use error::EvaluationError;
pub use evaluation::Evaluation;
pub use expression::{JsonataExpression, SyntaxError};
pub use limits::{Allowance, Moment};
pub use seen::ExpressionValue;
pub use stopwatch::Clocks;
