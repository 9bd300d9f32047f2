//! The state machines that can be started: those of the deployment, those that callers create, and the processors of
//! distributed Map states, whose executions are those of a machine of their own.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use super::asl::{self, IntegrationPattern, Processor, StateKind, Target, ToldOfMistake};
use super::definition::Definition;
use super::run::Plan;
use crate::deployment::{MachineKind, MachineSettings};
use crate::document::{LoadError, Node};
use crate::switches::Switches;

/// An Express execution ends after five minutes (Step Functions quotas).
const EXPRESS_TIMEOUT: Duration = Duration::from_mins(5);

/// A state machine that can be started.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) plan: Arc<Plan>,
    pub(crate) kind: MachineKind,
    /// The definition, shared with its processors.
    definition: Arc<Definition>,
    /// The Map state whose processor it is, if it is one: it is started by map runs alone, and not listed.
    map: Option<Arc<str>>,
    /// Its logical id, if its name was made of that one.
    pub(crate) logical_id: Option<String>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub(crate) created: u64,
    /// When its definition was last changed, in milliseconds since the Unix epoch.
    pub(crate) updated: u64,
    /// Which of its definitions this is; the first one has none.
    pub(crate) revision: Option<String>,
    /// What is logged and traced, and how it is encrypted: kept and shown, without an effect here.
    pub(crate) settings: MachineSettings,
    /// The aliases and versions that may stand behind its ARN: each starts the machine as it is.
    pub(crate) qualifiers: Vec<String>,
}

/// Who a state machine is.
pub(crate) struct MachineIdentity<'a> {
    pub(crate) arn: &'a str,
    pub(crate) name: &'a str,
    pub(crate) role_arn: &'a str,
    pub(crate) kind: MachineKind,
    pub(crate) switches: Switches,
}

impl Machine {
    /// Checks a definition, whose text is made when all is well; the machine, and after it those of its distributed Map
    /// states. Nothing if there is a mistake: `told` hears of every one until it has heard enough.
    pub(crate) fn load(
        identity: &MachineIdentity<'_>,
        definition: &Node,
        text: impl FnOnce() -> String,
        now: u64,
        told: &mut ToldOfMistake<'_>,
    ) -> Option<Vec<Self>> {
        let mut checked = asl::load(definition, told)?;
        let express = identity.kind == MachineKind::Express;
        if express {
            if let Err(mistake) = check_express(&checked, &definition.position) {
                let _ = told(mistake);
                return None;
            }
            checked.timeout = Some(checked.timeout.map_or(EXPRESS_TIMEOUT, |timeout| timeout.min(EXPRESS_TIMEOUT)));
        }
        let machine = Self {
            plan: Arc::new(Plan {
                machine: Arc::new(checked),
                arn: identity.arn.to_owned(),
                name: identity.name.to_owned(),
                role_arn: identity.role_arn.to_owned(),
                express,
                switches: identity.switches,
            }),
            kind: identity.kind,
            definition: Arc::new(Definition::new(text())),
            map: None,
            logical_id: logical_id(identity.name).map(str::to_owned),
            created: now,
            updated: now,
            revision: None,
            settings: MachineSettings::default(),
            qualifiers: Vec::new(),
        };
        let mut all = Vec::new();
        machine.add_processors(&mut all);
        all.insert(0, machine);
        Some(all)
    }

    /// Whether it is the processor of a Map state.
    pub(crate) const fn is_processor(&self) -> bool {
        self.map.is_some()
    }

    /// The definition as JSON.
    pub(crate) fn definition(&self) -> Cow<'_, str> {
        match &self.map {
            None => Cow::Borrowed(self.definition.text()),
            Some(map) => Cow::Owned(self.definition.processor(map)),
        }
    }

    /// The variables that its states refer to, by the names of the states.
    pub(crate) fn references(&self) -> Vec<(&str, &BTreeSet<String>)> {
        let own: Option<HashSet<&str>> =
            self.map.as_ref().map(|_| self.plan.machine.states.iter().map(|state| &*state.name).collect());
        let all = self.definition.references().iter().map(|(name, variables)| (name.as_str(), variables));
        all.filter(|(name, _)| own.as_ref().is_none_or(|own| own.contains(name))).collect()
    }

    fn add_processors(&self, all: &mut Vec<Self>) {
        for state in &self.plan.machine.states {
            let StateKind::Map(map) = &state.kind else { continue };
            let Processor::Distributed(distributed) = &map.processor else { continue };
            let processor = Self {
                plan: Arc::new(Plan {
                    machine: Arc::clone(&distributed.machine),
                    arn: format!("{}/{}", self.plan.arn, distributed.label),
                    name: format!("{}/{}", self.plan.name, distributed.label),
                    role_arn: self.plan.role_arn.clone(),
                    express: distributed.express,
                    switches: self.plan.switches,
                }),
                kind: if distributed.express { MachineKind::Express } else { MachineKind::Standard },
                definition: Arc::clone(&self.definition),
                map: Some(Arc::clone(&state.name)),
                logical_id: None,
                created: self.created,
                updated: self.updated,
                revision: None,
                settings: MachineSettings::default(),
                qualifiers: Vec::new(),
            };
            processor.add_processors(all);
            all.push(processor);
        }
    }
}

