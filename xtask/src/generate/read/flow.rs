//! Which records users make and which they are given, and in which order records stand.

use std::collections::BTreeSet;

use super::exports::Definition;
use super::problems::Problems;
use crate::generate::model::{Api, Method, Record, Ty};

/// Marks records as input and output, sorts them so that each stands after those it contains, and refuses what
/// nobody can use.
pub(super) fn follow(api: &mut Api, definitions: &[Definition], problems: &mut Problems) {
    let order = order(&api.records, definitions, problems);
    api.records.sort_by_key(|record| order.iter().position(|name| *name == record.name));

    let taken = methods(api).flat_map(|method| &method.params).map(|param| &param.ty);
    let input = reachable(taken, &api.records);
    let output = reachable(methods(api).map(|method| &method.returns), &api.records);
    let made: BTreeSet<String> = methods(api).filter_map(|method| object(&method.returns)).collect();
    for record in &mut api.records {
        record.input = input.contains(&record.name);
        record.output = output.contains(&record.name);
    }

    for definition in definitions {
        let name = &definition.name;
        if let Some(record) = api.records.iter().find(|record| record.name == *name) {
            if !record.input && !record.output {
                let reason = "no method takes it or returns it, directly or within another record";
                problems.add(definition.place(), name, reason);
            }
            if record.input && record.open && !record.default {
                let reason =
                    "it is `#[non_exhaustive]` without a default, so nobody could make one to pass it in";
                problems.add(definition.place(), name, reason);
            }
        }
        if api.objects.iter().any(|object| object.name == *name) && !made.contains(name) {
            problems.add(definition.place(), name, "no constructor, method or function returns it");
        }
    }
}

fn methods(api: &Api) -> impl Iterator<Item = &Method> {
    let of_objects = api.objects.iter().flat_map(|object| object.constructors.iter().chain(&object.methods));
    of_objects.chain(&api.functions)
}

fn object(ty: &Ty) -> Option<String> {
    match ty {
        Ty::Object(name) => Some(name.clone()),
        _ => None,
    }
}

/// The record that a type is or wraps.
fn record(ty: &Ty) -> Option<&str> {
    match ty {
        Ty::Record(name) => Some(name),
        Ty::List(inner) | Ty::Option(inner) => record(inner),
        _ => None,
    }
}

fn contained<'a>(name: &str, records: &'a [Record]) -> impl Iterator<Item = &'a str> {
    let found = records.iter().find(|record| record.name == name);
    found.into_iter().flat_map(|record| &record.fields).filter_map(|field| record(&field.ty))
}

fn reachable<'a>(types: impl Iterator<Item = &'a Ty>, records: &'a [Record]) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = types.filter_map(record).collect();
    while let Some(name) = next.pop() {
        if reached.insert(name.to_owned()) {
            next.extend(contained(name, records));
        }
    }
    reached
}

/// The names of the records, each after those it contains, and otherwise as they are defined.
fn order(records: &[Record], definitions: &[Definition], problems: &mut Problems) -> Vec<String> {
    let mut done = Vec::new();
    for record in records {
        visit(&record.name, records, &mut Vec::new(), &mut done, &mut |cycle| {
            let mut places = definitions.iter().filter(|definition| cycle.contains(&definition.name));
            if let Some(definition) = places.next() {
                let reason = format!("it contains itself: {}", cycle.join(" → "));
                problems.add(definition.place(), &definition.name, reason);
            }
        });
    }
    done
}

fn visit(
    name: &str,
    records: &[Record],
    above: &mut Vec<String>,
    done: &mut Vec<String>,
    found_cycle: &mut impl FnMut(&[String]),
) {
    if done.iter().any(|known| known == name) {
        return;
    }
    if let Some(start) = above.iter().position(|known| known == name) {
        let mut cycle = above[start..].to_vec();
        cycle.push(name.to_owned());
        return found_cycle(&cycle);
    }
    above.push(name.to_owned());
    for inner in contained(name, records) {
        visit(inner, records, above, done, found_cycle);
    }
    above.pop();
    done.push(name.to_owned());
}
