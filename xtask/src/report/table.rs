//! A report as a table for people; in Markdown, so that it can be quoted.

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;

use super::figure::{Figure, number};
use super::record::Record;

pub(crate) fn of(record: &Record) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["figure", "value", "unit", "peer", "ratio", "goal", "ok", "note"]);
    for figure in &record.figures {
        table.add_row(cells(figure));
    }
    let machine = &record.machine;
    let versions: Vec<String> =
        record.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let notes: String = record.notes.iter().map(|note| format!("- {note}\n")).collect();
    format!(
        "{} · {} · `{}`\n{} · {} cores · {} GiB · {}, load {}\n{}\n\n{table}\n\n{notes}{}",
        record.report,
        record.date,
        record.command,
        machine.processor,
        machine.cores,
        machine.memory_gib,
        machine.system,
        machine.load,
        versions.join(" · "),
        if record.ok { "every goal is met" } else { "A GOAL IS MISSED" },
    )
}

fn cells(figure: &Figure) -> [String; 8] {
    let or_nothing = |value: Option<f64>| value.map_or_else(String::new, number);
    [
        figure.name.clone(),
        figure.value.map_or_else(|| "absent".to_owned(), number),
        figure.unit.clone(),
        or_nothing(figure.peer),
        figure.ratio.map_or_else(String::new, |ratio| format!("{ratio:.3}")),
        figure.goal.map_or_else(String::new, |goal| goal.to_string()),
        figure.ok.map_or("", |ok| if ok { "yes" } else { "NO" }).to_owned(),
        figure.note.clone(),
    ]
}
