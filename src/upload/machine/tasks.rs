//! What is in flight, what each of it is for, and what the host is to do next.

use std::collections::BTreeMap;

use super::call::{Call, OssCall};
use crate::few::Map;
use crate::time::UnixMs;
use crate::upload::event::Effect;

/// What an effect in flight is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    Open,
    Read {
        part: u32,
        limit: u64,
        least: u64,
    },
    Call {
        call: Call,
        generation: u32,
    },
    Transfer {
        part: u32,
        length: u64,
        generation: u32,
    },
    OpenList,
    ReadList,
    /// To see what the segments of a track are.
    Look(u32),
    OpenFile(u32),
    ReadFile(u32),
    RetryOpen,
    RetryList,
    RetryCall(Call),
    RetryPart(u32),
    Renew,
    /// A PUT that was cut off may still be stored.
    Landing,
    /// It was called off, and its end is awaited: an answer may be on its way already. Of a read, the buffer.
    Dropped(Option<u32>),
}

impl Task {
    /// Nothing but time ends it.
    pub(super) fn is_wait(&self) -> bool {
        matches!(
            self,
            Task::RetryOpen
                | Task::RetryList
                | Task::RetryCall(_)
                | Task::RetryPart(_)
                | Task::Landing
        )
    }

    /// A reply that must be awaited even when all else stops: it names what has to be removed.
    fn makes_an_upload_id(&self) -> bool {
        let initiate = OssCall::InitiateMultipartUpload.into();
        matches!(self, Task::Call { call, .. } if *call == initiate)
    }

    fn is_dropped(&self) -> bool {
        matches!(self, Task::Dropped(_))
    }

    fn name(&self) -> String {
        match self {
            Task::Call { call, .. } => format!("Call {}", call.name()),
            Task::RetryCall(call) => format!("RetryCall {}", call.name()),
            other => format!("{other:?}"),
        }
    }
}

/// All tasks in flight, and the effects that are to be handed out.
#[derive(Clone, Default)]
pub(super) struct Tasks {
    last_id: u32,
    in_flight: Map<u32, Task>,
    out: Vec<Effect>,
}

impl Tasks {
    /// The newest id; 0 before the first.
    pub(super) fn last_id(&self) -> u32 {
        self.last_id
    }

    pub(super) fn begin(&mut self, task: Task) -> u32 {
        self.last_id = self.last_id.saturating_add(1);
        self.in_flight.insert(self.last_id, task);
        self.last_id
    }

    pub(super) fn end(&mut self, id: u32) -> Option<Task> {
        self.in_flight.remove(id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_flight.is_empty()
    }

    pub(super) fn any(&self, is: impl Fn(&Task) -> bool) -> bool {
        self.in_flight.values().any(is)
    }

    /// Those that are still for something.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &Task> {
        self.in_flight.values().filter(|task| !task.is_dropped())
    }

    /// PUTs in flight.
    pub(super) fn transfers(&self) -> usize {
        let moving = |task: &&Task| matches!(task, Task::Transfer { .. });
        self.in_flight.values().filter(moving).count()
    }

    /// The parts of those PUTs.
    pub(super) fn parts_in_flight(&self) -> Vec<u32> {
        let part = |task: &Task| match task {
            Task::Transfer { part, .. } => Some(*part),
            _ => None,
        };
        self.in_flight.values().filter_map(part).collect()
    }

    pub(super) fn is_opening(&self) -> bool {
        self.any(|task| matches!(task, Task::Open | Task::RetryOpen))
    }

    /// It is on its way, or waits for its next try.
    pub(super) fn is_calling(&self, wanted: Call) -> bool {
        self.any(|task| match task {
            Task::Call { call, .. } | Task::RetryCall(call) => *call == wanted,
            _ => false,
        })
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.out.push(effect);
    }

    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.out)
    }

    pub(super) fn wait(&mut self, task: Task, ms: u64, now: UnixMs) {
        let id = self.begin(task);
        let until = now.plus_ms(ms).0;
        self.push(Effect::Wait { id, until });
    }

    pub(super) fn close(&mut self, id: u32) {
        self.push(Effect::Close { id });
    }

    pub(super) fn release(&mut self, part: u32) {
        self.push(Effect::Release { part });
    }

    /// Ends all that is in flight. What became of it is heard; a good answer may be on its way.
    pub(super) fn cancel_all(&mut self) {
        let ends = |task: &Task| !task.makes_an_upload_id() && !task.is_dropped();
        let tasks = self.in_flight.iter().filter(|(_, task)| ends(task));
        let ids = tasks.map(|(id, _)| Effect::Cancel { id });
        self.out.extend(ids);
    }

    /// Calls off what these tasks are for: whatever becomes of it, it counts for nothing.
    pub(super) fn call_off(&mut self, is_stale: impl Fn(&Task) -> bool) {
        for (id, task) in self.in_flight.iter_mut() {
            if task.is_dropped() || !is_stale(task) {
                continue;
            }
            *task = Task::Dropped(match task {
                Task::Read { part, .. } | Task::ReadFile(part) => Some(*part),
                _ => None,
            });
            self.out.push(Effect::Cancel { id });
        }
    }

    pub(super) fn names(&self) -> BTreeMap<u32, String> {
        let tasks = self.in_flight.iter();
        tasks.map(|(id, task)| (id, task.name())).collect()
    }
}
