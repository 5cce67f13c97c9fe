//! Rewrites ONNX graphs exactly, in memory: what a model computes stays the same, how fast it does so does not.
//!
//! The compact model files that ship hold block-quantised weights and stale inputs, which ONNX Runtime refuses,
//! and PRelu layers, on which it spends most of an embedding's time. [`optimize`] makes them loadable and fast.
//! The same bytes and options always give the same bytes. Operators that are not understood stay as they are.

mod batch_norm;
mod cleanup;
mod fold;
mod onnx;
mod prelu;
mod shape;
mod tensor;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod weights;
mod wire;

use crate::Result;
use onnx::Model;
pub(crate) use weights::DetachedWeight;

/// The version of ONNX's file format from which initializers need not be listed as inputs.
const IR_WITHOUT_INITIALIZER_INPUTS: i64 = 4;

/// What [`optimize`] may change. The default is every rewrite that keeps the model's interface and results.
///
/// For a runtime that gains nothing from the PRelu rewrite (OpenCV does not), switch it off:
/// `GraphOptions { rewrite_prelu: false, ..GraphOptions::default() }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GraphOptions {
    /// Drops inputs that no caller has to feed (those that are initializers too, and those that nothing reads)
    /// and constants that nothing reads.
    ///
    /// Off, an initializer that is listed as an input stays a default that callers may override, so it is not
    /// folded either.
    pub drop_stale_inputs: bool,
    /// Turns `DequantizeLinear` of constants (per tensor, per axis or in blocks; 8-bit, 4-bit or 32-bit integers
    /// with float scales) and a `Reshape` after it into float initializers.
    pub fold_quantized_weights: bool,
    /// Removes `Dropout`, which does nothing in inference, where its mask is not used.
    pub strip_dropout: bool,
    /// Expresses `PRelu` with a constant slope per channel through convolutions and `Relu`, which ONNX Runtime
    /// runs about twice as fast. Equal up to rounding (one part in a million of the layer's values).
    pub rewrite_prelu: bool,
    /// Which sizes the caller chooses at each call.
    pub dynamic_inputs: DynamicShape,
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self {
            drop_stale_inputs: true,
            fold_quantized_weights: true,
            strip_dropout: true,
            rewrite_prelu: true,
            dynamic_inputs: DynamicShape::default(),
        }
    }
}

/// Sizes of inputs and outputs to declare as free. The default frees none.
///
/// This edits declarations only: a graph with sizes written into its operators (a `Reshape` to `[1, 256]`, say)
/// then fails or errs at run time, so ask for what the model is known to bear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DynamicShape {
    /// The first axis of every input and output.
    pub batch: bool,
    /// The axes 2 and 3 of every input with four axes, and every axis but the first of the outputs, since any of
    /// them may depend on the image's size.
    pub height_width: bool,
}

/// Rewrites the ONNX file `model` as `options` say and returns the new file.
///
/// Weights kept in a separate file are not supported. Memory: about twice the size of the result.
///
/// # Errors
/// `InvalidModel` where the bytes are not an ONNX model, or a damaged one (cut off, names that nothing produces,
/// nodes that depend on each other in a circle, tensors that do not match their sizes), where the weights are in
/// another file, or where folding would grow the model beyond reason.
pub fn optimize(model: &[u8], options: &GraphOptions) -> Result<Vec<u8>> {
    Ok(rewrite(model, options)?.encode())
}

/// As [`optimize`], and takes the large matrices out: those with at least `least_values` values are inputs of the
/// new file, to be fed with the values returned.
///
/// # Errors
/// As [`optimize`].
pub(crate) fn optimize_and_detach(
    model: &[u8],
    options: &GraphOptions,
    least_values: usize,
) -> Result<(Vec<u8>, Vec<DetachedWeight>)> {
    let mut model = rewrite(model, options)?;
    let weights = weights::detach(&mut model.graph, least_values)?;
    Ok((model.encode(), weights))
}

fn rewrite<'a>(model: &'a [u8], options: &GraphOptions) -> Result<Model<'a>> {
    let mut budget = Budget::new(model.len());
    let mut model = Model::parse(model)?;
    // Before version 4 initializers had to be listed as inputs and were constants all the same.
    let overridable = !options.drop_stale_inputs && model.ir_version >= IR_WITHOUT_INITIALIZER_INPUTS;
    let used_before = model.graph.used_names();
    if options.strip_dropout {
        cleanup::strip_dropout(&mut model, overridable)?;
    }
    if options.fold_quantized_weights {
        fold::fold_weights(&mut model.graph, overridable, &mut budget)?;
    }
    if options.rewrite_prelu {
        prelu::rewrite(&mut model, overridable, &mut budget)?;
    }
    let orphaned = |name: &str| options.drop_stale_inputs || used_before.contains(name);
    cleanup::drop_unused_constants(&mut model.graph, orphaned);
    if options.drop_stale_inputs {
        cleanup::drop_stale_inputs(&mut model.graph);
    }
    shape::set_dynamic(&mut model.graph, options.dynamic_inputs)?;
    cleanup::drop_stale_value_infos(&mut model.graph, options.dynamic_inputs != DynamicShape::default());
    if cleanup::lists_too_few_inputs(&model.graph) {
        model.ir_version = model.ir_version.max(IR_WITHOUT_INITIALIZER_INPUTS);
    }
    Ok(model)
}

/// How many bytes of new tensors a model may still get, so that a small hostile file cannot fill the memory.
struct Budget {
    left: usize,
}

impl Budget {
    /// 4-bit weights grow eightfold when folded; the rewrites add a little per layer.
    fn new(model_len: usize) -> Self {
        Self { left: model_len.saturating_mul(10).saturating_add(1 << 20) }
    }

    /// Accounts for `count` floats about to be made.
    fn spend(&mut self, count: usize) -> Result<()> {
        let left = count.checked_mul(4).and_then(|bytes| self.left.checked_sub(bytes));
        self.left = left.ok_or_else(|| wire::malformed("its weights would grow more than tenfold"))?;
        Ok(())
    }
}
