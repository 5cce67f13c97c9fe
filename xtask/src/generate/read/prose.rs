//! The documentation of what is exported, gathered with its places for the questions that need the whole API.

use syn::{Attribute, Expr, Lit, Meta};

use super::problems::{Place, Problems};
use super::source::SourceFile;
use crate::generate::docs::{self, Scope};
use crate::generate::model::{Api, Doc};

/// One documentation, and where it stands.
struct Passage {
    place: Place,
    owner: Option<String>,
    member: Option<String>,
    doc: Doc,
}

/// Every documentation read so far.
#[derive(Default)]
pub(super) struct Prose(Vec<Passage>);

impl Prose {
    /// Reads the documentation of an item (`owner`), of a member of it, or of a function (only `member`).
    pub(super) fn read(
        &mut self,
        file: &SourceFile,
        item_place: Place,
        attributes: &[Attribute],
        (owner, member): (Option<&str>, Option<&str>),
        problems: &mut Problems,
    ) -> Doc {
        let what = name(owner, member);
        let lines: Vec<(Place, String)> = attributes
            .iter()
            .filter_map(|attribute| Some((file.place(attribute.pound_token.spans[0]), doc_text(attribute)?)))
            .collect();
        let Some((first, _)) =
            lines.first().filter(|_| lines.iter().any(|(_, line)| !line.trim().is_empty()))
        else {
            problems.add(item_place, &what, "it has no documentation");
            return Doc::default();
        };
        for (place, line) in &lines {
            if let Some(word) = docs::rust_ism(line) {
                let reason = format!("the documentation says `{word}`, which is no word outside Rust");
                problems.add(place.clone(), &what, reason);
            }
        }
        let doc = docs::parse(lines.iter().flat_map(|(_, text)| text.lines())).unwrap_or_else(|reason| {
            problems.add(first.clone(), &what, format!("the documentation: {reason}"));
            Doc::default()
        });
        let (owner, member) = (owner.map(str::to_owned), member.map(str::to_owned));
        self.0.push(Passage { place: first.clone(), owner, member, doc: doc.clone() });
        doc
    }

    /// Asks what every name in every documentation means.
    pub(super) fn question(&self, api: &Api, problems: &mut Problems) {
        for passage in &self.0 {
            let (owner, member) = (passage.owner.as_deref(), passage.member.as_deref());
            for question in docs::questions(&passage.doc, Scope { owner, member, errors: false }, api) {
                problems.add(passage.place.clone(), &name(owner, member), question);
            }
        }
    }
}

/// An item as messages name it: `Client`, `Client::detect`, `optimize_model`.
pub(super) fn name(owner: Option<&str>, member: Option<&str>) -> String {
    [owner, member].into_iter().flatten().collect::<Vec<_>>().join("::")
}

fn doc_text(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
