//! The flags that declare doubles.

use std::fs;
use std::path::{Path, PathBuf};

use super::local_variables;
use super::service::check_service;
use super::{Doubles, EndpointUrl};
use crate::deployment::Module;
use crate::functions::{HandlerModule, normal, parent, with_files};
use crate::template::Source;

/// Who answers tasks in the place of functions and services.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct DoubleArgs {
    /// Mocked responses, test cases and other doubles: a MockConfigFile.json of AWS's Step Functions Local works as it is
    #[arg(long, value_name = "FILE", env = "SFN_MOCK_CONFIG")]
    mocks: Option<PathBuf>,
    /// The test case of that file that executions follow which choose none by `stateMachineArn#NAME`, as those started by
    /// the API's own route
    #[arg(long, value_name = "NAME", env = "SFN_TEST_CASE", requires = "mocks")]
    test_case: Option<String>,
    /// A handler in JavaScript for a function, or for an action such as `sns:publish`; `FILE#NAME` if its export is not
    /// called `handler`; may be given many times
    #[arg(long = "function", value_name = "NAME=FILE.js", value_parser = named)]
    functions: Vec<(String, String)>,
    /// Where functions without a handler run: AWS's Runtime Interface Emulator, `sam local start-lambda`, or a container;
    /// for one function with `NAME=`; may be given many times
    #[arg(long, value_name = "[NAME=]URL", env = "LAMBDA_ENDPOINT", value_parser = function_endpoint)]
    lambda_endpoint: Vec<(String, EndpointUrl)>,
    /// Where a service answers: dynamodb, sqs, events and states by their JSON protocols, apigateway and http by the
    /// requests of their tasks; or where a host does that routes call, as api.example.com; http stands for all hosts;
    /// may be given many times. `DYNAMODB_ENDPOINT`, `SQS_ENDPOINT` and `EVENTS_ENDPOINT` say the same for one service
    #[arg(long = "service", value_name = "NAME=URL", value_parser = service)]
    services: Vec<(String, EndpointUrl)>,
    /// A folder in the place of an S3 bucket, from which distributed Map states read their items and to which they write
    /// their results; without `NAME=` a folder that has one for every bucket; may be given many times
    #[arg(long = "bucket", value_name = "[NAME=]FOLDER", value_parser = bucket)]
    buckets: Vec<(Option<String>, PathBuf)>,
}

impl DoubleArgs {
    /// Reads the files that the flags name, and the variables of AWS's Step Functions Local.
    ///
    /// # Errors
    /// A file that cannot be read or is not what it should be, by its name; a variable that holds no URL.
    pub(crate) fn read(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Doubles, String> {
        // The file and the flags win over variables.
        let mut doubles = local_variables::endpoints(variable)?;
        if let Some(path) = &self.mocks {
            let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            let folder = path.parent().unwrap_or(Path::new("."));
            doubles = doubles
                .read(&text, folder, |file| handler(folder, file))
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        // Flags win over the file.
        for (name, file) in &self.functions {
            doubles = doubles.handler(name, handler(Path::new(""), file)?);
        }
        for (name, endpoint) in self.lambda_endpoint.iter().chain(&self.services) {
            doubles = doubles.endpoint(name, endpoint.clone());
        }
        if let Some(name) = &self.test_case {
            doubles = doubles.test_case(name);
        }
        for (name, folder) in &self.buckets {
            if !folder.is_dir() {
                return Err(format!("--bucket: there is no folder {}", folder.display()));
            }
            doubles = doubles.bucket(name.clone(), folder);
        }
        Ok(doubles)
    }

    /// What to say of variables of AWS's Step Functions Local that are set and mean nothing here.
    pub(crate) fn unread(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
        local_variables::unread(variable)
    }

    /// The files that the flags name, and those that handlers among them load.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let handlers = self.functions.iter().map(|(_, file)| PathBuf::from(file.split('#').next().unwrap_or(file)));
        let mut files: Vec<PathBuf> = self.mocks.iter().cloned().chain(handlers).collect();
        // What cannot be read is told by whoever loads it.
        for (_, handler) in self.read(|_| None).map(|doubles| doubles.handlers).unwrap_or_default() {
            files.push(handler.module.path.into());
            files.extend(handler.module.files.into_keys().map(PathBuf::from));
        }
        files
    }
}

/// `FILE` or `FILE#export`, below a folder.
fn handler(folder: &Path, file: &str) -> Result<HandlerModule, String> {
    let (file, export) = file.split_once('#').unwrap_or((file, "handler"));
    let path = folder.join(file);
    let source = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let alone = Module::alone(path.display().to_string(), source);
    let folder = parent(&normal(&alone.path)).to_owned();
    let beside = Source::file(&path);
    let read = |path: &str| {
        let inner = path.strip_prefix(&folder).unwrap_or(path).trim_start_matches('/');
        beside.read_in("", inner)
    };
    let module = with_files(Module { folder: folder.clone(), ..alone }, read);
    Ok(HandlerModule { module, export: export.to_owned() })
}

fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=FILE".to_owned()),
    }
}

fn function_endpoint(text: &str) -> Result<(String, EndpointUrl), String> {
    let (name, url) = match text.split_once('=') {
        Some((name, url)) if !name.contains("://") => (name, url),
        _ => ("lambda", text),
    };
    Ok((name.to_owned(), url.parse()?))
}

fn bucket(text: &str) -> Result<(Option<String>, PathBuf), String> {
    match text.split_once('=') {
        Some((name, folder)) if !name.is_empty() && !folder.is_empty() => Ok((Some(name.to_owned()), folder.into())),
        None if !text.is_empty() => Ok((None, text.into())),
        _ => Err("expected FOLDER or NAME=FOLDER".to_owned()),
    }
}

fn service(text: &str) -> Result<(String, EndpointUrl), String> {
    let (name, url) = text.split_once('=').filter(|(name, _)| !name.contains("://")).ok_or("expected NAME=URL")?;
    check_service(name)?;
    Ok((name.to_owned(), url.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_handler_are_read_from_its_folder_and_from_nowhere_else() {
        let folder = std::env::temp_dir().join(format!("stepgate-handler-{}", std::process::id()));
        fs::create_dir_all(folder.join("code/lib")).unwrap();
        fs::write(folder.join("outside.js"), "").unwrap();
        fs::write(folder.join("code/lib/index.js"), "require('../data.json')").unwrap();
        fs::write(folder.join("code/data.json"), "{}").unwrap();
        fs::write(folder.join("code/unused.js"), "").unwrap();
        fs::write(folder.join("code/h.js"), "require('./lib'); require('../outside'); require('./link');").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("../outside.js", folder.join("code/link.js")).unwrap();
        let read = handler(&folder, "code/h.js#run").unwrap();
        let args = DoubleArgs { functions: vec![("F".to_owned(), read.module.path.clone())], ..DoubleArgs::default() };
        let watched = args.files();
        fs::remove_dir_all(&folder).unwrap();
        let files: Vec<_> = read.module.files.iter().map(|(path, text)| (path.as_str(), text.is_ok())).collect();
        let path = |name: &str| folder.join("code").join(name).display().to_string();
        let (data, lib, link) = (path("data.json"), path("lib/index.js"), path("link.js"));
        let mut expected = vec![(data.as_str(), true), (lib.as_str(), true)];
        if cfg!(unix) {
            expected.push((link.as_str(), false));
        }
        assert_eq!((read.export.as_str(), files), ("run", expected));
        assert!(watched.contains(&PathBuf::from(lib)), "{watched:?}");
    }
}
