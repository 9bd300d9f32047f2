//! The inputs of a map run's executions, made some at a time: others go on in between, and few wait to be used.

use std::sync::Arc;

use super::cursor::At;
use super::io::MAX_DATA;
use super::items_left::ItemsLeft;
use super::order::{ChildInput, ChildInputs};
use super::sight::Sight;
use super::{Effect, Failure, Key, STATE, TURN};
use crate::states::asl::{Flow, PayloadTemplate};
use crate::states::data::Data;

/// Bytes of inputs that are made at a time.
const SLICE: usize = 1 << 20;
/// What an input takes besides its text, in bytes.
const INPUT: usize = 256;
/// Units of work that an item takes besides what is done for each of its bytes.
const ITEM: u64 = 256;
/// Units of work for each byte of an item, and of an input: it is written down, and copied.
const BYTE: u64 = 4;

impl At<'_, '_> {
    /// More inputs are wanted.
    pub(super) fn inputs_wanted(&mut self) {
        if self.wait_mut().left.is_none() {
            return;
        }
        let made = self.make_inputs();
        let key = Key { branch: self.branch, serial: self.here().serial };
        self.run.effects.push(Effect::Inputs(key, made));
    }

    /// The next inputs: as many as a turn makes.
    pub(super) fn make_inputs(&mut self) -> Result<ChildInputs, Failure> {
        let mut left = self.wait_mut().left.take().expect("whoever asks for inputs has seen that items are left");
        let outer = self.here_mut().item.take();
        let made = self.make_slice(&mut left);
        self.here_mut().item = outer;
        if made.as_ref().is_ok_and(|made| !made.are_last) {
            self.wait_mut().left = Some(left);
        }
        made
    }

    fn make_slice(&mut self, left: &mut ItemsLeft) -> Result<ChildInputs, Failure> {
        let (map, _) = self.distributed();
        let effective = self.wait_mut().input.clone();
        let (mut made, mut bytes, mut spent) = (Vec::new(), 0, 0);
        // What counts is what executions are given: with `BatchInput`, that may be far more than the items.
        while bytes <= SLICE && spent <= TURN {
            let Some(item) = self.next_input(left, map.item.as_ref(), &effective, &mut spent)? else {
                made.extend(left.batches.take().and_then(|mut batches| batches.complete()));
                check_sizes(&made)?;
                return Ok(ChildInputs { made, are_last: true });
            };
            spent += ITEM + BYTE * item.text().len() as u64;
            let child = match &mut left.batches {
                None => Some(ChildInput { input: item.folded(), items: 1 }),
                Some(batches) => batches.add(&item).map_err(|why| self.out_of_bounds(why))?,
            };
            if let Some(child) = child {
                let length = child.input.text().len();
                bytes += length + INPUT;
                spent += BYTE * length as u64;
                made.push(child);
            }
        }
        check_sizes(&made)?;
        Ok(ChildInputs { made, are_last: left.count() == 0 && left.batches.is_none() })
    }

    /// What `ItemSelector` makes of the next item, or the item itself; `spent` grows by what that costs.
    fn next_input(
        &mut self,
        left: &mut ItemsLeft,
        selector: Option<&PayloadTemplate>,
        effective: &Data,
        spent: &mut u64,
    ) -> Result<Option<Data>, Failure> {
        let Some(selector) = selector else { return left.items.next().map(|item| self.made(item)).transpose() };
        let Some(item) = left.next(self.pair_names()) else { return Ok(None) };
        self.here_mut().item = Some(Arc::new(item));
        // Each item is the input of an execution of its own.
        self.run.begin_budget(self.branch);
        let before = self.run.budget.work_spent();
        let selected = self.fill(Some(selector), effective, Sight::default())?;
        let has_expressions = matches!(self.state().flow, Flow::Expressions(_));
        *spent += if has_expressions { TURN + 1 } else { STATE + self.run.budget.work_spent() - before };
        Ok(Some(selected))
    }
}

/// Whether all of these may be the inputs of executions.
fn check_sizes(inputs: &[ChildInput]) -> Result<(), Failure> {
    if inputs.iter().any(|child| child.input.text().len() > MAX_DATA) {
        let why = "an item is larger than the input of an execution may be";
        return Err(Failure::new("States.DataLimitExceeded", why));
    }
    Ok(())
}