/// What an Express machine may not have: a task by `.sync` or `.waitForTaskToken`, an activity, a distributed Map
/// (developer guide, "Choosing workflow type").
fn check_express(machine: &asl::Machine, position: &crate::document::Position) -> Result<(), LoadError> {
    for state in &machine.states {
        let (name, what) = match &state.kind {
            StateKind::Task(task)
                if task.resource.pattern != IntegrationPattern::RequestResponse
                    || task.resource.target == Target::Activity =>
            {
                (&state.name, "waits for a task token or a job")
            }
            StateKind::Map(map) if matches!(map.processor, Processor::Distributed(_)) => {
                (&state.name, "is a distributed Map")
            }
            _ => continue,
        };
        let message = format!("state `{name}` {what}, which Express state machines cannot do");
        return Err(LoadError::at(position, message));
    }
    Ok(())
}

/// What stands before the twelve letters or digits at the end of a name that CloudFormation makes up: the logical id of a
/// state machine, that of a function behind the stack's name.
pub(crate) fn logical_id(name: &str) -> Option<&str> {
    let (id, suffix) = name.rsplit_once('-')?;
    let made_up = suffix.len() == 12 && suffix.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    made_up.then_some(id)
}

/// A place for a machine: it stays when the machine goes, since executions name it.
#[derive(Debug)]
struct Place {
    /// `None` once it is deleted and nobody refers to it any more.
    machine: Option<Arc<Machine>>,
    /// What it was before, for as long as an execution follows it.
    earlier: Vec<Arc<Machine>>,
    deleted: bool,
}

/// All machines, by their places.
#[derive(Debug, Default)]
pub(crate) struct Machines(RwLock<Places>);

#[derive(Debug, Default)]
struct Places {
    all: Vec<Place>,
    /// The last place of each ARN.
    by_arn: BTreeMap<String, usize>,
    /// Places whose machines were deleted, in that order, while executions may still name them.
    leaving: VecDeque<usize>,
    /// With so many of those it is looked whether they can go.
    sweep_at: usize,
    /// Places that nobody names.
    free: Vec<usize>,
    /// What those take that are not deleted.
    taken: Room,
}

/// What machines take that are not deleted, without their processors: those share the definition.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Room {
    machines: usize,
    /// Of their definitions, those that executions follow still among them.
    bytes: usize,
}

/// Machines that were deleted last: who has just found one may be about to use it.
const SETTLING: usize = 16;
/// Most machines that callers may make (AWS: so many registered ones since 2025), and most bytes of the definitions of all that
/// there are, each of which takes some ten times as much in memory.
const MOST: usize = 100_000;
const MOST_BYTES: usize = 64 << 20;

impl Places {
    /// The place of the machine of an ARN, unless that is deleted.
    fn find(&self, arn: &str) -> Option<usize> {
        self.by_arn.get(arn).copied().filter(|place| !self.all[*place].deleted)
    }

    /// Gives places free whose machines are deleted and that no execution names. A machine goes together with its processors:
    /// a map run begins executions of those long after it was found itself.
    fn sweep(&mut self) {
        if self.leaving.len() < self.sweep_at.max(2 * SETTLING) {
            return;
        }
        let old = self.leaving.len() - SETTLING;
        let named = self.leaving.iter().take(old).filter(|place| self.all[**place].is_named());
        let named: HashSet<String> = named.filter_map(|place| self.all[*place].group()).collect();
        for _ in 0..old {
            let Some(place) = self.leaving.pop_front() else { break };
            match self.all[place].group() {
                Some(group) if named.contains(&group) => self.leaving.push_back(place),
                _ => self.give_free(place),
            }
        }
        // The newest come last again.
        self.leaving.rotate_left(SETTLING);
        self.sweep_at = 2 * self.leaving.len();
    }

