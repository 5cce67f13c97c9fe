//! Which items the API exports, and where each is defined.

use std::rc::Rc;

use syn::{Ident, ImplItem, Item, UseTree, Visibility};

use super::problems::{Place, Problems};
use super::source::{CRATE, SourceFile, Sources};
use super::{data, plain};
use crate::failure::{Failure, Result};

/// Exported for Rust, but not data: every language writes these by hand, in its own way.
const BY_HAND: [(&str, &str); 7] = [
    ("EncodedBytes", "a way to hand over an image"),
    ("ImageFormat", "known from the bytes of an image"),
    ("ImageInput", "the parameter type of images"),
    ("PixelView", "a way to hand over an image"),
    ("Sensitive", "a text that nothing shows"),
    ("Error", "what each language throws, raises or returns"),
    ("Result", "what Rust returns"),
];

/// An exported item.
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) file: Rc<SourceFile>,
    pub(super) item: Item,
    /// The files of the modules within the item's own: an object's methods may stand there too.
    pub(super) parts: Vec<Rc<SourceFile>>,
}

impl Definition {
    /// The line of its name.
    pub(super) fn place(&self) -> Place {
        let span = match &self.item {
            Item::Enum(item) => item.ident.span(),
            Item::Struct(item) => item.ident.span(),
            Item::Fn(item) => item.sig.ident.span(),
            other => syn::spanned::Spanned::span(other),
        };
        self.file.place(span)
    }

    /// The line of a variant, field or method, or else of the item itself.
    pub(super) fn member_place(&self, name: &str) -> Place {
        let is_named = |ident: &&Ident| plain(ident) == name;
        let found = match &self.item {
            Item::Enum(item) => item.variants.iter().map(|variant| &variant.ident).find(is_named),
            Item::Struct(item) => {
                let mut fields = item.fields.iter().filter_map(|field| field.ident.as_ref());
                let Some(field) = fields.find(is_named) else { return self.method_place(name) };
                Some(field)
            }
            _ => None,
        };
        found.map_or_else(|| self.place(), |ident| self.file.place(ident.span()))
    }

    /// The files that may give the item methods, its own first.
    pub(super) fn files(&self) -> impl Iterator<Item = &Rc<SourceFile>> {
        std::iter::once(&self.file).chain(&self.parts)
    }

    /// The line of a method, or else of the item itself.
    fn method_place(&self, name: &str) -> Place {
        let methods = self.files().flat_map(|file| {
            let blocks = file.syntax.items.iter().filter_map(|item| match item {
                Item::Impl(block) if data::is_type(&block.self_ty, &self.name) => Some(block),
                _ => None,
            });
            blocks.flat_map(|block| &block.items).filter_map(move |item| match item {
                ImplItem::Fn(function) => Some((file, &function.sig.ident)),
                _ => None,
            })
        });
        let mut methods = methods.filter(|(_, ident)| plain(ident) == name);
        methods.next().map_or_else(|| self.place(), |(file, ident)| file.place(ident.span()))
    }
}

/// A name that a `use` brings into a module, with the path it comes by.
struct Import {
    path: Vec<String>,
    name: String,
    place: Place,
}

/// Everything exported: `ErrorKind` first, then file by file in the order of the exports, each file from top to
/// bottom.
pub(super) fn definitions(sources: &mut Sources, problems: &mut Problems) -> Result<Vec<Definition>> {
    let module = vec!["api".to_owned()];
    let api = existing(sources, &module)?;
    let mut imports = Vec::new();
    for item in &api.syntax.items {
        if let Item::Use(item) = item
            && matches!(item.vis, Visibility::Public(_))
        {
            flatten(&item.tree, &[], &api, &mut imports, problems);
        }
    }
    let mut definitions: Vec<Definition> = Vec::new();
    let error = existing(sources, &["error".to_owned()])?;
    let kind = named(&error, "ErrorKind");
    definitions.push(kind.ok_or_else(|| Failure::new(format!("{} does not define ErrorKind", error.path)))?);
    for import in imports {
        let by_hand = BY_HAND.iter().any(|(name, _)| *name == import.name);
        let known = definitions.iter().any(|definition| definition.name == import.name);
        if by_hand || known {
            continue;
        }
        match find(sources, &api, &import.path, &import.name, &mut Vec::new())? {
            Some(definition) => definitions.push(definition),
            None => {
                let reason = "no struct, enum or function of this name is defined where the export says";
                problems.add(import.place, &import.name, reason);
            }
        }
    }
    let mut order: Vec<String> = Vec::new();
    for definition in &definitions {
        if !order.contains(&definition.file.path) {
            order.push(definition.file.path.clone());
        }
    }
    definitions.sort_by_key(|definition| {
        (order.iter().position(|path| *path == definition.file.path), definition.place().line)
    });
    for definition in &mut definitions {
        definition.parts = parts(sources, &definition.file)?;
    }
    Ok(definitions)
}

