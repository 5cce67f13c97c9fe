//! Folds dequantised constants into float initializers.
//!
//! `DequantizeLinear` is `(x − zero_point) · scale`, with one scale for all, one per index of an axis, or one per
//! block along an axis: <https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html>. The difference is exact
//! and the product is rounded once, in f32, as the runtimes do: the weights have the same bits.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Budget;
use super::onnx::{Graph, Node};
use super::tensor::{Tensor, element_count, kind};
use crate::Result;

/// A folded weight: its sizes and its values in row-major order.
struct Weight {
    dims: Vec<usize>,
    values: Vec<f32>,
}

/// Replaces each `DequantizeLinear` of constants, and each `Reshape` of its result, by an initializer of the
/// same name. Nodes of a layout that is not understood stay.
pub(super) fn fold_weights(graph: &mut Graph<'_>, overridable: bool, budget: &mut Budget) -> Result<()> {
    let constants = graph.constants(overridable)?;
    let readers = graph.readers();
    let mut folded = BTreeMap::<String, Weight>::new();
    let mut removed = BTreeSet::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let Some(output) = node.sole_output().filter(|&output| !graph.pinned.contains(output)) else {
            continue;
        };
        let weight = if node.is("DequantizeLinear") {
            dequantized(node, &constants, budget)?
        } else if node.is("Reshape") {
            reshaped(node, &constants, &readers, &mut folded, budget)?
        } else {
            None
        };
        if let Some(weight) = weight {
            folded.insert(output.to_owned(), weight);
            removed.insert(index);
        }
    }
    drop((constants, readers));
    let mut index = 0..;
    graph.nodes.retain(|_| index.next().is_none_or(|index| !removed.contains(&index)));
    // Such an input cannot be fed: a node had its name. With the node gone it would look like a default.
    graph.inputs.retain(|input| !folded.contains_key(&input.name));
    for (name, weight) in folded {
        graph.initializers.push(Tensor::new(&name, &weight.dims, weight.values));
    }
    Ok(())
}

fn dequantized(
    node: &Node<'_>,
    constants: &BTreeMap<String, Tensor<'_>>,
    budget: &mut Budget,
) -> Result<Option<Weight>> {
    let constant = |index| node.input(index).map(|name| constants.get(name));
    let (Some(Some(quantized)), Some(Some(scale))) = (constant(0), constant(1)) else { return Ok(None) };
    if quantized.len() == 0 {
        return Ok(None);
    }
    // Outer `None`: left out, so zero. Inner `None`: not a constant.
    let zero_point = match constant(2) {
        None => None,
        Some(Some(zero_point)) if zero_point.kind == quantized.kind && zero_point.dims == scale.dims => {
            Some(zero_point)
        }
        Some(_) => return Ok(None),
    };
    let Some(layout) = Layout::of(node, &quantized.dims, &scale.dims)? else { return Ok(None) };
    budget.spend(quantized.len())?;
    let Some(scales) = scale.floats()? else { return Ok(None) };
    let zeros = match zero_point {
        Some(zero_point) => zero_point.integers()?,
        None => Some(vec![0; scales.len()]),
    };
    let Some(zeros) = zeros else { return Ok(None) };
    // The large weights are 8-bit, stored raw: those are read in place.
    let values = match (quantized.raw_bytes()?, quantized.kind) {
        (Some(bytes), kind::INT8) => {
            layout.apply(bytes, |byte| i32::from(byte.cast_signed()), &zeros, &scales)
        }
        (Some(bytes), _) => layout.apply(bytes, i32::from, &zeros, &scales),
        (None, _) => {
            let Some(integers) = quantized.integers()? else { return Ok(None) };
            layout.apply(&integers, |integer| integer, &zeros, &scales)
        }
    };
    Ok(Some(Weight { dims: quantized.dims.clone(), values }))
}

/// How elements find their scale: the tensor as `outer` × `axis` × `inner`, the axis cut in blocks.
struct Layout {
    outer: usize,
    axis: usize,
    inner: usize,
    block: usize,
    /// Steps in the scale tensor per outer index, per block and per inner index.
    steps: [usize; 3],
}

