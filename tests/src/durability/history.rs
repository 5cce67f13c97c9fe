//! What a store should hold, and the changes that lead there.

use crate::random::Random;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The tenants that are always there, and one that comes and goes.
const TENANTS: [&str; 2] = ["north", "south"];
const PASSING: &str = "passing";
const SUBJECTS: usize = 30;
const MOST_FACES: usize = 3;

/// What a store holds: tenants by name.
pub(super) type State = BTreeMap<String, Tenant>;
/// Subjects by id.
pub(super) type Tenant = BTreeMap<String, Person>;

/// A subject.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Person {
    /// Stands for the attributes.
    pub(super) name: u64,
    /// The faces: the stamp of each decides its template, and is written beside it; the id is not known of one
    /// whose enrolment was never acknowledged.
    pub(super) faces: BTreeMap<u64, Option<u64>>,
}

/// A face to enrol.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Newcomer {
    pub(super) subject: String,
    pub(super) stamp: u64,
    /// Whether attributes go with it; they are those of the stamp.
    pub(super) named: bool,
    /// Whether the caller chooses the id; it is the stamp.
    pub(super) own_id: bool,
}

/// A change that is made in one step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Op {
    CreateTenant { tenant: String },
    DropTenant { tenant: String },
    Enroll { tenant: String, faces: Vec<Newcomer> },
    Replace { tenant: String, old: u64, id: u64, new: Newcomer },
    DeleteFace { tenant: String, subject: String, stamp: u64, id: u64 },
    DeleteSubjects { tenant: String, subjects: Vec<String> },
    Describe { tenant: String, subject: String, name: u64 },
}

impl Op {
    /// A change that suits `state`. `next_stamp` is raised by the faces that it makes.
    pub(super) fn choose(state: &State, next_stamp: &mut u64, random: &mut Random) -> Self {
        let mut name = TENANTS[random.below(TENANTS.len())];
        if random.below(15) == 0 || state.contains_key(PASSING) && random.below(4) == 0 {
            name = PASSING;
        }
        let owned = name.to_owned();
        let Some(tenant) = state.get(name) else { return Self::CreateTenant { tenant: owned } };
        if name == PASSING && tenant.len() > 2 {
            return Self::DropTenant { tenant: owned };
        }
        let known = pick(tenant, random).filter(|_| random.below(2) == 0);
        let Some((subject, person)) = known else {
            return Self::enroll(owned, tenant, next_stamp, random);
        };
        let (subject, (&stamp, &id)) =
            (subject.clone(), pick(&person.faces, random).expect("a subject has a face"));
        let Some(id) = id else { return Self::DeleteSubjects { tenant: owned, subjects: vec![subject] } };
        match random.below(5) {
            0 | 1 => {
                let stamp_of_new = take(next_stamp);
                let new =
                    Newcomer { subject, stamp: stamp_of_new, named: false, own_id: random.below(2) == 0 };
                Self::Replace { tenant: owned, old: stamp, id, new }
            }
            2 => Self::DeleteFace { tenant: owned, subject, stamp, id },
            3 => {
                let mut subjects = vec![subject];
                subjects.extend((0..2).filter_map(|_| Some(pick(tenant, random)?.0.clone())));
                subjects.sort();
                subjects.dedup();
                Self::DeleteSubjects { tenant: owned, subjects }
            }
            _ => Self::Describe { tenant: owned, subject, name: take(next_stamp) },
        }
    }

    fn enroll(tenant: String, people: &Tenant, next_stamp: &mut u64, random: &mut Random) -> Self {
        let count = if random.below(4) == 0 { 2 + random.below(5) } else { 1 };
        let mut faces: Vec<Newcomer> = Vec::new();
        for _ in 0..count {
            let subject = format!("subject {}", random.below(SUBJECTS));
            let full = people.get(&subject).is_some_and(|person| person.faces.len() >= MOST_FACES);
            if full && count > 1 {
                continue;
            }
            let first = !people.contains_key(&subject) && !faces.iter().any(|face| face.subject == subject);
            let own_id = random.below(2) == 0;
            faces.push(Newcomer { subject, stamp: take(next_stamp), named: first, own_id });
        }
        Self::Enroll { tenant, faces }
    }

