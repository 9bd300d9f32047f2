//! The parts of Node.js that handlers find around themselves beyond `bootstrap.js`: loaded when a handler uses them, so
//! that an environment costs no more for those that do not.

use std::sync::OnceLock;

use rquickjs::{Ctx, Exception, Function as JsFunction, Object, TypedArray};
use url::{Url, quirks};

use super::bytecode::{Bytecode, ModuleText};
use crate::digest::digits;

/// A part, and its bytecode once somebody has used it.
struct Part {
    name: &'static str,
    module: &'static str,
    source: &'static str,
    compiled: OnceLock<Bytecode>,
}

macro_rules! part {
    ($name:literal) => {
        Part {
            name: $name,
            module: concat!("node:internal/", $name),
            source: include_str!(concat!("builtins/", $name, ".js")),
            compiled: OnceLock::new(),
        }
    };
}

static PARTS: [Part; 16] = [
    part!("assert"),
    part!("buffer"),
    part!("clone"),
    part!("console"),
    part!("crypto"),
    part!("encoding"),
    part!("equality"),
    part!("events"),
    part!("failure"),
    part!("inspect"),
    part!("modules"),
    part!("path"),
    part!("process"),
    part!("querystring"),
    part!("url"),
    part!("util"),
];

/// Gives `bootstrap.js` the parts, and what they are made with. Bytes come as text with one character for each.
pub(super) fn provide<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    let part = |ctx: Ctx<'js>, name: String| part(&ctx, &name);
    object.set("part", JsFunction::new(ctx.clone(), part)?)?;
    // Copied into the engine's own memory, where it counts for the function's.
    let utf8 = |ctx: Ctx<'js>, text: String| TypedArray::<u8>::new_copy(ctx, text.as_bytes());
    object.set("utf8", JsFunction::new(ctx.clone(), utf8)?)?;
    object.set("text", JsFunction::new(ctx.clone(), |data: String, is_fatal: bool| text(&data, is_fatal))?)?;
    let digest = |ctx: Ctx<'js>, algorithm: String, data: String| {
        digits(&algorithm, &bytes(&data)).map_err(|why| Exception::throw_message(&ctx, &why))
    };
    object.set("digest", JsFunction::new(ctx.clone(), digest)?)?;
    let url = |address: String, base: Option<String>| {
        let base = base.map(|base| Url::parse(&base)).transpose().ok()?;
        Url::options().base_url(base.as_ref()).parse(&address).ok().map(|url| parts(&url))
    };
    object.set("url", JsFunction::new(ctx.clone(), url)?)?;
    let changed = |address: String, part: String, value: String| changed(&address, &part, &value);
    object.set("changedUrl", JsFunction::new(ctx.clone(), changed)?)
}

fn part<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<JsFunction<'js>> {
    let part = PARTS.iter().find(|part| part.name == name).expect("bootstrap.js names the parts that there are");
    let bytecode = if let Some(compiled) = part.compiled.get() {
        *compiled
    } else {
        let compiled = Bytecode::of(ctx, part.module, part.source, ModuleText::Dropped)?;
        *part.compiled.get_or_init(|| compiled)
    };
    let (module, _) = bytecode.load(ctx)?.eval()?;
    module.namespace()?.get("default")
}

fn bytes(data: &str) -> Vec<u8> {
    data.chars().map(|byte| u8::try_from(byte).unwrap_or_default()).collect()
}

/// UTF-8 as text; what is none of it becomes U+FFFD, or there is no text.
fn text(data: &str, is_fatal: bool) -> Option<String> {
    match String::from_utf8(bytes(data)) {
        Ok(text) => Some(text),
        Err(_) if is_fatal => None,
        Err(error) => Some(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

/// In the order in which `builtins/url.js` reads them.
fn parts(url: &Url) -> Vec<String> {
    let parts = [
        quirks::href(url),
        &quirks::origin(url),
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ];
    parts.map(str::to_owned).to_vec()
}

/// The parts of an address after a change; `None` if it takes no such value.
fn changed(address: &str, part: &str, value: &str) -> Option<Vec<String>> {
    let mut url = Url::parse(address).ok()?;
    match part {
        "protocol" => quirks::set_protocol(&mut url, value).ok()?,
        "username" => quirks::set_username(&mut url, value).ok()?,
        "password" => quirks::set_password(&mut url, value).ok()?,
        "host" => quirks::set_host(&mut url, value).ok()?,
        "hostname" => quirks::set_hostname(&mut url, value).ok()?,
        "port" => quirks::set_port(&mut url, value).ok()?,
        "pathname" => quirks::set_pathname(&mut url, value),
        "search" => quirks::set_search(&mut url, value),
        _ => quirks::set_hash(&mut url, value),
    }
    Some(parts(&url))
}