impl Layout {
    /// The layout for a tensor of sizes `dims` with scales of sizes `scale`, `None` where they do not fit.
    fn of(node: &Node<'_>, dims: &[usize], scale: &[usize]) -> Result<Option<Self>> {
        let axis = node.integer("axis")?.unwrap_or(1);
        let block = node.integer("block_size")?.unwrap_or(0);
        // One scale for all, however it is written: this is where ONNX Runtime stumbles over biases in one block.
        if scale.len() <= dims.len().max(1) && element_count(scale) == Some(1) {
            let len = dims.iter().product();
            return Ok(Some(Self { outer: 1, axis: len, inner: 1, block: len.max(1), steps: [0; 3] }));
        }
        let axis = if axis < 0 { axis.saturating_add(dims.len() as i64) } else { axis };
        let Some(axis) = usize::try_from(axis).ok().filter(|&axis| axis < dims.len()) else {
            return Ok(None);
        };
        let outer = dims[..axis].iter().product();
        let inner = dims[axis + 1..].iter().product();
        let len = dims[axis];
        if block == 0 {
            let fits = scale == [len];
            return Ok(fits.then_some(Self { outer, axis: len, inner, block: 1, steps: [0, 1, 0] }));
        }
        let Some(block) = usize::try_from(block).ok() else { return Ok(None) };
        let blocks = len.div_ceil(block);
        let expected = dims.iter().enumerate().map(|(at, &size)| if at == axis { blocks } else { size });
        let steps = [blocks * inner, inner, 1];
        Ok(scale.iter().copied().eq(expected).then_some(Self { outer, axis: len, inner, block, steps }))
    }

    /// Each element's distance from its zero, times its scale.
    fn apply<T: Copy>(
        &self,
        elements: &[T],
        integer: impl Fn(T) -> i32,
        zeros: &[i32],
        scales: &[f32],
    ) -> Vec<f32> {
        let mut values = Vec::with_capacity(elements.len());
        self.for_each_run(|run, position| {
            let (zero, scale) = (i64::from(zeros[position]), scales[position]);
            let value = |&element| (i64::from(integer(element)) - zero) as f32 * scale;
            values.extend(elements[run].iter().map(value));
        });
        values
    }

    /// Calls `visit` with each run of elements that share a scale, in order, and the index of that scale.
    fn for_each_run(&self, mut visit: impl FnMut(Range<usize>, usize)) {
        let [outer_step, block_step, inner_step] = self.steps;
        let mut element = 0;
        for outer in 0..self.outer {
            for (block, start) in (0..self.axis).step_by(self.block).enumerate() {
                let size = self.block.min(self.axis - start);
                let first = outer * outer_step + block * block_step;
                if inner_step == 0 || self.inner == 1 {
                    let end = element + size * self.inner;
                    visit(element..end, first);
                    element = end;
                    continue;
                }
                for _ in 0..size {
                    for inner in 0..self.inner {
                        visit(element..element + 1, first + inner * inner_step);
                        element += 1;
                    }
                }
            }
        }
    }
}

fn reshaped(
    node: &Node<'_>,
    constants: &BTreeMap<String, Tensor<'_>>,
    readers: &BTreeMap<&str, Vec<usize>>,
    folded: &mut BTreeMap<String, Weight>,
    budget: &mut Budget,
) -> Result<Option<Weight>> {
    let (Some(data), Some(shape)) = (node.input(0), node.input(1)) else { return Ok(None) };
    let (Some(weight), Some(shape)) = (folded.get(data), constants.get(shape)) else { return Ok(None) };
    let Some(shape) = shape.long_integers()? else { return Ok(None) };
    let zero_is_size = node.integer("allowzero")?.unwrap_or(0) != 0;
    let Some(dims) = target_dims(&shape, &weight.dims, zero_is_size) else { return Ok(None) };
    if readers.get(data).is_some_and(|readers| readers.len() == 1) {
        return Ok(folded.remove(data).map(|weight| Weight { dims, ..weight }));
    }
    budget.spend(weight.values.len())?;
    Ok(Some(Weight { dims, values: weight.values.clone() }))
}

