//! Takes large weights out of a model, for a runtime whose sessions are to share them.

use std::collections::BTreeSet;

use super::onnx::{Graph, ValueInfo};
use crate::Result;

/// A constant of 32-bit floats that left its model: an input of that name takes it.
pub(crate) struct DetachedWeight {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    /// In row-major order.
    pub(crate) values: Vec<f32>,
}

/// Turns the float initializers with at least `least_values` values that only matrix products read into inputs.
///
/// Fed at each call, they stand in memory once for all sessions, are neither parsed nor rearranged, and cost a
/// product with one row nothing: the runtime's kernel for it reads them as they are. Other operators' weights are
/// rearranged by the runtime while it optimises the graph, so taking out the originals would save nothing.
///
/// # Errors
/// `InvalidModel` where a tensor does not hold what its sizes say.
pub(super) fn detach(graph: &mut Graph<'_>, least_values: usize) -> Result<Vec<DetachedWeight>> {
    let detachable: BTreeSet<String> = {
        let readers = graph.readers();
        let is_product = |&node: &usize| ["Gemm", "MatMul"].iter().any(|op| graph.nodes[node].is(op));
        let large = graph.initializers.iter().filter(|tensor| {
            tensor.is_float() && tensor.len() >= least_values && !graph.pinned.contains(&tensor.name)
        });
        large
            .map(|tensor| &tensor.name)
            .filter(|name| readers.get(name.as_str()).is_some_and(|nodes| nodes.iter().all(is_product)))
            .cloned()
            .collect()
    };
    let mut detached = Vec::new();
    for tensor in std::mem::take(&mut graph.initializers) {
        if !detachable.contains(&tensor.name) {
            graph.initializers.push(tensor);
            continue;
        }
        let (name, shape) = (tensor.name.clone(), tensor.dims.clone());
        let Some(values) = tensor.into_floats()? else { continue };
        graph.inputs.retain(|input| input.name != name);
        graph.inputs.push(ValueInfo::floats(&name, &shape));
        detached.push(DetachedWeight { name, shape, values });
    }
    Ok(detached)
}

#[cfg(test)]
mod tests {
    use super::super::onnx::Model;
    use super::super::tensor::Tensor;
    use super::super::testing::{Builder, inputs, quantized};
    use super::super::{GraphOptions, optimize_and_detach};

    #[test]
    fn large_matrices_become_inputs_and_nothing_else_does() {
        let model = Builder::new(21)
            .input("image", &[1, 2])
            .initializer(quantized("q", &[2, 6], 3, &[1; 12]))
            .initializer(Tensor::new("s", &[], [0.5]))
            .initializer(Tensor::new("small", &[6, 1], [1.0; 6]))
            .initializer(Tensor::new("kept", &[12], [1.0; 12]))
            .initializer(Tensor::new("leaves", &[1, 12], [1.0; 12]))
            .node("DequantizeLinear", &["q", "s"], &["w"], &[])
            .node("MatMul", &["image", "w"], &["six"], &[])
            .node("Gemm", &["six", "small"], &["one"], &[])
            .node("Add", &["one", "kept"], &["out"], &[])
            .node("MatMul", &["one", "leaves"], &["twelve"], &[])
            .output("out", &[1, 12])
            .output("twelve", &[1, 12])
            .output("leaves", &[1, 12])
            .build();
        let (rewritten, weights) =
            optimize_and_detach(&model, &GraphOptions::default(), 12).expect("a good model");
        assert_eq!(inputs(&rewritten), ["image", "w"]);
        let [weight] = &weights[..] else { panic!("one weight is large and read by a product only") };
        assert_eq!((weight.name.as_str(), weight.shape.as_slice()), ("w", &[2, 6][..]));
        assert_eq!(weight.values, [0.5; 12]);
        let read = Model::parse(&rewritten).expect("a good model");
        let left: Vec<_> = read.graph.initializers.iter().map(|tensor| tensor.name.as_str()).collect();
        assert_eq!(left, ["small", "kept", "leaves"]);
        let declared = read.graph.inputs[1].shape().expect("well formed").expect("declared");
        assert_eq!(declared, [Some(2), Some(6)]);
    }
}
