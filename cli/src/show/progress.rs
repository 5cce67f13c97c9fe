//! Progress on standard error, where a person watches.

use facebridge::Result;
use facebridge::api::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// Watches a job until it has ended, with a bar over its `items`, such as photos; silent where standard error is not a terminal.
pub(crate) fn watch(
    items: &str,
    progress: impl Fn() -> Result<Progress>,
    wait: impl Fn(Option<f64>) -> Result<bool>,
) -> Result<()> {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {items}, {{per_sec}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(0).with_style(style);
    let mut ended = false;
    while !ended {
        ended = wait(Some(0.1))?;
        let now = progress()?;
        bar.set_length(now.total);
        bar.set_position(now.done);
    }
    bar.finish_and_clear();
    Ok(())
}
