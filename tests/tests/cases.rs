//! Every case in every language: the expected outcome, and the same bits everywhere.

use conformance::assets::repository_file;
use conformance::cases::{Outcome, Table, differences, gallery_table, plan, table};
use conformance::languages::{compile, java, python};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a language's driver printed for each case.
fn answers(language: &str, plan: &Path, mut driver: Command, cases: usize) -> Vec<String> {
    let output = driver
        .arg(plan)
        .output()
        .unwrap_or_else(|error| panic!("the {language} driver cannot be started: {error}"));
    let text = String::from_utf8(output.stdout).expect("a driver prints UTF-8");
    let lines: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(number, line)| {
            line.strip_prefix(&format!("{number}\t"))
                .unwrap_or_else(|| {
                    panic!("the {language} driver left out case {number} or spoke out of turn")
                })
                .to_owned()
        })
        .collect();
    assert!(
        output.status.success() && lines.len() == cases,
        "the {language} driver ended with {} after {} of {cases} cases: {}",
        output.status,
        lines.len(),
        String::from_utf8_lossy(&output.stderr)
    );
    lines
}

fn unexpected(table: &Table, language: &str, answers: &[String]) -> Vec<String> {
    let found = |(case, answer): (&conformance::cases::Case, &String)| {
        let differences = differences(&case.expect, &Outcome::parse(answer));
        (!differences.is_empty()).then(|| format!("{language}, {}: {}", case.name, differences.join("; ")))
    };
    table.cases.iter().zip(answers).filter_map(found).collect()
}

fn driver(language: &str, file: &str) -> PathBuf {
    repository_file(&format!("tests/drivers/{language}/{file}"))
}

#[test]
fn every_case_has_the_expected_outcome_in_rust() {
    in_rust(&table());
}

#[test]
fn every_step_of_the_gallery_has_the_expected_outcome_in_rust() {
    in_rust(&gallery_table());
}

fn in_rust(table: &Table) {
    let names: std::collections::BTreeSet<&str> = table.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), table.cases.len(), "two cases have one name");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let plan = plan::write(&table.cases, folder.path());
    let answers = answers("rust", &plan, Command::new(env!("CARGO_BIN_EXE_driver")), table.cases.len());
    let failures = unexpected(table, "rust", &answers);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn all_languages_answer_every_case_with_the_same_bits() {
    in_all_languages(&table());
}

#[test]
fn all_languages_answer_every_step_of_the_gallery_with_the_same_bits() {
    in_all_languages(&gallery_table());
}

fn in_all_languages(table: &Table) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let plan = plan::write(&table.cases, folder.path());
    let count = table.cases.len();
    let rust = answers("rust", &plan, Command::new(env!("CARGO_BIN_EXE_driver")), count);
    let mut in_python = python();
    in_python.arg(driver("python", "driver.py"));
    let in_c = compile("cc", "-std=c99", &driver("c", "driver.c"), &folder.path().join("driver-c"));
    let in_cpp = compile("c++", "-std=c++17", &driver("c", "driver.cpp"), &folder.path().join("driver-cpp"));
    let mut failures = Vec::new();
    for (language, command) in
        [("python", in_python), ("c", in_c), ("c++", in_cpp), ("java", java(&driver("java", "Driver.java")))]
    {
        // What is enrolled would still be there for the next language.
        let plan = match table.cases.iter().any(|case| case.store.is_some()) {
            true => {
                let own = folder.path().join(language);
                std::fs::create_dir(&own).expect("a folder can be made");
                plan::write(&table.cases, &own)
            }
            false => plan.clone(),
        };
        let answers = answers(language, &plan, command, count);
        failures.extend(unexpected(table, language, &answers));
        for ((case, in_rust), here) in table.cases.iter().zip(&rust).zip(&answers) {
            if in_rust != here {
                failures.push(format!(
                    "{language}, {}: rust said\n  {in_rust}\nbut {language}\n  {here}",
                    case.name
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}
