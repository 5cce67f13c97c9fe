//! Progress on standard error, where a person watches.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `length` things; silent where standard error is not a terminal.
pub(crate) fn bar(length: u64, things: &str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {things}, {{per_sec}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}
