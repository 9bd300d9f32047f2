//! `GetExecutionHistory`.

use std::sync::Arc;

use super::members::{Members, Violations};
use super::page::{Page, token};
use super::start::ARN;
use super::{ApiError, no_execution, no_history};
use crate::states::execution::Execution;
use crate::states::service::Service;
use crate::states::wire::object;

/// Longest `nextToken` (API reference).
const TOKEN: usize = 1_024;
/// A page ends with the event with which it has so many bytes. The API reference says that `maxResults` is only an upper limit;
/// how many bytes a page of AWS has is not known.
const PAGE: usize = 4 << 20;

impl Service {
    pub(super) fn get_execution_history(&self, members: &Members<'_>) -> Result<Vec<u8>, ApiError> {
        let mut violations = Violations::default();
        let arn = members.required("executionArn", ARN, &mut violations)?;
        let page = Page::read(members, TOKEN, &mut violations)?;
        let reverse = members.flag("reverseOrder")?.unwrap_or(false);
        let with_data = members.flag("includeExecutionData")?.unwrap_or(true);
        violations.check()?;
        let (machine, name) = self.execution(arn)?.ok_or_else(|| no_execution(arn))?;
        let read = |execution: &Execution| (Arc::clone(&execution.plan), execution.written());
        let (plan, written) = self.launcher.store.by_name(machine, name, read).ok_or_else(|| no_execution(arn))?;
        let written = written.ok_or_else(|| no_history(arn))?;
        let setting = plan.setting(&self.region, with_data);
        // The token is the number of events that have been shown.
        let all = written.count();
        let skip = page.from.map_or(0, |from| u32::try_from(from).unwrap_or(u32::MAX)).min(all);
        let end = skip.saturating_add(u32::try_from(page.size).unwrap_or(u32::MAX)).min(all);
        let mut shown = written.notes(if reverse { all - end..all - skip } else { skip..end });
        if reverse {
            shown.reverse();
        }
        let shown = shown.iter().filter_map(|noted| written.event(noted));
        Ok(object(|answer| {
            let count = answer.list_within(PAGE, "events", shown, |row, (id, event)| setting.render(id, &event, row));
            let end = skip as usize + count;
            if end < all as usize {
                answer.text("nextToken", &token(end as u64));
            }
        }))
    }
}
