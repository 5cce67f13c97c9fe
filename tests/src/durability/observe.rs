//! Reads all that a store holds.

use super::history::{Person, State, Tenant};
use super::store::{kind, name, values};
use crate::random::Random;
use facebridge::Result;
use facebridge::gallery::Gallery;

/// Items of a page, so that a listing has several.
const PAGE: usize = 7;
/// Faces that are searched for in a tenant.
const PROBES: usize = 3;

/// All that the store holds, by its listings; or what is wrong with it.
///
/// # Errors
/// In words: what the store could not answer, or two of its answers that contradict each other.
pub(super) fn observe(gallery: &dyn Gallery, random: &mut Random) -> Result<State, String> {
    let told =
        |what: &'static str| move |error: facebridge::Error| format!("{what}: {:?}: {error}", error.kind());
    let mut state = State::new();
    for tenant in gallery.tenants().map_err(told("tenants"))? {
        let mut people = Tenant::new();
        let mut after = None;
        loop {
            let page = gallery.subjects(&tenant, after, PAGE).map_err(told("subjects"))?;
            for subject in page.items {
                let name = name(&subject.attributes).ok_or("attributes that were never given")?;
                people.insert(subject.id, Person { name, ..Person::default() });
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut faces = 0;
        loop {
            let page = gallery.scan(&tenant, after, PAGE).map_err(told("scan"))?;
            for stored in page.items {
                let stamp = stored.face.enrolled_at as u64;
                let [template] = stored.templates.as_slice() else {
                    return Err(format!("a face with {} templates", stored.templates.len()));
                };
                if template.kind != kind() || *template.values != values(stamp) {
                    return Err("a template that is not the one enrolled".to_owned());
                }
                let person =
                    people.get_mut(&stored.subject.id).ok_or("a face of a subject that is not listed")?;
                person.faces.insert(stamp, Some(stored.face.id));
                faces += 1;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let count = gallery.count(&tenant).map_err(told("count"))?;
        if (count.subjects, count.faces) != (people.len() as u64, faces) {
            return Err(format!("{count:?} counted, {} and {faces} listed", people.len()));
        }
        check(gallery, &tenant, &people, random)?;
        state.insert(tenant, people);
    }
    Ok(state)
}

/// Asks for some subjects one by one, and searches for some faces.
fn check(gallery: &dyn Gallery, tenant: &str, people: &Tenant, random: &mut Random) -> Result<(), String> {
    for _ in 0..PROBES.min(people.len()) {
        let (subject, person) = people.iter().nth(random.below(people.len())).expect("below its length");
        let Some((&stamp, &id)) = person.faces.iter().nth(random.below(person.faces.len())) else {
            return Err("a subject without a face".to_owned());
        };
        let listed = gallery.faces_of(tenant, subject).map_err(|error| format!("faces_of: {error}"))?;
        if listed.len() != person.faces.len() {
            return Err(format!("{} faces of a subject, {} scanned", listed.len(), person.faces.len()));
        }
        let probe = values(stamp);
        let found =
            gallery.search(tenant, &kind(), &[&probe], 1).map_err(|error| format!("search: {error}"))?;
        match found.first().and_then(|candidates| candidates.first()) {
            Some(best) if best.subject == *subject && Some(best.face) == id && best.score > 0.999 => {}
            _ => return Err("a search for an enrolled face did not find it".to_owned()),
        }
    }
    Ok(())
}
