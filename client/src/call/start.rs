use super::attempts::{Call, REQUEST_ID, Target};
use super::purpose::Purpose;
use crate::delivery::Delivery;
use crate::ending::{Foreign, NamedExecution, Reply, Verdict};
use crate::error::Error;
use crate::keys::{IdempotencyKey, Pin, Support};
use crate::payload;
use crate::random::Random;
use crate::session::{Limits, RequestMarks, Session};
use crate::wire::Class;
use crate::wiring::Wiring;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use std::sync::Arc;

/// How an execution is to be started.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) delivery: Delivery,
    pub(crate) limits: Limits,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) headers: HeaderMap,
}

/// A request to start an execution.
#[derive(Debug)]
pub(crate) struct Start {
    delivery: Delivery,
    whose: Whose,
    pin: Option<Pin>,
    /// The digest of the payload, where the key is the caller's own and not made for this call alone.
    digest: Option<u64>,
    payload: Bytes,
}

/// How the execution is known to be this call's.
#[derive(Debug)]
pub(crate) enum Whose {
    /// It has this key as its name.
    Key(IdempotencyKey),
    /// It has this name, which the request itself says.
    Name(String),
    /// The answer has the id of the request.
    Id,
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl Call<Start> {
    /// Everything that can be wrong before sending, but for the credentials.
    pub(crate) fn start(session: Arc<Session>, json: Bytes, plan: Plan) -> Result<Self, Error> {
        payload::check(&json, &session.wiring)?;
        let digest = plan.key.as_ref().map(|_| payload::digest(&json, session.pins.hasher()));
        let key = match plan.key {
            None if plan.delivery == Delivery::Idempotent => Some(IdempotencyKey::new(session.random.uuid())?),
            key => key,
        };
        if let Some(key) = &key {
            session.wiring.check_key(key)?;
            if let Some(digest) = digest {
                session.pins.check(key, digest)?;
            }
        }
        let mut headers = session.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in &plan.headers {
            headers.insert(name.clone(), value.clone());
        }
        let mut body = json.clone();
        let whose = match (&session.wiring, key) {
            (Wiring::Direct { state_machine_arn }, key) => {
                let name = key.as_ref().map_or_else(Random::id, ToString::to_string);
                body = payload::envelope(&body, &name, state_machine_arn)?;
                key.map_or(Whose::Name(name), Whose::Key)
            }
            (_, Some(key)) => {
                let value = HeaderValue::from_str(key.as_str()).expect("a key is visible ASCII");
                if key.is_uuid() {
                    headers.insert(REQUEST_ID, value.clone());
                }
                headers.insert(IDEMPOTENCY_KEY, value);
                Whose::Key(key)
            }
            (_, None) => Whose::Id,
        };
        let (uri, identity) = (session.endpoint.uri().clone(), Arc::clone(&session.identity));
        let target = Target { uri, identity, pace: None };
        let purpose = Start { delivery: plan.delivery, whose, pin: None, digest, payload: json };
        Ok(Self { session, target, method: http::Method::POST, headers, body, limits: plan.limits, purpose })
    }

    /// Pins the caller's key to this payload, because the request is about to be sent. A key that was made for this call
    /// comes with no other payload, and would push out keys that may.
    pub(crate) fn pinned(mut self) -> Result<Self, Error> {
        if let (Whose::Key(key), Some(digest)) = (&self.purpose.whose, self.purpose.digest) {
            self.purpose.pin = Some(self.session.pins.pin(key, digest)?);
        }
        Ok(self)
    }
}

impl Start {
    /// Whether this execution is proved to be the call's, proved not to be, or neither.
    fn owns(&self, execution: &NamedExecution, id: &str) -> Option<bool> {
        match &self.whose {
            Whose::Key(key) => Some(execution.name == key.as_str()),
            Whose::Name(name) => Some(execution.name == *name),
            Whose::Id if execution.name == id => Some(true),
            Whose::Id => None,
        }
    }

    pub(crate) const fn whose(&self) -> &Whose {
        &self.whose
    }
}

impl Purpose for Start {
    fn judge(&self, session: &Session, mut answer: Reply, marks: &RequestMarks) -> Reply {
        // With a key of the caller's as request id, a repeated answer of the same key is this call's as well.
        let foreign = session.foreign(&answer, marks);
        let owned = answer.execution.as_ref().and_then(|execution| self.owns(execution, &marks.id));
        if let (Whose::Key(key), Some(execution), None) = (&self.whose, &answer.execution, foreign) {
            // Names of EXPRESS workflows are not unique, so nothing is made once by them.
            session.keys.learn(key, owned == Some(true) && !execution.express);
        }
        answer.verdict = match (answer.class, owned, foreign) {
            (Class::Started, Some(false), _) => Verdict::Foreign(Foreign::Name),
            (Class::Started, Some(true), _) | (Class::Started, None, None) => Verdict::Done,
            (Class::AlreadyExists, Some(true), _) => Verdict::Exists,
            (_, _, Some(foreign)) => Verdict::Foreign(foreign),
            _ => Verdict::Failed,
        };
        answer
    }

    fn may_start(&self, _: &Session) -> bool {
        true
    }

    fn may_repeat(&self, session: &Session) -> bool {
        match (self.delivery, &self.whose) {
            (Delivery::AtLeastOnce, _) => true,
            (Delivery::Idempotent, Whose::Key(key)) => session.keys.of(key) == Support::Honoured,
            (Delivery::AtMostOnce | Delivery::Idempotent, _) => false,
        }
    }

    fn has_id(&self) -> bool {
        true
    }

    fn leaves(&mut self) {
        if let Some(pin) = &mut self.pin {
            pin.leaves();
        }
    }

    fn returned(&mut self, may_have_started: bool) {
        if let Some(pin) = &mut self.pin {
            pin.returned(may_have_started);
        }
    }

    fn key(&self) -> Option<&IdempotencyKey> {
        if let Whose::Key(key) = &self.whose { Some(key) } else { None }
    }

    fn execution_name<'a>(&'a self, session: &Session, marks: &'a RequestMarks) -> Option<&'a str> {
        match &self.whose {
            Whose::Key(key) => Some(key.as_str()),
            Whose::Name(name) => Some(name),
            Whose::Id if matches!(session.wiring, Wiring::Unnamed) => None,
            Whose::Id => Some(&marks.id),
        }
    }

    fn payload(&self) -> &[u8] {
        &self.payload
    }
}
