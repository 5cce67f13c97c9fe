//! Folds batch normalisation into the depthwise convolution before it, so that a PRelu after it can take the
//! convolution apart.
//!
//! `BatchNormalization(x) = (x − mean) · gamma / √(variance + epsilon) + beta` per channel, which scales a
//! filter and shifts its bias. Computed in f64 and rounded once. Runtimes fold the other convolutions
//! themselves.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Budget;
use super::onnx::{Graph, Node};
use super::tensor::Tensor;
use crate::Result;

/// ONNX's default for the attribute `epsilon`.
const DEFAULT_EPSILON: f32 = 1e-5;

/// The new weights of a convolution that takes over the normalisation after it.
struct Folded {
    dims: Vec<usize>,
    weights: Vec<f32>,
    biases: Vec<f32>,
    output: String,
}

/// Folds each normalisation in inference mode that alone reads a depthwise convolution with constant weights.
pub(super) fn fold_into_depthwise(
    graph: &mut Graph<'_>,
    overridable: bool,
    budget: &mut Budget,
) -> Result<()> {
    let constants = graph.constants(overridable)?;
    let readers = graph.readers();
    let mut folds = BTreeMap::new();
    let mut removed = BTreeSet::new();
    for (index, conv) in graph.nodes.iter().enumerate() {
        let Some(output) = conv.sole_output().filter(|&output| !graph.pinned.contains(output)) else {
            continue;
        };
        let Some(&[next]) = readers.get(output).map(Vec::as_slice) else { continue };
        let norm = &graph.nodes[next];
        if !is_depthwise(conv, &constants)? || !norm.is("BatchNormalization") || norm.input(0) != Some(output)
        {
            continue;
        }
        if let Some(folded) = folded(conv, norm, &constants, budget)? {
            folds.insert(index, folded);
            removed.insert(next);
        }
    }
    drop((constants, readers));
    for (index, Folded { dims, weights, biases, output }) in folds {
        let weight = graph.add_constant(&format!("{output}/weight"), &dims, weights);
        let bias = graph.add_constant(&format!("{output}/bias"), &[biases.len()], biases);
        let conv = &graph.nodes[index];
        graph.nodes[index] = conv.copy(&[&conv.inputs[0], &weight, &bias], &output)?;
    }
    let mut index = 0..;
    graph.nodes.retain(|_| index.next().is_none_or(|index| !removed.contains(&index)));
    Ok(())
}

/// Whether `node` convolves each channel by itself, with a constant weight over two axes.
pub(super) fn is_depthwise(node: &Node<'_>, constants: &BTreeMap<String, Tensor<'_>>) -> Result<bool> {
    let weight = node.input(1).and_then(|name| constants.get(name));
    let (true, Some(weight)) = (node.is("Conv") && node.input(0).is_some(), weight) else { return Ok(false) };
    let &[channels, 1, height, width] = &weight.dims[..] else { return Ok(false) };
    let groups = node.integer("group")?.unwrap_or(1);
    Ok(usize::try_from(groups) == Ok(channels) && channels > 0 && height > 0 && width > 0)
}

fn folded(
    conv: &Node<'_>,
    norm: &Node<'_>,
    constants: &BTreeMap<String, Tensor<'_>>,
    budget: &mut Budget,
) -> Result<Option<Folded>> {
    let training = norm.integer("training_mode")?.unwrap_or(0) != 0;
    let (Some(output), Some(weight)) = (norm.sole_output(), constants.get(&conv.inputs[1])) else {
        return Ok(None);
    };
    let channels = weight.dims[0];
    let per_channel = |node: &Node<'_>, index| -> Result<Option<Cow<'_, [f32]>>> {
        let tensor = node.input(index).and_then(|name| constants.get(name));
        Ok(tensor.map(Tensor::floats).transpose()?.flatten().filter(|values| values.len() == channels))
    };
    let biases = match conv.input(2) {
        None => Some(vec![0.0; channels]),
        Some(_) => per_channel(conv, 2)?.map(Cow::into_owned),
    };
    let parameters =
        (per_channel(norm, 1)?, per_channel(norm, 2)?, per_channel(norm, 3)?, per_channel(norm, 4)?);
    let (false, Some(mut biases), (Some(gamma), Some(beta), Some(mean), Some(variance))) =
        (training, biases, parameters)
    else {
        return Ok(None);
    };
    budget.spend(weight.len())?;
    let Some(mut weights) = weight.floats()?.map(Cow::into_owned) else { return Ok(None) };
    let epsilon = f64::from(norm.float("epsilon")?.unwrap_or(DEFAULT_EPSILON));
    let kernel = weights.len() / channels;
    for (channel, filter) in weights.chunks_exact_mut(kernel).enumerate() {
        let scale = f64::from(gamma[channel]) / (f64::from(variance[channel]) + epsilon).sqrt();
        filter.iter_mut().for_each(|weight| *weight = (f64::from(*weight) * scale) as f32);
        let shift = f64::from(biases[channel]) - f64::from(mean[channel]);
        biases[channel] = (shift * scale + f64::from(beta[channel])) as f32;
    }
    Ok(Some(Folded { dims: weight.dims.clone(), weights, biases, output: output.to_owned() }))
}
