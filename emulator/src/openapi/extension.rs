//! The names under which API Gateway's own settings stand in an OpenAPI document.

pub(crate) const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
pub(crate) const API_KEY_REQUIRED: &str = "x-amazon-apigateway-api-key-required";
pub(crate) const API_KEY_SOURCE: &str = "x-amazon-apigateway-api-key-source";
pub(crate) const AUTH: &str = "x-amazon-apigateway-auth";
pub(crate) const AUTHTYPE: &str = "x-amazon-apigateway-authtype";
pub(crate) const BINARY_MEDIA_TYPES: &str = "x-amazon-apigateway-binary-media-types";
pub(crate) const CORS: &str = "x-amazon-apigateway-cors";
pub(crate) const DOCUMENTATION: &str = "x-amazon-apigateway-documentation";
pub(crate) const ENDPOINT_CONFIGURATION: &str = "x-amazon-apigateway-endpoint-configuration";
pub(crate) const GATEWAY_RESPONSES: &str = "x-amazon-apigateway-gateway-responses";
pub(crate) const IMPORTEXPORT_VERSION: &str = "x-amazon-apigateway-importexport-version";
pub(crate) const INTEGRATION: &str = "x-amazon-apigateway-integration";
pub(crate) const INTEGRATIONS: &str = "x-amazon-apigateway-integrations";
pub(crate) const POLICY: &str = "x-amazon-apigateway-policy";
pub(crate) const REQUEST_VALIDATOR: &str = "x-amazon-apigateway-request-validator";
pub(crate) const REQUEST_VALIDATORS: &str = "x-amazon-apigateway-request-validators";