/// The files of the modules that a file declares, in their order.
fn parts(sources: &mut Sources, file: &SourceFile) -> Result<Vec<Rc<SourceFile>>> {
    let mut parts = Vec::new();
    for item in &file.syntax.items {
        if let Item::Mod(item) = item
            && item.content.is_none()
        {
            parts.extend(sources.module(&[&file.module[..], &[plain(&item.ident)]].concat())?);
        }
    }
    Ok(parts)
}

fn existing(sources: &mut Sources, module: &[String]) -> Result<Rc<SourceFile>> {
    sources.module(module)?.ok_or_else(|| {
        Failure::new(format!("{CRATE} has no module {}; the API is defined there", module.join("::")))
    })
}

/// The item that `file` knows as `path::name`, following re-exports.
fn find(
    sources: &mut Sources,
    file: &SourceFile,
    path: &[String],
    name: &str,
    seen: &mut Vec<(Vec<String>, String)>,
) -> Result<Option<Definition>> {
    let mut module = file.module.clone();
    for (position, part) in path.iter().enumerate() {
        match part.as_str() {
            "crate" if position == 0 => module.clear(),
            "self" if position == 0 => {}
            "super" => {
                module.pop();
            }
            child => module.push(child.to_owned()),
        }
    }
    let Some(file) = sources.module(&module)? else { return Ok(None) };
    if let Some(definition) = named(&file, name) {
        return Ok(Some(definition));
    }
    // Two modules may import from each other.
    let step = (module, name.to_owned());
    if seen.contains(&step) {
        return Ok(None);
    }
    seen.push(step);
    let mut imports = Vec::new();
    for item in &file.syntax.items {
        if let Item::Use(item) = item {
            // What a module imports for itself may well be renamed; only exports may not.
            flatten(&item.tree, &[], &file, &mut imports, &mut Problems::default());
        }
    }
    for import in imports.into_iter().filter(|import| import.name == name) {
        if let Some(definition) = find(sources, &file, &import.path, name, seen)? {
            return Ok(Some(definition));
        }
    }
    Ok(None)
}

fn named(file: &Rc<SourceFile>, name: &str) -> Option<Definition> {
    let found = file.syntax.items.iter().find(|item| match item {
        Item::Enum(item) => plain(&item.ident) == name,
        Item::Struct(item) => plain(&item.ident) == name,
        Item::Fn(item) => plain(&item.sig.ident) == name,
        Item::Type(item) => plain(&item.ident) == name,
        Item::Trait(item) => plain(&item.ident) == name,
        Item::Const(item) => plain(&item.ident) == name,
        Item::Static(item) => plain(&item.ident) == name,
        Item::Union(item) => plain(&item.ident) == name,
        _ => false,
    })?;
    Some(Definition { name: name.to_owned(), file: file.clone(), item: found.clone(), parts: Vec::new() })
}

fn flatten(
    tree: &UseTree,
    path: &[String],
    file: &SourceFile,
    imports: &mut Vec<Import>,
    problems: &mut Problems,
) {
    match tree {
        UseTree::Path(tree) => {
            let path = [path, &[plain(&tree.ident)]].concat();
            flatten(&tree.tree, &path, file, imports, problems);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, path, file, imports, problems);
            }
        }
        UseTree::Name(tree) => imports.push(Import {
            path: path.to_vec(),
            name: plain(&tree.ident),
            place: file.place(tree.ident.span()),
        }),
        UseTree::Rename(tree) => {
            let reason = "an export keeps its name; rename the item itself";
            problems.add(file.place(tree.ident.span()), &plain(&tree.rename), reason);
        }
        UseTree::Glob(tree) => {
            let reason = "an export names each item, so that the list can be read";
            problems.add(file.place(tree.star_token.spans[0]), &format!("{}::*", path.join("::")), reason);
        }
    }
}
