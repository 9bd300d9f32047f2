//! The deployment as data: the files that `sam deploy` reads, carried inside the crate.
//!
//! [`CORRECTED`] is the deployment to use. [`AS_POSTED`] is the one that the project grew from, unmodified, kept
//! because it is deployed in many places and answers differently.
//!
//! ```
//! let template = stepgate_deploy::CORRECTED.iter().find(|file| file.path == "template.yaml");
//! assert!(template.is_some_and(|file| file.text.contains("AWS::Serverless")));
//! ```

/// One file of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Where it lies below the deployment's folder, with `/` between the parts.
    pub path: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// The corrected deployment; its template is `template.yaml`.
pub const CORRECTED: &[File] = &[
    File { path: "template.yaml", text: include_str!("../template.yaml") },
    File { path: "openapi.yaml", text: include_str!("../openapi.yaml") },
    File { path: "workflow.asl.json", text: include_str!("../workflow.asl.json") },
    File { path: "handlers/workflow.mjs", text: include_str!("../handlers/workflow.mjs") },
];

/// The deployment as it was posted in 2019; its template is `template.yaml`.
pub const AS_POSTED: &[File] = &[
    File { path: "template.yaml", text: include_str!("../as-posted/template.yaml") },
    File { path: "swagger.yaml", text: include_str!("../as-posted/swagger.yaml") },
    File { path: "step-functions.js", text: include_str!("../as-posted/step-functions.js") },
];
