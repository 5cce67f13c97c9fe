//! The ledger of sizes: what `make dist` made when somebody last looked at the sizes and accepted them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};

use crate::failure::{Failure, Result};
use crate::files;

/// Where the ledger lies.
const LEDGER: &str = "xtask/src/dist/sizes.toml";

const HEAD: &str = "\
# Sizes in bytes of what `make dist` makes, and of the libraries and programs in it. It refuses what has grown by more
# than a tenth since; where that is meant, write them anew with `cargo xtask dist --accept-sizes`.

";

/// A file may grow to this many hundredths of its size in the ledger.
const LARGEST_GROWTH: u64 = 110;

/// Sizes in bytes, by what has them.
pub(super) type Sizes = BTreeMap<String, u64>;

/// Prints the sizes beside those of the ledger, and refuses what has grown too much.
pub(super) fn compare(root: &Path, sizes: &Sizes) -> Result<()> {
    let ledger = read(root)?;
    println!("{}", table(sizes, &ledger));
    let problems = problems(sizes, &ledger);
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{}.\nFind out why; where it is meant, run `cargo xtask dist --accept-sizes` and commit {LEDGER}",
        problems.join(",\n")
    )))
}

/// Prints the sizes beside those of the ledger, and writes them into it.
pub(super) fn accept(root: &Path, sizes: &Sizes) -> Result<()> {
    println!("{}", table(sizes, &read(root)?));
    let table = toml::to_string(sizes)
        .map_err(|error| Failure::new(format!("the sizes cannot be written: {error}")))?;
    files::write_atomically(&root.join(LEDGER), format!("{HEAD}{table}").as_bytes())
}

/// The ledger, which is empty before it is first written.
fn read(root: &Path) -> Result<Sizes> {
    let path = root.join(LEDGER);
    if !path.is_file() {
        return Ok(Sizes::new());
    }
    let text = fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error))?;
    toml::from_str(&text).map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))
}

fn problems(sizes: &Sizes, ledger: &Sizes) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, &size) in sizes {
        match ledger.get(name) {
            None => problems.push(format!("{name} is not in the ledger of sizes")),
            Some(&before) if size * 100 > before * LARGEST_GROWTH => {
                problems.push(format!("{name} has grown from {before} to {size} bytes"));
            }
            Some(_) => {}
        }
    }
    let gone = ledger.keys().filter(|name| !sizes.contains_key(*name));
    problems.extend(gone.map(|name| format!("{name} is in the ledger of sizes and was not made")));
    problems
}

fn table(sizes: &Sizes, ledger: &Sizes) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["file", "bytes", "ledger", "change"]);
    for (name, &size) in sizes {
        let before = ledger.get(name);
        let change = before.map(|&before| 100.0 * (size as f64 / before as f64 - 1.0));
        table.add_row([
            name.clone(),
            size.to_string(),
            before.map_or_else(|| "-".to_owned(), u64::to_string),
            change.map_or_else(|| "-".to_owned(), |change| format!("{change:+.1} %")),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(sizes: &[(&str, u64)]) -> Sizes {
        sizes.iter().map(|&(name, size)| (name.to_owned(), size)).collect()
    }

    #[test]
    fn a_tenth_more_is_allowed_and_no_byte_beyond() {
        let ledger = sizes(&[("a", 1000), ("b", 1000), ("c", 1000)]);
        let now = sizes(&[("a", 1100), ("b", 1101), ("c", 10)]);
        assert_eq!(problems(&now, &ledger), ["b has grown from 1000 to 1101 bytes"]);
    }

    #[test]
    fn the_ledger_names_exactly_what_is_made() {
        let problems = problems(&sizes(&[("new", 1)]), &sizes(&[("old", 1)]));
        assert_eq!(
            problems,
            ["new is not in the ledger of sizes", "old is in the ledger of sizes and was not made"]
        );
    }

    #[test]
    fn accepted_sizes_are_compared_with_later_on() {
        let root = tempfile::tempdir().unwrap();
        let now = sizes(&[("facebridge.jar", 1000), ("linux-x86_64/facebridge", 500)]);
        let message = compare(root.path(), &now).unwrap_err().to_string();
        assert!(message.contains("facebridge.jar is not in the ledger"), "{message}");
        accept(root.path(), &now).unwrap();
        compare(root.path(), &now).unwrap();
        let message = compare(root.path(), &sizes(&[("facebridge.jar", 2000)])).unwrap_err().to_string();
        assert!(
            message.contains("grown from 1000 to 2000") && message.contains("--accept-sizes"),
            "{message}"
        );
    }
}
