//! Expresses `PRelu` through operators that runtimes fuse.
//!
//! With a slope `a` per channel, PRelu is `x` above zero and `a·x` below. Two identities hold for every `x`:
//!
//! * `PRelu(x) = a·x + Relu((1 − a)·x)` where `a ≤ 1`; where `a > 1`, `−PRelu(x) = −a·x + Relu((a − 1)·x)`,
//! * `PRelu(x) = a·x + (1 − a)·Relu(x)` for any `a`.
//!
//! Both are two terms with a factor per channel, and a factor per channel is a 1×1 depthwise convolution, or
//! goes into the weights of a depthwise convolution that is there already. ONNX Runtime fuses a `Relu` and a sum
//! into the convolution before and keeps its blocked memory layout, which its PRelu kernel breaks. Four forms
//! follow; the first that fits is taken, in the order that was fastest on SFace (one thread, ONNX Runtime 1.28):
//!
//! 1. A depthwise convolution with a stride alone reads the result: it runs twice, on `x` and on `Relu(x)`, with
//!    the factors of the second identity in its weights. Its padding is zeros, and PRelu(0) = 0.
//! 2. A depthwise convolution made `x` for this PRelu alone: it runs twice, with the factors of the first
//!    identity in its weights and biases.
//! 3. The first identity with 1×1 convolutions.
//! 4. The second identity with 1×1 convolutions, which needs a pass of its own for the `Relu`.
//!
//! Forms 2 and 3 need slopes of at most 1, or that the convolution that alone reads the result can turn back the
//! sign of the other channels in its weights.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Budget;
use super::batch_norm::{fold_into_depthwise, is_depthwise};
use super::onnx::{Graph, Model, Names, Node, integer_attribute, integers_attribute};
use super::tensor::Tensor;
use crate::Result;

/// Beyond this the two terms cancel so much that rounding would show.
const MAX_SLOPE: f32 = 16.0;

/// Below this version of the operator set a slope of sizes `[C]` runs along the channels.
const OPSET_WITH_BROADCAST_SLOPE: i64 = 7;

/// Operators that leave the number of axes and the channels of their first input as they are.
const CHANNEL_KEEPING: [&str; 18] = [
    "AveragePool",
    "BatchNormalization",
    "Clip",
    "Dropout",
    "Elu",
    "GlobalAveragePool",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "InstanceNormalization",
    "LeakyRelu",
    "MaxPool",
    "Mish",
    "PRelu",
    "Relu",
    "Sigmoid",
    "Softplus",
    "Tanh",
];

/// Rewrites each `PRelu` with a constant slope per channel on a value of four axes; leaves the others.
pub(super) fn rewrite(model: &mut Model<'_>, overridable: bool, budget: &mut Budget) -> Result<()> {
    let graph = &mut model.graph;
    if !graph.nodes.iter().any(|node| node.is("PRelu")) {
        return Ok(());
    }
    fold_into_depthwise(graph, overridable, budget)?;
    let mut names = std::mem::take(&mut graph.names);
    let changes = {
        let constants = graph.constants(overridable)?;
        let channels = channels(graph, &constants)?;
        let mut rewriter = Rewriter {
            graph,
            readers: graph.readers(),
            producers: producers(graph),
            names: &mut names,
            budget,
            constants: &constants,
            changes: Changes::default(),
            turned: BTreeMap::new(),
        };
        for (index, node) in graph.nodes.iter().enumerate() {
            if let Some(slopes) = slopes(node, &constants, &channels, model.opset)? {
                rewriter.rewrite(index, &node.inputs[0], &node.outputs[0], &slopes)?;
            }
        }
        rewriter.finish()?
    };
    graph.names = names;
    graph.initializers.extend(changes.tensors);
    let mut nodes = Vec::with_capacity(graph.nodes.len() + 4 * changes.nodes.len());
    let mut replacements = changes.nodes;
    for (index, node) in std::mem::take(&mut graph.nodes).into_iter().enumerate() {
        match replacements.remove(&index) {
            Some(replacement) => nodes.extend(replacement),
            None => nodes.push(node),
        }
    }
    graph.nodes = nodes;
    Ok(())
}

/// The node that makes each value, by index.
fn producers<'g>(graph: &'g Graph<'_>) -> BTreeMap<&'g str, usize> {
    let outputs =
        |(index, node): (usize, &'g Node<'_>)| node.outputs.iter().map(move |name| (name.as_str(), index));
    graph.nodes.iter().enumerate().flat_map(outputs).collect()
}

