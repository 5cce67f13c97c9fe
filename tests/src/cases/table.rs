//! `cases/engine.json` and `cases/gallery.json` as data.

use crate::assets::repository_file;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its layout; 1.
    pub format: u32,
    #[serde(rename = "about")]
    _about: Vec<String>,
    /// What is asked and expected.
    pub cases: Vec<Case>,
}

/// One call and what it must answer. The table itself says what each field means.
#[allow(missing_docs)]
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Case {
    pub name: String,
    pub operation: String,
    pub image: Option<PictureSource>,
    pub a: Option<PictureSource>,
    pub b: Option<PictureSource>,
    pub max_faces: Option<u32>,
    pub max_fmr: Option<Value>,
    pub paths: Option<Vec<PictureSource>>,
    pub people: Option<BTreeMap<String, Vec<String>>>,
    pub config: Option<String>,
    pub model: Option<String>,
    pub with: BTreeMap<String, String>,
    /// The file of the gallery, in the plan's folder.
    #[serde(skip)]
    pub store: Option<String>,
    pub expect: Expectation,
}

/// Where a picture comes from.
#[allow(missing_docs)]
#[derive(Deserialize)]
#[serde(deny_unknown_fields, untagged)]
pub enum PictureSource {
    Photo { photo: String, first_bytes: Option<usize> },
    Path { path_of: String },
    Missing { missing_path: String },
    Text { text: String },
    Plain { plain: [u8; 3], size: [u32; 2] },
    SideBySide { side_by_side: [String; 2], height: u32 },
    Pixels { pixels_of: String, format: String, row_padding: u32 },
    Altered { altered: String, gain: Option<f32>, offset: Option<f32>, blur: Option<f32>, width: Option<u32> },
}

/// What must hold; absent fields may be anything.
#[allow(missing_docs)]
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    pub error: Option<String>,
    pub error_check_code: Option<u32>,
    pub message_contains: Option<String>,
    pub decision: Option<String>,
    pub indeterminate_reason: Option<Value>,
    pub score_at_least: Option<f64>,
    pub score_below: Option<f64>,
    pub faces: Option<usize>,
    pub check_code: Option<u32>,
    pub warnings: Option<BTreeSet<String>>,
    pub face_a_warnings: Option<BTreeSet<String>>,
    pub face_b_warnings: Option<BTreeSet<String>>,
    /// Of each photo of a job: `ok` or the kind of its failure.
    pub outcomes: Option<Vec<String>>,
    /// Any other fields of the answer, as the driver prints them.
    pub fields: Option<BTreeMap<String, String>>,
}

/// Reads the table.
///
/// # Panics
/// Where it is not well-formed.
pub fn table() -> Table {
    let text =
        std::fs::read_to_string(repository_file("tests/cases/engine.json")).expect("the cases are there");
    let table: Table = serde_json::from_str(&text).expect("the cases are well-formed");
    assert_eq!(table.format, 1);
    table
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scripts {
    format: u32,
    #[serde(rename = "about")]
    _about: Vec<String>,
    scripts: Vec<Script>,
}

/// Steps on one fresh store, one after the other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    name: String,
    steps: Vec<Case>,
}

/// Reads the scripts for galleries, as cases that follow each other.
///
/// # Panics
/// Where they are not well-formed.
pub fn gallery_table() -> Table {
    let text =
        std::fs::read_to_string(repository_file("tests/cases/gallery.json")).expect("the cases are there");
    let scripts: Scripts = serde_json::from_str(&text).expect("the cases are well-formed");
    assert_eq!(scripts.format, 1);
    let mut cases = Vec::new();
    for (number, script) in scripts.scripts.into_iter().enumerate() {
        for (step, mut case) in script.steps.into_iter().enumerate() {
            case.name = format!("{}, step {} ({})", script.name, step + 1, case.operation);
            case.store = Some(format!("{number}.gallery"));
            cases.push(case);
        }
    }
    Table { format: 1, _about: Vec::new(), cases }
}
