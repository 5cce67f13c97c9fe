//! What is known of each model: its file, its hash and how its input is prepared.

use crate::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The manifest of the models and runtime that this release is made for.
const BUILT_IN: &str = include_str!("../../../../models/manifest.toml");

/// The models of an engine, and the runtime they were tested with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format: 1.
    pub format: u32,
    /// The ONNX Runtime library.
    pub runtime: RuntimeEntry,
    /// The models, one per kind.
    #[serde(rename = "model")]
    pub models: Vec<ModelEntry>,
}

/// The pinned ONNX Runtime library.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeEntry {
    /// The package's name.
    pub name: String,
    /// Version, such as `1.28.0`.
    pub version: String,
    /// File name of the library.
    pub file: String,
    /// Licence, as an SPDX expression.
    pub licence: String,
    /// Where the library comes from.
    pub source: String,
    /// SHA-256 of the file, in lower-case hexadecimal, for each system and processor, such as `linux-x86_64`.
    pub sha256: BTreeMap<String, String>,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Finds faces and their landmarks (YuNet's outputs).
    Detector,
    /// Turns an aligned face into a vector.
    Embedder,
}

/// The order of an input's colour planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColourOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// One model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Name and version, stamped into every embedding.
    pub id: String,
    /// What the model is for.
    pub kind: ModelKind,
    /// File name in the model folder.
    pub file: String,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// Licence, as an SPDX expression.
    pub licence: String,
    /// The licence's text, relative to the manifest's project.
    #[serde(default)]
    pub licence_file: String,
    /// Where the model comes from.
    pub source: String,
    /// Name of the graph's input.
    pub input: String,
    /// Order of the input's colour planes.
    pub colour: ColourOrder,
    /// The values that black (0) and white (255) are mapped to.
    pub range: [f32; 2],
    /// Width and height of the input, where the model fixes them.
    pub input_size: Option<[u32; 2]>,
    /// What width and height must be multiples of, where the model leaves them open.
    pub input_multiple: Option<u32>,
    /// Names of the graph's outputs, in the order of their meaning.
    pub outputs: Vec<String>,
    /// Numbers in an embedding.
    pub dimension: Option<u32>,
    /// The cosine from which the model's authors call two faces one person. Kept for the record; decisions
    /// come from the calibration.
    pub threshold_upstream: Option<f64>,
}

impl Manifest {
    /// The manifest of this release.
    ///
    /// # Errors
    /// None in a released build: the text is part of it and tested.
    pub fn built_in() -> Result<Self> {
        Self::parse(BUILT_IN)
    }

    /// Reads a manifest in TOML.
    ///
    /// # Errors
    /// `InvalidModel` where the text is not a manifest of format 1.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |reason: String| {
            Error::new(ErrorKind::InvalidModel, format!("The model manifest is not usable: {reason}."))
        };
        let manifest: Self = toml::from_str(text).map_err(|error| invalid(error.message().to_owned()))?;
        if manifest.format != 1 {
            return Err(invalid(format!(
                "format {} is unknown, this release reads format 1",
                manifest.format
            )));
        }
        for model in &manifest.models {
            model.check().map_err(|reason| invalid(format!("`{}` {reason}", model.id)))?;
        }
        Ok(manifest)
    }

    /// The first model of `kind`.
    ///
    /// # Errors
    /// `InvalidModel` where there is none.
    pub fn model(&self, kind: ModelKind) -> Result<&ModelEntry> {
        self.models.iter().find(|model| model.kind == kind).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidModel,
                format!("The model manifest names no {kind:?} model. Add a [[model]] of that kind."),
            )
        })
    }

    /// The SHA-256 of the runtime library for this platform.
    ///
    /// # Errors
    /// `RuntimeUnavailable` on a platform without one.
    pub fn runtime_sha256(&self) -> Result<&str> {
        let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
        self.runtime.sha256.get(&platform).map(String::as_str).ok_or_else(|| {
            Error::new(
                ErrorKind::RuntimeUnavailable,
                format!("No ONNX Runtime is pinned for {platform}. Set FACEBRIDGE_ORT_LIBRARY to the full path of libonnxruntime 1.28."),
            )
        })
    }
}

/// Outputs of a detector: class, object, box and landmarks at strides 8, 16 and 32.
const DETECTOR_OUTPUTS: usize = 12;

impl ModelEntry {
    /// Whether the engine can prepare this model's input and read its outputs; the reason why not.
    fn check(&self) -> Result<(), String> {
        let side = crate::engine::align::ALIGNED_SIDE as u32;
        match self.kind {
            ModelKind::Detector if self.outputs.len() != DETECTOR_OUTPUTS => Err(format!(
                "needs {DETECTOR_OUTPUTS} outputs: cls, obj, bbox and kps at strides 8, 16 and 32"
            )),
            ModelKind::Embedder if self.outputs.len() != 1 => Err("needs exactly one output".to_owned()),
            ModelKind::Embedder if self.input_size != Some([side, side]) => {
                Err(format!("needs `input_size = [{side}, {side}]`, the size of an aligned face"))
            }
            ModelKind::Embedder
                if !self.dimension.is_some_and(|dimension| (8..=4096).contains(&dimension)) =>
            {
                Err("needs a `dimension` in 8..=4096".to_owned())
            }
            _ if !(self.range[1] - self.range[0]).is_normal() => {
                Err("needs a `range` of two different finite numbers".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_manifest_names_both_models() {
        let manifest = Manifest::built_in().unwrap();
        assert_eq!(manifest.model(ModelKind::Detector).unwrap().colour, ColourOrder::Bgr);
        assert_eq!(manifest.model(ModelKind::Embedder).unwrap().colour, ColourOrder::Rgb);
        assert!(manifest.models.iter().all(|model| model.sha256.len() == 64));
    }

    #[test]
    fn other_formats_are_refused() {
        let error = Manifest::parse(&BUILT_IN.replacen("format = 1", "format = 2", 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
    }
}
