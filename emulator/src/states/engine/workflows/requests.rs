//! Functions behind routes of the API: invoked for a request, and not for a task.

use std::sync::Arc;

use super::Workflows;
use super::calls::Whose;
use crate::states::asl::Resource;
use crate::states::engine::command::{Command, Invoke};
use crate::states::route::Route;
use crate::states::run::{Call, TaskResult};

impl Workflows {
    /// Has a function invoked for a request, by whoever answers for it.
    pub(super) fn invoke(&mut self, invoke: Invoke) {
        let Invoke { function, payload, told } = invoke;
        let request_id = self.randomness.uuid().to_string();
        let call = Call {
            resource: Arc::new(Resource::function(&function)),
            input: payload,
            attempt: 0,
            names_function: true,
        };
        match self.router.route(&call, &request_id) {
            Route::Handler { function, payload, manner, .. } => {
                let now = self.clock.now();
                let called = (request_id, manner.qualifier);
                let answered = self.pool.invoke(Whose::Request(told), function, payload.text(), called, now);
                self.handled(answered);
            }
            Route::Endpoint(exchange, reading) => {
                self.out += 1;
                let (sender, store) = (self.sender.clone(), Arc::clone(&self.store));
                self.client.send(exchange, move |answered| {
                    let answer = store.panics.or_broken(|| reading.read(answered));
                    let _ = told.send(answer.map(TaskResult::into_data));
                    let _ = sender.send(Command::CameIn);
                });
            }
            Route::Answered(answer) => drop(told.send(answer.map(TaskResult::into_data))),
            Route::Execution | Route::Worker => unreachable!("a function is neither an execution nor an activity"),
        }
    }
}