/// What takes the place of nodes, by index, and the constants that this needs.
#[derive(Default)]
struct Changes {
    nodes: BTreeMap<usize, Vec<Node<'static>>>,
    tensors: Vec<Tensor<'static>>,
}

/// Finds the changes for one PRelu after the other, in the order of the graph.
struct Rewriter<'g, 'a> {
    graph: &'g Graph<'a>,
    readers: BTreeMap<&'g str, Vec<usize>>,
    producers: BTreeMap<&'g str, usize>,
    constants: &'g BTreeMap<String, Tensor<'g>>,
    names: &'g mut Names,
    budget: &'g mut Budget,
    changes: Changes,
    /// Weights of convolutions with signs turned, by the node's index; renamed in the end.
    turned: BTreeMap<usize, Vec<f32>>,
}

impl<'g> Rewriter<'g, '_> {
    /// Replaces the PRelu at `index`.
    fn rewrite(&mut self, index: usize, input: &str, output: &str, slopes: &[f32]) -> Result<()> {
        let values =
            |of: fn(f64) -> f64| slopes.iter().map(|&slope| of(f64::from(slope))).collect::<Vec<_>>();
        let reader = self.sole_reader(output);
        if let Some(reader) = reader
            && self.is_strided_depthwise(reader, output, slopes.len())?
        {
            self.changes.nodes.insert(index, Vec::new());
            return self.double_reader(reader, input, &values(|a| a), &values(|a| 1.0 - a));
        }
        let steep = slopes.iter().any(|&slope| slope > 1.0);
        let gentle = !steep || reader.map_or(Ok(false), |reader| self.turn(reader, output, slopes))?;
        if !gentle {
            let [middle, line, bend] = ["middle", "line", "bend"].map(|part| self.fresh(output, part));
            let relu = Node::new("Relu", &[input], &[&middle], &[]);
            let bent = self.scale(&middle, &bend, &values(|a| 1.0 - a))?;
            let straight = self.scale(input, &line, &values(|a| a))?;
            let sum = Node::new("Add", &[&bend, &line], &[output], &[]);
            self.changes.nodes.insert(index, vec![relu, bent, straight, sum]);
            return Ok(());
        }
        let (straight, bent) = (values(|a| if a > 1.0 { -a } else { a }), values(|a| (1.0 - a).abs()));
        let [middle, line, bend] = ["middle", "line", "bend"].map(|part| self.fresh(output, part));
        let [bent, straight] = match self.depthwise_producer(input, slopes.len())? {
            Some(producer) => {
                self.changes.nodes.insert(producer, Vec::new());
                let data = self.graph.nodes[producer].inputs[0].clone();
                let bent = self.scaled_copy(producer, &data, &middle, &bent, Bias::Scaled)?;
                [bent, self.scaled_copy(producer, &data, &line, &straight, Bias::Scaled)?]
            }
            None => [self.scale(input, &middle, &bent)?, self.scale(input, &line, &straight)?],
        };
        let relu = Node::new("Relu", &[&middle], &[&bend], &[]);
        let sum = Node::new("Add", &[&bend, &line], &[output], &[]);
        self.changes.nodes.insert(index, vec![bent, relu, straight, sum]);
        Ok(())
    }

    /// Writes down the convolutions whose weights were turned, unless they were taken apart later.
    fn finish(mut self) -> Result<Changes> {
        for (index, weights) in std::mem::take(&mut self.turned) {
            if self.changes.nodes.contains_key(&index) {
                continue;
            }
            let node = &self.graph.nodes[index];
            let dims = &self.constants[&node.inputs[1]].dims;
            let name = self.constant(&format!("{}/turned", node.inputs[1]), dims, weights)?;
            let mut inputs: Vec<_> = node.inputs.iter().map(String::as_str).collect();
            inputs[1] = &name;
            let copy = node.copy(&inputs, &node.outputs[0])?;
            self.changes.nodes.insert(index, vec![copy]);
        }
        Ok(self.changes)
    }

    /// The node that alone reads `name`, once, where no one outside the graph does.
    fn sole_reader(&self, name: &str) -> Option<usize> {
        let readers = self.readers.get(name).filter(|_| !self.graph.pinned.contains(name))?;
        <[usize; 1]>::try_from(readers.as_slice()).ok().map(|[reader]| reader)
    }

    /// Whether the node at `index` is a depthwise convolution of `data` that makes its result smaller.
    fn is_strided_depthwise(&self, index: usize, data: &str, channels: usize) -> Result<bool> {
        let node = &self.graph.nodes[index];
        let strided = node.first_integer("strides")?.is_some_and(|stride| stride > 1);
        Ok(strided && node.input(0) == Some(data) && self.is_usable_depthwise(node, channels)?)
    }

    /// The depthwise convolution that makes `data` for one reader and was not taken apart yet.
    fn depthwise_producer(&self, data: &str, channels: usize) -> Result<Option<usize>> {
        let producer = self.producers.get(data).copied();
        let producer = producer.filter(|index| !self.changes.nodes.contains_key(index));
        let Some(index) = producer.filter(|_| self.sole_reader(data).is_some()) else { return Ok(None) };
        Ok(self.is_usable_depthwise(&self.graph.nodes[index], channels)?.then_some(index))
    }

    /// Whether this is a depthwise convolution of that many channels whose weights and biases are known.
    fn is_usable_depthwise(&self, node: &Node<'_>, channels: usize) -> Result<bool> {
        let float = |index: usize| -> Result<Option<usize>> {
            let tensor = node.input(index).and_then(|name| self.constants.get(name));
            Ok(tensor.map(Tensor::floats).transpose()?.flatten().map(|values| values.len()))
        };
        Ok(is_depthwise(node, self.constants)?
            && node.sole_output().is_some()
            && self.constants[&node.inputs[1]].dims[0] == channels
            && float(1)?.is_some()
            && (node.input(2).is_none() || float(2)? == Some(channels)))
    }

    /// Replaces the convolution at `reader` by one on `input` and one on its `Relu`, added.
    fn double_reader(&mut self, reader: usize, input: &str, straight: &[f64], bent: &[f64]) -> Result<()> {
        let output = self.graph.nodes[reader].outputs[0].clone();
        let [positive, line, bend] = ["positive", "line", "bend"].map(|part| self.fresh(&output, part));
        let relu = Node::new("Relu", &[input], &[&positive], &[]);
        let straight = self.scaled_copy(reader, input, &line, straight, Bias::Kept)?;
        let bent = self.scaled_copy(reader, &positive, &bend, bent, Bias::Left)?;
        let sum = Node::new("Add", &[&bend, &line], &[&output], &[]);
        self.changes.nodes.insert(reader, vec![relu, straight, bent, sum]);
        Ok(())
    }

    /// The depthwise convolution at `index` on `data`, the weights of each channel multiplied by its factor.
    fn scaled_copy(
        &mut self,
        index: usize,
        data: &str,
        output: &str,
        factors: &[f64],
        bias: Bias,
    ) -> Result<Node<'static>> {
        let node = &self.graph.nodes[index];
        let dims = &self.constants[&node.inputs[1]].dims;
        let weights = scaled(&self.weights(index)?, factors);
        let weight = self.constant(&format!("{output}/weight"), dims, weights)?;
        let bias = match (node.input(2), bias) {
            (None, _) | (_, Bias::Left) => None,
            (Some(name), Bias::Kept) => Some(name.to_owned()),
            (Some(name), Bias::Scaled) => {
                let biases = scaled(&self.constants[name].floats()?.unwrap_or_default(), factors);
                Some(self.constant(&format!("{output}/bias"), &[biases.len()], biases)?)
            }
        };
        let inputs: Vec<_> = [data, &weight].into_iter().chain(bias.as_deref()).collect();
        node.copy(&inputs, output)
    }

    /// A 1×1 depthwise convolution that multiplies each channel of `input`.
    fn scale(&mut self, input: &str, output: &str, factors: &[f64]) -> Result<Node<'static>> {
        let channels = factors.len();
        let factors: Vec<_> = factors.iter().map(|&factor| factor as f32).collect();
        let weight = self.constant(&format!("{output}/weight"), &[channels, 1, 1, 1], factors)?;
        let attributes =
            [integers_attribute("kernel_shape", &[1, 1]), integer_attribute("group", channels as i64)];
        Ok(Node::new("Conv", &[input, &weight], &[output], &attributes))
    }

    /// Turns the sign of the channels whose slope is above 1 in the weights of the convolution at `reader`; false
    /// where it is no convolution of `data` with weights that are known.
    fn turn(&mut self, reader: usize, data: &str, slopes: &[f32]) -> Result<bool> {
        let node = &self.graph.nodes[reader];
        let weight = node.input(1).and_then(|name| self.constants.get(name));
        let (true, Some(weight)) = (node.is("Conv") && node.input(0) == Some(data), weight) else {
            return Ok(false);
        };
        let groups = usize::try_from(node.integer("group")?.unwrap_or(1)).unwrap_or(0);
        let &[filters, per_group, height, width] = &weight.dims[..] else { return Ok(false) };
        let fits = groups > 0
            && filters % groups == 0
            && per_group.checked_mul(groups) == Some(slopes.len())
            && weight.len() > 0
            && node.sole_output().is_some();
        self.budget.spend(weight.len())?;
        let (true, Some(mut values)) = (fits, weight.floats()?.map(Cow::into_owned)) else {
            return Ok(false);
        };
        // One row of weights per pair of a filter and a channel that it reads.
        for (row, values) in values.chunks_exact_mut(height * width).enumerate() {
            let group = row / per_group / (filters / groups);
            if slopes[group * per_group + row % per_group] > 1.0 {
                values.iter_mut().for_each(|value| *value = -*value);
            }
        }
        self.turned.insert(reader, values);
        Ok(true)
    }

    /// The weights of the convolution at `index`, as turned if they were; empty where they are not floats.
    fn weights(&self, index: usize) -> Result<Cow<'_, [f32]>> {
        match self.turned.get(&index) {
            Some(weights) => Ok(Cow::Borrowed(weights)),
            None => Ok(self.constants[&self.graph.nodes[index].inputs[1]].floats()?.unwrap_or_default()),
        }
    }

    fn fresh(&mut self, value: &str, part: &str) -> String {
        self.names.fresh(&format!("{value}/{part}"))
    }

    fn constant(&mut self, wanted: &str, dims: &[usize], values: Vec<f32>) -> Result<String> {
        self.budget.spend(values.len())?;
        let name = self.names.fresh(wanted);
        self.changes.tensors.push(Tensor::new(&name, dims, values));
        Ok(name)
    }
}

