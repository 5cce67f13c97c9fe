//! Every case in every language: the expected outcome, and the same bits everywhere.

use conformance::assets::repository_file;
use conformance::cases::{Outcome, Table, differences, plan, table};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a language's driver printed for each case.
fn answers(language: &str, command: &mut Command, cases: usize) -> Vec<String> {
    let output = command.output().unwrap_or_else(|error| {
        panic!("the {language} driver cannot be started: {error}; run `make packages`")
    });
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

fn package(language: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository_file("target"), PathBuf::from);
    let folder = target.join("packages").join(language);
    assert!(folder.is_dir(), "{} is missing: run `make packages`", folder.display());
    folder
}

fn driver(language: &str, file: &str) -> PathBuf {
    repository_file(&format!("tests/drivers/{language}/{file}"))
}

fn in_rust(plan: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_driver"));
    command.arg(plan);
    command
}

fn in_python(plan: &Path) -> Command {
    let mut command = Command::new("python3");
    command.arg(driver("python", "driver.py")).arg(plan).env("PYTHONPATH", package("python"));
    command
}

/// Compiles a driver in C or C++ against the installed package.
fn compiled(compiler: &str, standard: &str, file: &str, folder: &Path, plan: &Path) -> Command {
    let package = package("c");
    let program = folder.join(file.replace('.', "-"));
    let library = package.join("lib");
    let status = Command::new(compiler)
        .args([standard, "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&program)
        .arg(driver("c", file))
        .arg(format!("-I{}", package.join("include").display()))
        .arg(format!("-L{}", library.display()))
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .args(["-lfacebridge", "-pthread"])
        .status()
        .expect("a C compiler is installed");
    assert!(status.success(), "{file} cannot be compiled");
    let mut command = Command::new(program);
    command.arg(plan);
    command
}

fn in_java(plan: &Path) -> Command {
    let folder = package("java");
    let jar = std::fs::read_dir(&folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry can be read").path())
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("facebridge-")
                && name.ends_with(".jar")
                && !name.contains("sources")
                && !name.contains("javadoc")
        })
        .expect("the package holds a jar");
    let mut command = Command::new("java");
    command.arg("-cp").arg(jar).arg(driver("java", "Driver.java")).arg(plan);
    command
}

#[test]
fn every_case_has_the_expected_outcome_in_rust() {
    let table = table();
    let names: std::collections::BTreeSet<&str> = table.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), table.cases.len(), "two cases have one name");
    let folder = tempfile::tempdir().unwrap();
    let plan = plan::write(&table.cases, folder.path());
    let answers = answers("rust", &mut in_rust(&plan), table.cases.len());
    let failures = unexpected(&table, "rust", &answers);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn all_languages_answer_every_case_with_the_same_bits() {
    let table = table();
    let folder = tempfile::tempdir().unwrap();
    let plan = plan::write(&table.cases, folder.path());
    let count = table.cases.len();
    let rust = answers("rust", &mut in_rust(&plan), count);
    let mut failures = Vec::new();
    for (language, mut command) in [
        ("python", in_python(&plan)),
        ("c", compiled("cc", "-std=c99", "driver.c", folder.path(), &plan)),
        ("c++", compiled("c++", "-std=c++17", "driver.cpp", folder.path(), &plan)),
        ("java", in_java(&plan)),
    ] {
        let answers = answers(language, &mut command, count);
        failures.extend(unexpected(&table, language, &answers));
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
