//! The large weights of a model, for a runtime whose sessions can share them.

use super::onnx::Model;
use crate::Result;

/// A constant of 32-bit floats.
pub(crate) struct LargeWeight {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

/// The float initializers with at least `least_values` values that only matrix products read.
///
/// Other operators' weights are rearranged by the runtime while it optimises the graph, so that sharing the
/// originals would save nothing.
///
/// # Errors
/// `InvalidModel` where the bytes are not an ONNX model.
pub(crate) fn large_matrix_weights(model: &[u8], least_values: usize) -> Result<Vec<LargeWeight>> {
    let model = Model::parse(model)?;
    let readers = model.graph.readers();
    let mut weights = Vec::new();
    for tensor in model.graph.initializers.iter().filter(|tensor| tensor.len() >= least_values) {
        let only_products = readers.get(tensor.name.as_str()).is_some_and(|nodes| {
            nodes.iter().all(|&node| ["Gemm", "MatMul"].iter().any(|op| model.graph.nodes[node].is(op)))
        });
        if let Some(values) = tensor.floats()?.filter(|_| only_products) {
            weights.push(LargeWeight { name: tensor.name.clone(), shape: tensor.dims.clone(), values });
        }
    }
    Ok(weights)
}