/// What becomes of a convolution's biases when its weights are multiplied.
#[derive(Clone, Copy)]
enum Bias {
    /// They are multiplied too: the factors apply to the result.
    Scaled,
    /// They stay: the factors apply to what is read.
    Kept,
    /// They are left out: the other of the two convolutions has them.
    Left,
}

/// Each channel's values times its factor, rounded once.
fn scaled(values: &[f32], factors: &[f64]) -> Vec<f32> {
    let per_channel = (values.len() / factors.len().max(1)).max(1);
    let channels = values.chunks(per_channel).zip(factors);
    channels
        .flat_map(|(values, factor)| values.iter().map(move |&v| (f64::from(v) * factor) as f32))
        .collect()
}

/// The slope of each channel where `node` is a PRelu to rewrite.
fn slopes(
    node: &Node<'_>,
    constants: &BTreeMap<String, Tensor<'_>>,
    channels: &BTreeMap<String, usize>,
    opset: i64,
) -> Result<Option<Vec<f32>>> {
    let (Some(input), Some(slope), Some(_)) = (node.input(0), node.input(1), node.sole_output()) else {
        return Ok(None);
    };
    let (Some(&count), Some(slope)) = (channels.get(input), constants.get(slope)) else { return Ok(None) };
    if !node.is("PRelu") || slope.dims.len() > 4 {
        return Ok(None);
    }
    let per_channel = match &slope.dims[..] {
        &[channels] if opset < OPSET_WITH_BROADCAST_SLOPE => channels == count,
        &[channels, 1, 1] | &[1, channels, 1, 1] => channels == count,
        _ => false,
    };
    if !per_channel && slope.len() != 1 {
        return Ok(None);
    }
    let Some(mut slopes) = slope.floats()?.map(Cow::into_owned) else { return Ok(None) };
    // A scalar slope is one number for as many channels as are claimed, so the claim must be plausible.
    if slopes.len() == 1 && count <= 1 << 16 {
        slopes = vec![slopes[0]; count];
    }
    let usable = slopes.len() == count && slopes.iter().all(|slope| slope.abs() <= MAX_SLOPE);
    Ok(usable.then_some(slopes))
}

