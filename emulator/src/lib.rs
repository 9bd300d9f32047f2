//! The embedded endpoint: interprets an API Gateway and Step Functions template and serves it.

pub mod clock;
pub mod deployment;
pub mod document;
pub mod functions;
pub mod gateway;
pub mod http;
pub mod jsonpath;
pub mod openapi;
pub mod server;
pub mod signature;
pub mod states;
pub mod template;
pub mod vtl;