    /// Changes what is at a place.
    fn change(&mut self, place: usize, change: impl FnOnce(&mut Place)) {
        let place = &mut self.all[place];
        let before = place.takes();
        change(place);
        let after = place.takes();
        self.taken.machines = self.taken.machines - before.machines + after.machines;
        self.taken.bytes = self.taken.bytes - before.bytes + after.bytes;
    }

    fn give_free(&mut self, place: usize) {
        self.all[place].earlier.clear();
        let Some(machine) = self.all[place].machine.take() else { return };
        if self.by_arn.get(&machine.plan.arn) == Some(&place) {
            self.by_arn.remove(&machine.plan.arn);
        }
        self.free.push(place);
    }
}

/// Whether an execution, or somebody who is about to start one, has a machine.
fn is_named(machine: &Arc<Machine>) -> bool {
    Arc::strong_count(machine) > 1 || Arc::strong_count(&machine.plan) > 1
}

impl Place {
    /// What it takes.
    fn takes(&self) -> Room {
        match &self.machine {
            Some(machine) if !self.deleted && !machine.is_processor() => {
                let all = self.earlier.iter().chain([machine]);
                Room { machines: 1, bytes: all.map(|it| it.definition.text().len()).sum() }
            }
            _ => Room::default(),
        }
    }

    /// Whether an execution, or somebody who is about to start one, has it or what it was.
    fn is_named(&self) -> bool {
        self.machine.iter().chain(&self.earlier).any(is_named)
    }

    /// The ARN of the machine whose processor it is, or its own.
    fn group(&self) -> Option<String> {
        let arn = &self.machine.as_ref()?.plan.arn;
        arn.split('/').next().map(str::to_owned)
    }
}

impl Machines {
    /// These machines and no others yet.
    pub(crate) fn new(machines: Vec<Machine>) -> Self {
        let all = Self::default();
        for machine in machines {
            all.put(machine);
        }
        all
    }

    fn read(&self) -> RwLockReadGuard<'_, Places> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Places> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a machine, or puts it in the place of the one of its ARN.
    pub(crate) fn put(&self, machine: Machine) {
        let mut places = self.write();
        let machine = Arc::new(machine);
        if let Some(place) = places.find(&machine.plan.arn) {
            places.change(place, |place| {
                place.earlier.extend(place.machine.replace(machine));
                place.earlier.retain(is_named);
            });
        } else {
            places.sweep();
            let arn = machine.plan.arn.clone();
            let place = places.free.pop().unwrap_or_else(|| {
                places.all.push(Place { machine: None, earlier: Vec::new(), deleted: false });
                places.all.len() - 1
            });
            places.change(place, |place| (place.machine, place.deleted) = (Some(machine), false));
            places.by_arn.insert(arn, place);
        }
    }

    /// Whether there is room for a machine of that ARN, new or changed, whose definition has so many bytes.
    pub(crate) fn has_room(&self, arn: &str, bytes: usize) -> bool {
        let places = self.read();
        let replaced = places.find(arn).and_then(|place| places.all[place].machine.as_ref());
        let replaced = replaced.filter(|machine| !machine.is_processor());
        let room = replaced.map_or_else(Room::default, |it| Room { machines: 1, bytes: it.definition.text().len() });
        let Room { machines, bytes: taken } = places.taken;
        machines - room.machines < MOST && taken - room.bytes + bytes <= MOST_BYTES
    }

    /// Takes away a machine and its processors, if it is there.
    pub(crate) fn delete(&self, arn: &str) {
        let (mut places, below) = (self.write(), format!("{arn}/"));
        let processors = places.by_arn.range(below.clone()..).take_while(|(arn, _)| arn.starts_with(&below));
        let named = places.by_arn.get(arn).into_iter().chain(processors.map(|(_, place)| place)).copied();
        let left: Vec<usize> = named.filter(|place| !places.all[*place].deleted).collect();
        for place in left {
            places.change(place, |place| place.deleted = true);
            places.leaving.push_back(place);
        }
        places.sweep();
    }

    /// The machine of an ARN, and its place.
    pub(crate) fn find(&self, arn: &str) -> Option<(usize, Arc<Machine>)> {
        let places = self.read();
        places.find(arn).and_then(|place| Some((place, Arc::clone(places.all[place].machine.as_ref()?))))
    }

    /// The machine of an ARN that may end in the name of an alias or the number of a version, and its place.
    pub(crate) fn addressed(&self, arn: &str) -> Option<(usize, Arc<Machine>)> {
        self.find(arn).or_else(|| {
            let (arn, qualifier) = arn.rsplit_once(':')?;
            self.find(arn).filter(|(_, machine)| machine.qualifiers.iter().any(|known| known == qualifier))
        })
    }