/// The number of channels (axis 1) of each value that is known to have four axes.
fn channels(graph: &Graph<'_>, constants: &BTreeMap<String, Tensor<'_>>) -> Result<BTreeMap<String, usize>> {
    let mut known = BTreeMap::new();
    for info in graph.value_infos.iter().chain(&graph.inputs) {
        if let Some([_, Some(count), _, _]) = info.shape()?.as_deref() {
            known.insert(info.name.clone(), *count);
        }
    }
    for node in &graph.nodes {
        let Some(output) = node.outputs.first() else { continue };
        let of = |index| node.input(index).and_then(|name| known.get(name)).copied();
        let constant = |index| node.input(index).and_then(|name| constants.get(name));
        let count = if node.is("Conv") {
            constant(1).filter(|weight| weight.dims.len() == 4).map(|weight| weight.dims[0])
        } else if node.standard && CHANNEL_KEEPING.contains(&node.op.as_str()) {
            of(0)
        } else if ["Add", "Sub", "Mul", "Div"].iter().any(|op| node.is(op)) {
            let other_fits = |other: &Tensor<'_>, count: usize| match &other.dims[..] {
                [] | [_] | [_, _] => true,
                [channels, _, _] | [_, channels, _, _] => *channels == 1 || *channels == count,
                _ => false,
            };
            match (of(0), of(1)) {
                (Some(left), Some(right)) if left == right => Some(left),
                (Some(count), None) => constant(1).filter(|other| other_fits(other, count)).map(|_| count),
                (None, Some(count)) => constant(0).filter(|other| other_fits(other, count)).map(|_| count),
                _ => None,
            }
        } else {
            None
        };
        if let Some(count) = count.filter(|&count| count > 0) {
            known.insert(output.clone(), count);
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Builder, Random, SIDE, blocks, operators};
    use super::super::{GraphOptions, optimize};
    use super::*;

    /// Channels of a square image, row by row.
    #[derive(Clone)]
    struct Image {
        values: Vec<f64>,
        side: usize,
    }

    impl Image {
        fn random(channels: usize) -> Self {
            let mut random = Random(99);
            let values = (0..channels * SIDE * SIDE).map(|_| f64::from(random.float())).collect();
            Self { values, side: SIDE }
        }

        fn map(&self, of: impl Fn(usize, f64) -> f64) -> Self {
            let area = self.side * self.side;
            let values = self.values.iter().enumerate().map(|(at, &value)| of(at / area, value)).collect();
            Self { values, side: self.side }
        }
    }

    /// Runs a model in f64, straight from the definitions of its operators.
    fn run(model: &[u8], image: &Image) -> Vec<f64> {
        let model = Model::parse(model).expect("well formed");
        let constants = model.graph.constants(false).expect("well formed");
        let floats = |name: &str| constants[name].floats().expect("well formed").expect("floats");
        let mut values = BTreeMap::from([("image".to_owned(), image.clone())]);
        for node in &model.graph.nodes {
            let input = &values[&node.inputs[0]];
            let result = match node.op.as_str() {
                "Relu" => input.map(|_, value| value.max(0.0)),
                "Add" => {
                    let sum = input.values.iter().zip(&values[&node.inputs[1]].values).map(|(a, b)| a + b);
                    Image { values: sum.collect(), side: input.side }
                }
                "PRelu" => {
                    let slopes = floats(&node.inputs[1]);
                    let slope = |channel: usize| f64::from(slopes[channel % slopes.len()]);
                    input.map(|channel, value| if value < 0.0 { slope(channel) * value } else { value })
                }
                "BatchNormalization" => {
                    let parameters: Vec<_> = node.inputs[1..].iter().map(|name| floats(name)).collect();
                    input.map(|channel, value| {
                        let [gamma, beta, mean, variance] =
                            [0, 1, 2, 3].map(|parameter: usize| f64::from(parameters[parameter][channel]));
                        (value - mean) / (variance + f64::from(1e-5_f32)).sqrt() * gamma + beta
                    })
                }
                "Conv" => {
                    let groups = node.integer("group").expect("well formed").unwrap_or(1) as usize;
                    let stride = node.first_integer("strides").expect("well formed").unwrap_or(1) as usize;
                    let dims = &constants[&node.inputs[1]].dims;
                    let sums = convolve(input, dims, &floats(&node.inputs[1]), groups, stride);
                    let biases = node.input(2).map_or_else(|| vec![0.0; dims[0]].into(), floats);
                    sums.map(|channel, value| value + f64::from(biases[channel]))
                }
                other => panic!("{other} is not part of the test"),
            };
            values.insert(node.outputs[0].clone(), result);
        }
        values[&model.graph.outputs[0].name].values.clone()
    }

    /// A convolution padded with zeros so that its result has one pixel per step.
    fn convolve(input: &Image, dims: &[usize], kernel: &[f32], groups: usize, stride: usize) -> Image {
        let (filters, per_group, size) = (dims[0], dims[1], dims[2]);
        let side = input.side.div_ceil(stride);
        let grid = |n: usize| (0..n).flat_map(move |y| (0..n).map(move |x| (y, x)));
        let mut values = Vec::new();
        for (filter, (y, x)) in (0..filters).flat_map(|filter| grid(side).map(move |at| (filter, at))) {
            let mut sum = 0.0;
            for (channel, (dy, dx)) in
                (0..per_group).flat_map(|channel| grid(size).map(move |at| (channel, at)))
            {
                let (row, column) = (y * stride + dy, x * stride + dx);
                let (row, column) = (row.wrapping_sub(size / 2), column.wrapping_sub(size / 2));
                if row < input.side && column < input.side {
                    let from = filter / (filters / groups) * per_group + channel;
                    let weight = kernel[((filter * per_group + channel) * size + dy) * size + dx];
                    sum += f64::from(weight) * input.values[(from * input.side + row) * input.side + column];
                }
            }
            values.push(sum);
        }
        Image { values, side }
    }

    /// Whether both models compute the same from the same image.
    fn compare(before: &[u8], after: &[u8]) {
        let image = Image::random(2);
        let (before, after) = (run(before, &image), run(after, &image));
        assert_eq!(before.len(), after.len());
        for (a, b) in before.iter().zip(after) {
            assert!((a - b).abs() < 1e-5 * a.abs().max(1.0), "{a} became {b}");
        }
    }

    /// A PRelu with `slopes` between two convolutions, the second with `groups`.
    fn model(slopes: &[f32], slope_dims: &[usize], groups: usize) -> Vec<u8> {
        let mut random = Random(7);
        let mut floats = |count: usize| (0..count).map(|_| random.float()).collect::<Vec<_>>();
        let [first, second] = [floats(4 * 2 * 9), floats(8 * 4 / groups * 9)];
        let group = [groups as i64];
        let padded: (&str, &[i64]) = ("pads", &[1, 1, 1, 1]);
        Builder::new(13)
            .input("image", &[1, 2, SIDE, SIDE])
            .initializer(Tensor::new("first", &[4, 2, 3, 3], first))
            .initializer(Tensor::new("slope", slope_dims, slopes))
            .initializer(Tensor::new("second", &[8, 4 / groups, 3, 3], second))
            .node("Conv", &["image", "first"], &["x"], &[padded])
            .node("PRelu", &["x", "slope"], &["y"], &[])
            .node("Conv", &["y", "second"], &["out"], &[padded, ("group", &group)])
            .output("out", &[1, 8, SIDE, SIDE])
            .build()
    }

    fn check(slopes: &[f32], slope_dims: &[usize], groups: usize, expected: &[&str]) {
        let before = model(slopes, slope_dims, groups);
        let after = optimize(&before, &GraphOptions::default()).expect("a good model");
        assert_eq!(operators(&after), expected);
        compare(&before, &after);
    }

    const FUSED: [&str; 6] = ["Conv", "Conv", "Relu", "Conv", "Add", "Conv"];
    const KEPT: [&str; 3] = ["Conv", "PRelu", "Conv"];

    #[test]
    fn the_fused_form_computes_the_same() {
        check(&[0.25, -0.5, 1.0, 0.0], &[4, 1, 1], 1, &FUSED);
        check(&[0.25, -0.5, 1.0, 0.0], &[1, 4, 1, 1], 2, &FUSED);
        check(&[0.3], &[1], 4, &FUSED);
        check(&[0.3], &[], 4, &FUSED);
    }

    #[test]
    fn slopes_above_one_are_turned_back_in_the_next_convolution() {
        for groups in [1, 2, 4] {
            check(&[0.25, 1.5, -2.0, 3.0], &[4, 1, 1], groups, &FUSED);
        }
        check(&[1.5], &[1, 1, 1], 2, &FUSED);
    }

    #[test]
    fn slopes_above_one_take_the_plain_form_where_no_convolution_can_turn_them_back() {
        let before = Builder::new(13)
            .input("image", &[1, 2, SIDE, SIDE])
            .initializer(Tensor::new("slope", &[2, 1, 1], [1.5, 0.5]))
            .node("PRelu", &["image", "slope"], &["out"], &[])
            .output("out", &[1, 2, SIDE, SIDE])
            .build();
        let after = optimize(&before, &GraphOptions::default()).expect("a good model");
        assert_eq!(operators(&after), ["Relu", "Conv", "Conv", "Add"]);
        compare(&before, &after);
    }

    #[test]
    fn depthwise_convolutions_take_the_slopes_into_their_weights() {
        let before =
            blocks([&[0.25, -0.5, 1.0, 0.0], &[0.5, 0.1, -0.3, 0.9], &[0.2; 4], &[-0.7, 0.3, 0.6, 0.0]]);
        let after = optimize(&before, &GraphOptions::default()).expect("a good model");
        let scaled = ["Conv", "Relu", "Conv", "Add"];
        let strided = ["Relu", "Conv", "Conv", "Add"];
        let expected = [&["Conv"][..], &scaled, &scaled, &["Conv"], &strided, &scaled].concat();
        assert_eq!(operators(&after), expected, "the depthwise convolutions are in the four-node groups");
        compare(&before, &after);
    }

    #[test]
    fn slopes_above_one_pass_through_depthwise_convolutions() {
        // The first turns the weights that the second takes apart; the last has nothing to turn.
        let before =
            blocks([&[1.5, -0.5, 2.0, 0.0], &[0.5, 3.0, -0.3, 1.1], &[1.2, 7.0, 0.1, -9.0], &[2.0; 4]]);
        let after = optimize(&before, &GraphOptions::default()).expect("a good model");
        assert!(!operators(&after).contains(&"PRelu".to_owned()));
        compare(&before, &after);
    }

    #[test]
    fn what_is_not_one_slope_per_channel_stays() {
        check(&[0.1, 0.2, 0.3, 0.4, 0.5], &[5], 1, &KEPT);
        check(&[0.5; 20], &[4, 5, 1], 1, &KEPT);
        check(&[0.5, 0.5, 0.5, 100.0], &[4, 1, 1], 1, &KEPT);
        let unknown_channels = Builder::new(13)
            .input("features", &[1, 4])
            .initializer(Tensor::new("slope", &[4], [0.5; 4]))
            .node("PRelu", &["features", "slope"], &["out"], &[])
            .output("out", &[1, 4])
            .build();
        assert_eq!(optimize(&unknown_channels, &GraphOptions::default()).expect("good"), unknown_channels);
    }

    #[test]
    fn an_old_operator_set_lays_the_slope_along_the_channels() {
        let build = |opset| {
            Builder::new(opset)
                .input("image", &[1, 5, SIDE, SIDE])
                .initializer(Tensor::new("slope", &[5], [0.5; 5]))
                .node("PRelu", &["image", "slope"], &["out"], &[])
                .output("out", &[1, 5, SIDE, SIDE])
                .build()
        };
        let operators = |opset| operators(&optimize(&build(opset), &GraphOptions::default()).expect("good"));
        assert_eq!(operators(6), ["Conv", "Relu", "Conv", "Add"]);
        assert_eq!(operators(9), ["PRelu"]);
    }

    #[test]
    fn channels_are_known_through_operators_that_keep_them() {
        let model = Builder::new(13)
            .input("image", &[1, 2, SIDE, SIDE])
            .initializer(Tensor::new("w", &[4, 2, 1, 1], [0.5; 8]))
            .initializer(Tensor::new("per_channel", &[4], [1.0; 4]))
            .initializer(Tensor::new("slope", &[4, 1, 1], [0.5; 4]))
            .node("Conv", &["image", "w"], &["a"], &[])
            .node(
                "BatchNormalization",
                &["a", "per_channel", "per_channel", "per_channel", "per_channel"],
                &["b"],
                &[],
            )
            .node("Add", &["a", "b"], &["c"], &[])
            .node("PRelu", &["c", "slope"], &["out"], &[])
            .output("out", &[1, 4, SIDE, SIDE])
            .build();
        let rewritten = optimize(&model, &GraphOptions::default()).expect("a good model");
        assert!(!operators(&rewritten).contains(&"PRelu".to_owned()));
    }
}
