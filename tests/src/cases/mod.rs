//! The table of cases that every language must answer alike: what is asked, what is expected, and how the
//! answers of a language's driver are read.

pub mod answer;
mod outcome;
pub mod plan;
mod table;

pub use outcome::{Outcome, differences};
pub use table::{Case, Expectation, PictureSource, Table, gallery_table, table};
