//! A crate that looks like the core with a given API and does nothing: the Rust side is compiled against it.

use crate::generate::model::{Api, Method, Ty};

/// What does not depend on the API.
const FRAME: &str = r#"
#[derive(Debug)]
pub struct Error;
pub type Result<T, E = Error> = std::result::Result<T, E>;
impl Error {
    pub fn new(_kind: ErrorKind, _message: impl Into<String>) -> Self { Self }
    pub fn kind(&self) -> ErrorKind { ErrorKind::Internal }
    pub fn message(&self) -> &str { "" }
    pub fn vendor_code(&self) -> Option<&str> { None }
    pub fn check_code(&self) -> Option<u32> { None }
    pub fn trace_id(&self) -> Option<&str> { None }
    pub fn retryable(&self) -> bool { false }
}
pub mod boundary {
    use super::Result;
    use std::{any::Any, sync::Arc};
    pub struct Handles;
    impl Handles {
        pub fn insert<T: Any + Send + Sync>(&self, _object: T) -> u64 { panic!() }
        pub fn get<T: Any + Send + Sync>(&self, _handle: u64) -> Result<Arc<T>> { panic!() }
        pub fn close<T: Any + Send + Sync>(&self, _handle: u64) -> Result<()> { panic!() }
    }
    pub fn handles() -> &'static Handles { &Handles }
    pub fn guard<T>(work: impl FnOnce() -> Result<T>) -> Result<T> { work() }
    pub fn set_package_folder(_folder: std::path::PathBuf) {}
}
pub mod api {
    pub use super::api_of_the_test::*;
    pub struct Sensitive(String);
    impl Sensitive { pub fn expose(&self) -> &str { &self.0 } }
    impl From<String> for Sensitive { fn from(text: String) -> Self { Self(text) } }
    impl From<&str> for Sensitive { fn from(text: &str) -> Self { Self(text.to_owned()) } }
    pub struct PixelView<'a> { pub data: &'a [u8], pub width: u32, pub height: u32, pub stride: usize, pub format: PixelFormat }
    pub enum ImageInput<'a> { Encoded(&'a [u8]), Path(&'a std::path::Path), Pixels(PixelView<'a>) }
    impl<'a> From<&'a [u8]> for ImageInput<'a> { fn from(bytes: &'a [u8]) -> Self { Self::Encoded(bytes) } }
    impl<'a> From<&'a std::path::Path> for ImageInput<'a> { fn from(path: &'a std::path::Path) -> Self { Self::Path(path) } }
}
pub use api_of_the_test::ErrorKind;
"#;

/// The crate's source.
pub(super) fn core(api: &Api) -> String {
    let mut text =
        FRAME.to_owned() + "mod api_of_the_test {\nuse super::{Result, api::{ImageInput, Sensitive}};\n";
    for item in &api.enums {
        let variants: Vec<_> =
            item.variants.iter().map(|variant| format!("{} = {}", variant.name, variant.value)).collect();
        text += "#[derive(Clone, Copy)] #[repr(i32)] #[non_exhaustive] ";
        text += &format!("pub enum {} {{ {} }}\n", item.name, variants.join(", "));
    }
    for record in &api.records {
        let fields: Vec<_> =
            record.fields.iter().map(|field| format!("pub {}: {}", field.name, owned(&field.ty))).collect();
        if record.open {
            text += "#[non_exhaustive] ";
        }
        text += &format!("pub struct {} {{ {} }}\n", record.name, fields.join(", "));
        if record.default {
            text += &format!("impl Default for {} {{ fn default() -> Self {{ panic!() }} }}\n", record.name);
        }
    }
    for object in &api.objects {
        text += &format!("pub struct {};\nimpl {} {{\n", object.name, object.name);
        object.constructors.iter().for_each(|method| text += &function(method, false));
        object.methods.iter().for_each(|method| text += &function(method, true));
        text += "}\n";
    }
    api.functions.iter().for_each(|method| text += &function(method, false));
    text + "}\n"
}

/// The little that is used of the crate libc.
pub(super) const LIBC: &str = "
#[repr(C)] pub struct Dl_info { pub dli_fname: *const core::ffi::c_char }
pub unsafe fn dladdr(_address: *const core::ffi::c_void, _info: *mut Dl_info) -> i32 { 0 }
";

fn function(method: &Method, on_object: bool) -> String {
    let mut params: Vec<String> = if on_object { vec!["&self".to_owned()] } else { Vec::new() };
    for param in &method.params {
        params.push(format!("_{}: {}", param.name, taken(&param.ty, param.by_reference)));
    }
    let returns = owned(&method.returns);
    format!("pub fn {}({}) -> Result<{returns}> {{ panic!() }}\n", method.name, params.join(", "))
}

fn owned(ty: &Ty) -> String {
    match ty {
        Ty::Unit => "()".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::U32 => "u32".to_owned(),
        Ty::U64 => "u64".to_owned(),
        Ty::F32 => "f32".to_owned(),
        Ty::F64 => "f64".to_owned(),
        Ty::Text => "String".to_owned(),
        Ty::Sensitive => "Sensitive".to_owned(),
        Ty::Path => "std::path::PathBuf".to_owned(),
        Ty::Bytes => "Vec<u8>".to_owned(),
        Ty::Floats => "Vec<f32>".to_owned(),
        Ty::Image => "impl Into<ImageInput<'static>>".to_owned(),
        Ty::Enum(name) | Ty::Record(name) | Ty::Object(name) => name.clone(),
        Ty::List(item) => format!("Vec<{}>", owned(item)),
        Ty::Option(inner) => format!("Option<{}>", owned(inner)),
    }
}

fn taken(ty: &Ty, by_reference: bool) -> String {
    match ty {
        Ty::Text => "&str".to_owned(),
        Ty::Path => "&std::path::Path".to_owned(),
        Ty::Bytes => "&[u8]".to_owned(),
        Ty::Floats => "&[f32]".to_owned(),
        Ty::List(item) => format!("&[{}]", owned(item)),
        Ty::Option(inner) => format!("Option<{}>", taken(inner, by_reference)),
        other if by_reference => format!("&{}", owned(other)),
        other => owned(other),
    }
}