    /// Does to `state` what was acknowledged, or may have happened: `ids` are those that the new faces got.
    pub(super) fn apply(&self, state: &mut State, ids: Option<&[u64]>) {
        let id = |number: usize| ids.and_then(|ids| ids.get(number).copied());
        match self {
            Self::CreateTenant { tenant } => drop(state.insert(tenant.clone(), Tenant::new())),
            Self::DropTenant { tenant } => drop(state.remove(tenant)),
            Self::Enroll { tenant, faces } => {
                for (number, face) in faces.iter().enumerate() {
                    add(state, tenant, face, id(number));
                }
            }
            Self::Replace { tenant, old, new, .. } => {
                add(state, tenant, new, id(0));
                remove(state, tenant, &new.subject, *old);
            }
            Self::DeleteFace { tenant, subject, stamp, .. } => remove(state, tenant, subject, *stamp),
            Self::DeleteSubjects { tenant, subjects } => {
                if let Some(people) = state.get_mut(tenant) {
                    people.retain(|subject, _| !subjects.contains(subject));
                }
            }
            Self::Describe { tenant, subject, name } => {
                if let Some(person) = state.get_mut(tenant).and_then(|people| people.get_mut(subject)) {
                    person.name = *name;
                }
            }
        }
    }
}

fn add(state: &mut State, tenant: &str, face: &Newcomer, id: Option<u64>) {
    let Some(people) = state.get_mut(tenant) else { return };
    let person = people.entry(face.subject.clone()).or_default();
    if face.named {
        person.name = face.stamp;
    }
    person.faces.insert(face.stamp, id);
}

fn remove(state: &mut State, tenant: &str, subject: &str, stamp: u64) {
    let Some(people) = state.get_mut(tenant) else { return };
    let Some(person) = people.get_mut(subject) else { return };
    person.faces.remove(&stamp);
    if person.faces.is_empty() {
        people.remove(subject);
    }
}

fn take(next: &mut u64) -> u64 {
    *next += 1;
    *next
}

fn pick<'a, K: Ord, V>(map: &'a BTreeMap<K, V>, random: &mut Random) -> Option<(&'a K, &'a V)> {
    map.iter().nth(random.below(map.len()))
}

/// Whether a store that holds `found` holds what it should.
pub(super) fn agrees(should: &State, found: &State) -> bool {
    let same_faces = |should: &Person, found: &Person| {
        should.faces.len() == found.faces.len()
            && should.faces.iter().zip(&found.faces).all(|((stamp, id), (stamp_found, id_found))| {
                stamp == stamp_found && (id.is_none() || id == id_found)
            })
    };
    should.keys().eq(found.keys())
        && should.values().zip(found.values()).all(|(people, people_found)| {
            people.keys().eq(people_found.keys())
                && people.values().zip(people_found.values()).all(|(person, person_found)| {
                    person.name == person_found.name && same_faces(person, person_found)
                })
        })
}

/// The first difference in words.
pub(super) fn difference(should: &State, found: &State) -> String {
    for tenant in should.keys().chain(found.keys()) {
        let (Some(people), Some(people_found)) = (should.get(tenant), found.get(tenant)) else {
            return format!("tenant {tenant}: should be there {}", should.contains_key(tenant));
        };
        for subject in people.keys().chain(people_found.keys()) {
            let (person, person_found) = (people.get(subject), people_found.get(subject));
            if person != person_found {
                return format!("{tenant}, {subject}: should be {person:?}, is {person_found:?}");
            }
        }
    }
    "none".to_owned()
}
