//! Activities: `CreateActivity`, `DescribeActivity`, `DeleteActivity`, `ListActivities`, `GetActivityTask`.

use std::time::Duration;

use super::given_settings::GivenSettings;
use super::members::{Members, TextConstraint, Violations};
use super::page::{Page, token};
use super::start::{ARN, NAME, check_name};
use super::{Answer, ApiError, resource};
use crate::deployment::EncryptionConfiguration;
use crate::states::activities::{LONGEST_POLL, Taken, nothing};
use crate::states::service::Service;
use crate::states::settings::write_encryption;
use crate::states::wire::{millis, object};

const WORKER: TextConstraint = TextConstraint { least: 1, most: 80, sensitive: false };
/// Longest `nextToken` (API reference).
const TOKEN: usize = 1_024;

impl Service {
    pub(super) fn create_activity(
        &self,
        members: &Members<'_>,
        body: &[u8],
        now: Duration,
    ) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let name = members.required("name", NAME, &mut violations)?;
        let settings = GivenSettings::parse(members, body, &mut violations)?;
        violations.check()?;
        check_name(name)?;
        let arn = format!("{}:activity:{name}", self.arn_prefix);
        let encryption = settings.encryption();
        if !self.activities.has_room() && self.activities.find(&arn).is_none() {
            // In the words of the API reference: those on the wire are not known.
            let why = "The maximum number of activities has been reached. Existing activities must be deleted before a new \
                       activity can be created.";
            return Err(ApiError::model("ActivityLimitExceeded", why));
        }
        let activity = self.activities.create(&arn, encryption.as_ref(), millis(now));
        let by_awss = |it: &Option<EncryptionConfiguration>| it.as_ref().is_none_or(EncryptionConfiguration::is_awss);
        if activity.encryption != encryption && !(by_awss(&activity.encryption) && by_awss(&encryption)) {
            // Documented; the words are not known.
            return Err(ApiError::model("ActivityAlreadyExists", format!("Activity Already Exists: '{arn}'")));
        }
        Ok(object(|answer| {
            answer.text("activityArn", &arn).time("creationDate", activity.at);
        }))
    }

    pub(super) fn describe_activity(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let arn = members.only("activityArn", ARN)?;
        let name = resource(arn, "activity")?;
        let activity = self.activities.find(arn).ok_or_else(|| no_activity(arn))?;
        Ok(object(|answer| {
            answer.text("activityArn", arn).text("name", name).time("creationDate", activity.at);
            write_encryption(activity.encryption.as_ref(), answer);
        }))
    }

    pub(super) fn delete_activity(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let arn = members.only("activityArn", ARN)?;
        resource(arn, "activity")?;
        self.activities.delete(arn);
        Ok(object(|_| ()))
    }

    pub(super) fn list_activities(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let page = Page::read(members, TOKEN, &mut violations)?;
        violations.check()?;
        let skip = page.from.and_then(|from| usize::try_from(from).ok()).unwrap_or(0);
        let all = self.activities.list();
        let end = skip.saturating_add(page.size).min(all.len());
        let rows = all.get(skip..end).unwrap_or_default();
        Ok(object(|answer| {
            answer.list("activities", rows, |row, (arn, created)| {
                let name = arn.rsplit(':').next().unwrap_or_default();
                row.text("activityArn", arn).text("name", name).time("creationDate", *created);
            });
            if end < all.len() {
                answer.text("nextToken", &token(end as u64));
            }
        }))
    }

    pub(super) fn get_activity_task(&self, members: &Members<'_>, now: Duration) -> Result<Answer, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("activityArn", ARN, &mut violations)?;
        let worker = members.text("workerName", WORKER, &mut violations)?;
        violations.check()?;
        resource(arn, "activity")?;
        if self.activities.find(arn).is_none() {
            return Err(no_activity(arn));
        }
        Ok(match self.activities.poll(arn, worker, &self.launcher.store, now) {
            Taken::Task(task, execution, effects) => {
                self.engine.perform(execution, effects);
                Answer::Now(task)
            }
            Taken::Later(later) => {
                self.engine.poll_until(now + LONGEST_POLL);
                Answer::Later { answer: later, instead: Some(nothing()), trial: None }
            }
        })
    }
}

fn no_activity(arn: &str) -> ApiError {
    ApiError::model("ActivityDoesNotExist", format!("Activity Does Not Exist: '{arn}'"))
}