/// The sizes that `Reshape` to `shape` gives, `None` where it would fail. A 0 copies a size unless
/// `zero_is_size`, and one −1 takes what is left.
fn target_dims(shape: &[i64], from: &[usize], zero_is_size: bool) -> Option<Vec<usize>> {
    let count = element_count(from)?;
    let mut dims = Vec::with_capacity(shape.len());
    let mut inferred = None;
    for (axis, &size) in shape.iter().enumerate() {
        dims.push(match size {
            -1 if inferred.is_none() => {
                inferred = Some(axis);
                1
            }
            0 if !zero_is_size => *from.get(axis)?,
            size => usize::try_from(size).ok()?,
        });
    }
    if let Some(axis) = inferred {
        dims[axis] = count.checked_div(element_count(&dims)?)?;
    }
    (element_count(&dims) == Some(count)).then_some(dims)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Builder, float_initializer, quantized};
    use super::super::{GraphOptions, optimize};
    use super::*;

    /// Folds one dequantised weight of sizes `dims` and compares each value with the formula in f64.
    fn check(
        dims: &[usize],
        scale_dims: &[usize],
        kind: i64,
        axis: i64,
        block: i64,
        scale_of: fn(&[usize]) -> usize,
    ) {
        let (low, high) = match kind {
            2 => (0, 255),
            3 => (-128, 127),
            21 => (0, 15),
            _ => (-8, 7),
        };
        let count: usize = dims.iter().product();
        let scale_count: usize = scale_dims.iter().product();
        let integers: Vec<i32> = (0..count as i32).map(|n| low + (n * 37) % (high - low + 1)).collect();
        let zeros: Vec<i32> =
            (0..scale_count as i32).map(|n| low + (n * 11 + 3) % (high - low + 1)).collect();
        let scales: Vec<f32> = (0..scale_count).map(|n| 0.013 + 0.7 * n as f32).collect();
        let model = Builder::new(21)
            .input("image", &[1, 3])
            .initializer(quantized("q", dims, kind, &integers))
            .initializer(Tensor::new("s", scale_dims, scales.as_slice()))
            .initializer(quantized("z", scale_dims, kind, &zeros))
            .node(
                "DequantizeLinear",
                &["q", "s", "z"],
                &["w"],
                &[("axis", &[axis]), ("block_size", &[block])],
            )
            .node("Custom", &["image", "w"], &["out"], &[])
            .output("out", &[1, 3])
            .build();
        let rewritten = optimize(&model, &GraphOptions::default()).expect("a good model");
        let (found_dims, values) = float_initializer(&rewritten, "w").expect("the weight is folded");
        assert_eq!(found_dims, dims);
        for (element, &value) in values.iter().enumerate() {
            let mut position = vec![0; dims.len()];
            let mut rest = element;
            for at in (0..dims.len()).rev() {
                position[at] = rest % dims[at];
                rest /= dims[at];
            }
            let at = scale_of(&position);
            let exact = f64::from(integers[element] - zeros[at]) * f64::from(scales[at]);
            assert_eq!(value, exact as f32, "element {element}");
        }
        let again = Model::parse(&rewritten).expect("a good model");
        assert_eq!(again.graph.initializers.len(), 1, "the quantised parts are gone");
    }
    use super::super::onnx::Model;

    #[test]
    fn every_scale_layout_is_folded_to_the_bit() {
        check(&[2, 3, 4], &[], 3, 1, 0, |_| 0);
        check(&[2, 3, 4], &[1], 2, 1, 0, |_| 0);
        check(&[2, 3, 4], &[3], 3, 1, 0, |at| at[1]);
        check(&[2, 3, 4], &[4], 2, -1, 0, |at| at[2]);
        check(&[4, 18], &[4, 2], 3, 1, 9, |at| at[0] * 2 + at[1] / 9);
        check(&[4, 18], &[4, 3], 2, 1, 7, |at| at[0] * 3 + at[1] / 7);
        check(&[6, 5], &[2, 5], 3, 0, 3, |at| at[0] / 3 * 5 + at[1]);
        check(&[2, 6, 3], &[2, 3, 3], 3, -2, 2, |at| at[0] * 9 + at[1] / 2 * 3 + at[2]);
        check(&[128], &[2], 3, 0, 64, |at| at[0] / 64);
        check(&[3, 5], &[3], 21, 0, 0, |at| at[0]);
        check(&[3, 5], &[3], 22, 0, 0, |at| at[0]);
    }

    #[test]
    fn one_block_that_the_runtime_refuses_is_folded() {
        check(&[64], &[1], 3, 0, 64, |_| 0);
        check(&[1, 64], &[1, 1], 3, 1, 64, |_| 0);
    }

    #[test]
    fn a_reshape_after_it_is_folded_too() {
        let model = Builder::new(21)
            .input("image", &[1, 3])
            .initializer(quantized("q", &[2, 6], 3, &[1; 12]))
            .initializer(Tensor::new("s", &[], [0.5]))
            .long_integers("shape", &[0, -1, 1, 2])
            .node("DequantizeLinear", &["q", "s"], &["flat"], &[])
            .node("Reshape", &["flat", "shape"], &["w"], &[])
            .node("Custom", &["image", "w"], &["out"], &[])
            .output("out", &[1, 3])
            .build();
        let rewritten = optimize(&model, &GraphOptions::default()).expect("a good model");
        let found = float_initializer(&rewritten, "w").expect("the weight is folded");
        assert_eq!(found, (vec![2, 3, 1, 2], vec![0.5; 12]));
    }

    #[test]
    fn what_is_not_constant_or_not_understood_stays_as_it_is() {
        let model = Builder::new(21)
            .input("image", &[1, 3])
            .initializer(quantized("q", &[2, 6], 3, &[1; 12]))
            .initializer(Tensor::new("s", &[5], [0.5; 5]))
            .node("DequantizeLinear", &["q", "s"], &["odd"], &[])
            .node("DequantizeLinear", &["image", "s"], &["moving"], &[])
            .node("Custom", &["odd", "moving"], &["out"], &[])
            .output("out", &[1, 3])
            .build();
        assert_eq!(optimize(&model, &GraphOptions::default()).expect("a good model"), model);
    }

    #[test]
    fn a_file_that_would_fill_the_memory_is_refused() {
        let mut builder = Builder::new(21)
            .input("image", &[1, 3])
            .initializer(quantized("q", &[1 << 16], 3, &[1; 1 << 16]))
            .initializer(Tensor::new("s", &[], [0.5]));
        let names: Vec<_> = (0..100).map(|n| format!("w{n}")).collect();
        for name in &names {
            builder = builder.node("DequantizeLinear", &["q", "s"], &[name], &[]);
        }
        let inputs: Vec<_> = std::iter::once("image").chain(names.iter().map(String::as_str)).collect();
        let model = builder.node("Custom", &inputs, &["out"], &[]).output("out", &[1]).build();
        assert!(optimize(&model, &GraphOptions::default()).is_err());
    }

    #[test]
    fn sizes_of_a_reshape() {
        assert_eq!(target_dims(&[-1, 2], &[3, 4], false), Some(vec![6, 2]));
        assert_eq!(target_dims(&[0, 0], &[3, 4], false), Some(vec![3, 4]));
        assert_eq!(target_dims(&[-1, -1], &[3, 4], false), None);
        assert_eq!(target_dims(&[5, -1], &[3, 4], false), None);
        assert_eq!(target_dims(&[0, -1], &[0, 4], true), None);
        assert_eq!(target_dims(&[i64::MAX, i64::MAX], &[3, 4], false), None);
    }
}