    /// The place whose machine is called `name` and begins with `prefix`, `arn:…:states:REGION:ACCOUNT`; of the last one
    /// where several were.
    pub(crate) fn place_of(&self, prefix: &str, name: &str) -> Option<usize> {
        self.read().by_arn.get(&format!("{prefix}:stateMachine:{name}")).copied()
    }

    /// The machine at a place, deleted or not, that somebody has found.
    pub(crate) fn at(&self, place: usize) -> Arc<Machine> {
        let places = self.read();
        Arc::clone(places.all[place].machine.as_ref().expect("a machine stays while somebody may name it"))
    }

    /// The machine at a place as it was when an execution of this plan began.
    pub(crate) fn of_plan(&self, place: usize, plan: &Arc<Plan>) -> Arc<Machine> {
        let places = self.read();
        let Place { machine, earlier, .. } = &places.all[place];
        let began = earlier.iter().find(|it| Arc::ptr_eq(&it.plan, plan)).or(machine.as_ref());
        Arc::clone(began.expect("a machine stays while an execution has its plan"))
    }

    /// The machines that are listed, in the order in which they came.
    pub(crate) fn listed(&self) -> Vec<Arc<Machine>> {
        let places = self.read();
        let listed = places
            .all
            .iter()
            .filter(|place| !place.deleted && !place.machine.as_ref().is_some_and(|it| it.is_processor()));
        listed.filter_map(|place| place.machine.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    const MAP: &str = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "Label": "L", "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}}"#;

    fn arn(number: usize) -> String {
        format!("arn:aws:states:us-east-1:123456789012:stateMachine:m{number}")
    }

    fn put(machines: &Machines, number: usize) {
        let (arn, name) = (arn(number), format!("m{number}"));
        let (kind, switches) = (MachineKind::Standard, Switches::default());
        let identity = MachineIdentity { arn: &arn, name: &name, role_arn: "role", kind, switches };
        let definition = json::parse("machine.asl.json", MAP).unwrap();
        let loaded = Machine::load(&identity, &definition, || MAP.to_owned(), 0, &mut |mistake| panic!("{mistake}"));
        for machine in loaded.unwrap() {
            machines.put(machine);
        }
    }

    #[test]
    fn deleted_machines_leave_nothing_behind_but_what_executions_name() {
        let machines = Machines::default();
        let mut plan = None;
        for number in 0..1_000 {
            put(&machines, number);
            if number == 3 {
                plan = machines.find(&arn(3)).map(|(place, machine)| (place, Arc::clone(&machine.plan)));
            }
            machines.delete(&arn(number));
            assert_eq!(machines.find(&arn(number)).map(|it| it.0), None);
        }
        let (place, plan) = plan.unwrap();
        assert_eq!(machines.of_plan(place, &plan).plan.arn, arn(3));
        assert!(
            machines.read().all.iter().filter(|place| place.group() == Some(arn(3))).count() == 2,
            "and its processor"
        );
        let kept = machines.read().all.len();
        assert!(kept < 6 * SETTLING, "{kept} places for 2,000 machines and processors");
        drop(plan);
        for number in 0..100 {
            put(&machines, number);
            machines.delete(&arn(number));
        }
        assert!(machines.read().all.len() <= kept + 2 * SETTLING);
        assert_eq!(machines.place_of("arn:aws:states:us-east-1:123456789012", "m500"), None);
    }

    #[test]
    fn there_is_room_for_so_many_bytes_of_definitions() {
        let machines = Machines::default();
        assert!(machines.has_room(&arn(1), MOST_BYTES) && !machines.has_room(&arn(1), MOST_BYTES + 1));
        put(&machines, 0);
        assert!(machines.has_room(&arn(0), MOST_BYTES), "what it was makes room for what it becomes");
        assert!(!machines.has_room(&arn(1), MOST_BYTES) && machines.has_room(&arn(1), MOST_BYTES / 2));
        let plan = machines.find(&arn(0)).map(|(_, machine)| Arc::clone(&machine.plan));
        put(&machines, 0);
        let two = Room { machines: 1, bytes: 2 * MAP.len() };
        assert_eq!(machines.read().taken, two, "what an execution follows counts, and processors do not");
        drop(plan);
        put(&machines, 0);
        assert_eq!(machines.read().taken, Room { machines: 1, bytes: MAP.len() });
        machines.delete(&arn(0));
        machines.delete(&arn(0));
        assert_eq!(machines.read().taken, Room::default());
        assert!(machines.has_room(&arn(1), MOST_BYTES));
        put(&machines, 0);
        assert_eq!(machines.read().taken, Room { machines: 1, bytes: MAP.len() });
    }
}
