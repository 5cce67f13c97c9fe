//! Objects with their methods, and functions.

use syn::{
    Attribute, FnArg, GenericParam, ImplItem, ImplItemFn, Item, ItemFn, ItemStruct, Pat, ReceiverKind,
    ReturnType, Safety, Signature, Visibility,
};

use super::exports::Definition;
use super::problems::Place;
use super::source::SourceFile;
use super::types;
use super::{Reader, data, plain, prose};
use crate::generate::model::{Doc, Field, Method, Object, Ty};

impl Reader {
    pub(super) fn object(&mut self, definition: &Definition, item: &ItemStruct) -> Object {
        let name = &definition.name;
        self.plain_item(definition, &item.attrs, &item.vis, &item.generics);
        let doc = self.doc(&definition.file, definition.place(), &item.attrs, (Some(name), None));
        let mut object = Object { name: name.clone(), doc, constructors: Vec::new(), methods: Vec::new() };
        // Methods elsewhere are Rust's alone.
        for file in definition.files() {
            for item in &file.syntax.items {
                let Item::Impl(block) = item else { continue };
                if block.trait_.is_some() || !data::is_type(&block.self_ty, name) {
                    continue;
                }
                for item in &block.items {
                    match item {
                        ImplItem::Fn(function) if matches!(function.vis, Visibility::Public(_)) => {
                            let place = file.place(function.sig.ident.span());
                            let what = prose::name(Some(name), Some(&plain(&function.sig.ident)));
                            self.unconditional(&place, &what, &block.attrs);
                            self.object_function(file, &mut object, function);
                        }
                        _ => {}
                    }
                }
            }
        }
        object
    }

    fn object_function(&mut self, file: &SourceFile, object: &mut Object, function: &ImplItemFn) {
        let method = self.method(file, Some(&object.name), &function.attrs, &function.sig);
        if function.sig.receiver().is_some() {
            object.methods.push(method);
            return;
        }
        if method.returns != Ty::Object(object.name.clone()) {
            let what = prose::name(Some(&object.name), Some(&method.name));
            let reason = "a function without `self` makes the object: it returns `Result<Self>`";
            self.problems.add(file.place(function.sig.ident.span()), &what, reason);
        }
        object.constructors.push(method);
    }

    pub(super) fn function(&mut self, definition: &Definition, item: &ItemFn) -> Method {
        if !matches!(item.vis, Visibility::Public(_)) {
            self.problems.add(definition.place(), &definition.name, "it is exported but not `pub`");
        }
        self.method(&definition.file, None, &item.attrs, &item.sig)
    }

    fn method(
        &mut self,
        file: &SourceFile,
        owner: Option<&str>,
        attributes: &[Attribute],
        signature: &Signature,
    ) -> Method {
        let name = plain(&signature.ident);
        let what = prose::name(owner, Some(&name));
        let place = file.place(signature.ident.span());
        self.unconditional(&place, &what, attributes);
        self.plain_signature(&place, &what, signature);
        let mut params = Vec::new();
        for input in &signature.inputs {
            match input {
                FnArg::Receiver(receiver) => {
                    if !matches!(receiver.kind, ReceiverKind::Reference(_, None, None)) {
                        let reason = "a method takes `&self`: objects are shared, and closed by their owner";
                        self.problems.add(place.clone(), &what, reason);
                    }
                }
                FnArg::Typed(typed) => {
                    let place = file.place(syn::spanned::Spanned::span(&typed.pat));
                    let Pat::Ident(pattern) = &*typed.pat else {
                        self.problems.add(place, &what, "a parameter has one name, not a pattern");
                        continue;
                    };
                    let name = plain(&pattern.ident);
                    let carried = types::parameter(&typed.ty, &self.kinds);
                    let (ty, by_reference) = carried.unwrap_or_else(|reason| {
                        self.problems.add(place, &what, format!("parameter `{name}`: {reason}"));
                        (Ty::Unit, false)
                    });
                    params.push(Field { name, doc: Doc::default(), ty, by_reference });
                }
            }
        }
        let (returns, fallible) =
            types::returned(&signature.output, owner, &self.kinds).unwrap_or_else(|reason| {
                let place = match &signature.output {
                    ReturnType::Type(_, ty) => file.place(syn::spanned::Spanned::span(ty)),
                    ReturnType::Default => place.clone(),
                };
                self.problems.add(place, &what, format!("what it returns: {reason}"));
                (Ty::Unit, true)
            });
        let doc = self.doc(file, place, attributes, (owner, Some(&name)));
        Method { name, doc, params, returns, fallible }
    }

    fn plain_signature(&mut self, place: &Place, what: &str, signature: &Signature) {
        let takes_image = signature
            .inputs
            .iter()
            .any(|input| matches!(input, FnArg::Typed(typed) if types::is_image(&typed.ty)));
        let generics = &signature.generics;
        let lifetimes_only =
            generics.params.iter().all(|parameter| matches!(parameter, GenericParam::Lifetime(_)));
        if !lifetimes_only || generics.where_clause.is_some() || (!takes_image && !generics.params.is_empty())
        {
            let reason = "it is generic; a method has no more than the lifetime of its images";
            self.problems.add(place.clone(), what, reason);
        }
        if signature.asyncness.is_some() {
            self.problems.add(place.clone(), what, "it is `async`; return a job to be polled");
        }
        if signature.abi.is_some() || !matches!(signature.safety, Safety::Default) {
            self.problems.add(place.clone(), what, "it is `unsafe` or `extern`");
        }
    }
}
