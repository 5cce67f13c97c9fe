//! Expresses `PRelu` through operators that runtimes fuse.
//!
//! With a slope `a` per channel, PRelu is `x` above zero and `a·x` below. Two identities hold for every `x`:
//!
//! * `PRelu(x) = a·x + Relu((1 − a)·x)` where `a ≤ 1`; where `a > 1`, `−PRelu(x) = −a·x + Relu((a − 1)·x)`,
//! * `PRelu(x) = a·x + (1 − a)·Relu(x)` for any `a`.
//!
//! A product per channel is a 1×1 depthwise convolution. ONNX Runtime fuses the `Relu` and the sum of the first
//! form into the two convolutions and keeps its blocked memory layout, which its PRelu kernel breaks; the second
//! form needs a pass of its own for the `Relu`. So the first is used where each slope is at most 1, or where the
//! sign of the channels with a larger slope can be turned back for free, in the weights of the convolution that
//! alone reads the result.

use std::collections::BTreeMap;

use super::Budget;
use super::onnx::{Graph, Model, Node, integer_attribute, integers_attribute};
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
    let opset = model.opset;
    let graph = &mut model.graph;
    if !graph.nodes.iter().any(|node| node.is("PRelu")) {
        return Ok(());
    }
    let mut plan = Plan::default();
    {
        let constants = graph.constants(overridable)?;
        let channels = channels(graph, &constants)?;
        let readers = graph.readers();
        for (index, node) in graph.nodes.iter().enumerate() {
            let Some(slopes) = slopes(node, &constants, &channels, opset)? else { continue };
            let turned = match turned_consumer(graph, node, &slopes, &readers, &constants, budget)? {
                _ if slopes.iter().all(|&slope| slope <= 1.0) => None,
                Some(turned) => Some(turned),
                None => {
                    budget.spend(2 * slopes.len())?;
                    plan.forms.insert(index, Form { slopes, fused: false });
                    continue;
                }
            };
            budget.spend(2 * slopes.len())?;
            plan.forms.insert(index, Form { slopes, fused: true });
            plan.turned.extend(turned);
        }
    }
    plan.apply(graph)
}

/// What to do, found before anything is changed.
#[derive(Default)]
struct Plan {
    /// The form for each PRelu, by the node's index.
    forms: BTreeMap<usize, Form>,
    /// New weights for convolutions, by the node's index: sizes and values.
    turned: BTreeMap<usize, (Vec<usize>, Vec<f32>)>,
}

struct Form {
    slopes: Vec<f32>,
    fused: bool,
}

impl Plan {
    fn apply(mut self, graph: &mut Graph<'_>) -> Result<()> {
        let mut nodes = Vec::with_capacity(graph.nodes.len() + 3 * self.forms.len());
        for (index, mut node) in std::mem::take(&mut graph.nodes).into_iter().enumerate() {
            if let Some((dims, values)) = self.turned.remove(&index) {
                let name = graph.fresh_name(&format!("{}/turned", node.inputs[1]));
                graph.initializers.push(Tensor::new(&name, &dims, &values));
                node.set_input(1, &name)?;
            }
            match self.forms.remove(&index) {
                Some(form) => form.emit(graph, &node.inputs[0], &node.outputs[0], &mut nodes),
                None => nodes.push(node),
            }
        }
        graph.nodes = nodes;
        Ok(())
    }
}

impl Form {
    /// Appends the nodes that compute the PRelu of `input` as `output`.
    fn emit<'a>(&self, graph: &mut Graph<'_>, input: &str, output: &str, nodes: &mut Vec<Node<'a>>) {
        let fresh = |graph: &mut Graph<'_>, what: &str| graph.fresh_name(&format!("{output}/{what}"));
        // In f64, so that each factor is rounded once.
        let factor =
            |of: fn(f64) -> f64| self.slopes.iter().map(|&slope| of(f64::from(slope)) as f32).collect();
        let (through, bent): (Vec<f32>, Vec<f32>) = if self.fused {
            (factor(|a| if a > 1.0 { -a } else { a }), factor(|a| (1.0 - a).abs()))
        } else {
            (factor(|a| a), factor(|a| 1.0 - a))
        };
        let [straight, corner] = [("slope", &through), ("bend", &bent)].map(|(what, values)| {
            let name = fresh(graph, what);
            graph.initializers.push(Tensor::new(&name, &[values.len(), 1, 1, 1], values));
            name
        });
        let attributes = [
            integers_attribute("kernel_shape", &[1, 1]),
            integer_attribute("group", self.slopes.len() as i64),
        ];
        let scale = |input: &str, weight: &str, output: &str| {
            Node::new("Conv", &[input, weight], &[output], &attributes)
        };
        let [line, middle, positive] = ["line", "middle", "positive"].map(|what| fresh(graph, what));
        if self.fused {
            nodes.push(scale(input, &corner, &middle));
            nodes.push(Node::new("Relu", &[&middle], &[&positive], &[]));
        } else {
            nodes.push(Node::new("Relu", &[input], &[&middle], &[]));
            nodes.push(scale(&middle, &corner, &positive));
        }
        nodes.push(scale(input, &straight, &line));
        nodes.push(Node::new("Add", &[&positive, &line], &[output], &[]));
    }
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
    let Some(mut slopes) = slope.floats()? else { return Ok(None) };
    // A scalar slope is one number for as many channels as are claimed, so the claim must be plausible.
    if slopes.len() == 1 && count <= 1 << 16 {
        slopes = vec![slopes[0]; count];
    }
    let usable = slopes.len() == count && slopes.iter().all(|slope| slope.abs() <= MAX_SLOPE);
    Ok(usable.then_some(slopes))
}

/// Where a convolution alone reads the result of `node`: its index, and its weights with the sign turned for the
/// channels whose slope is above 1. Its padding is zeros, which have no sign.
fn turned_consumer(
    graph: &Graph<'_>,
    node: &Node<'_>,
    slopes: &[f32],
    readers: &BTreeMap<&str, Vec<usize>>,
    constants: &BTreeMap<String, Tensor<'_>>,
    budget: &mut Budget,
) -> Result<Option<(usize, (Vec<usize>, Vec<f32>))>> {
    let output = &node.outputs[0];
    if graph.pinned.contains(output) || slopes.iter().all(|&slope| slope <= 1.0) {
        return Ok(None);
    }
    let Some(&[index]) = readers.get(output.as_str()).map(Vec::as_slice) else { return Ok(None) };
    let reader = &graph.nodes[index];
    if !reader.is("Conv") {
        return Ok(None);
    }
    let weight = match (reader.input(0), reader.input(1)) {
        (Some(input), Some(weight)) if input == output => constants.get(weight),
        _ => None,
    };
    let Some(weight) = weight else { return Ok(None) };
    let groups = usize::try_from(reader.integer("group")?.unwrap_or(1)).unwrap_or(0);
    let &[filters, per_group, height, width] = &weight.dims[..] else { return Ok(None) };
    if groups == 0 || filters % groups != 0 || per_group.checked_mul(groups) != Some(slopes.len()) {
        return Ok(None);
    }
    budget.spend(weight.len())?;
    let Some(mut values) = weight.floats()? else { return Ok(None) };
    // One row of `values` per pair of a filter and a channel that it reads.
    if let (Some(kernel), Some(filters_per_group)) = (height.checked_mul(width), filters.checked_div(groups))
        && kernel > 0
    {
        for (row, values) in values.chunks_exact_mut(kernel).enumerate() {
            let group = row / per_group / filters_per_group;
            if slopes[group * per_group + row % per_group] > 1.0 {
                values.iter_mut().for_each(|value| *value = -*value);
            }
        }
    }
    Ok(Some((index, (weight.dims.clone(), values))))
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
    use super::super::testing::{Builder, Random, operators};
    use super::super::{GraphOptions, optimize};
    use super::*;

    const SIDE: usize = 5;

    /// Runs the convolutions, PRelus, Relus and additions of a model in f64, straight from their definitions.
    fn run(model: &[u8], image: &[f64], channels: usize) -> Vec<f64> {
        let model = Model::parse(model).expect("well formed");
        let constants = model.graph.constants(false).expect("well formed");
        let weights = |name: &str| {
            let tensor = &constants[name];
            (tensor.dims.clone(), tensor.floats().expect("well formed").expect("floats"))
        };
        let mut values = BTreeMap::from([("image".to_owned(), (image.to_vec(), channels))]);
        for node in &model.graph.nodes {
            let (input, count) = values[&node.inputs[0]].clone();
            let result = match node.op.as_str() {
                "Relu" => (input.iter().map(|value| value.max(0.0)).collect(), count),
                "Add" => (input.iter().zip(&values[&node.inputs[1]].0).map(|(a, b)| a + b).collect(), count),
                "PRelu" => {
                    let (_, slopes) = weights(&node.inputs[1]);
                    let slope = |at: usize| f64::from(slopes[(at / (SIDE * SIDE)) % slopes.len()]);
                    let bend =
                        |(at, &value): (usize, &f64)| if value < 0.0 { slope(at) * value } else { value };
                    (input.iter().enumerate().map(bend).collect(), count)
                }
                "Conv" => {
                    let groups = node.integer("group").expect("well formed").unwrap_or(1) as usize;
                    let (dims, kernel) = weights(&node.inputs[1]);
                    (convolve(&input, count, &dims, &kernel, groups), dims[0])
                }
                other => panic!("{other} is not part of the test"),
            };
            values.insert(node.outputs[0].clone(), result);
        }
        values[&model.graph.outputs[0].name].0.clone()
    }

    /// A convolution that keeps the sides by padding with zeros.
    fn convolve(input: &[f64], channels: usize, dims: &[usize], kernel: &[f32], groups: usize) -> Vec<f64> {
        let (filters, per_group, side) = (dims[0], dims[1], dims[2]);
        assert_eq!(per_group * groups, channels);
        let mut output = Vec::new();
        for (filter, y, x) in
            (0..filters).flat_map(|f| (0..SIDE).flat_map(move |y| (0..SIDE).map(move |x| (f, y, x))))
        {
            let mut sum = 0.0;
            for (channel, dy, dx) in (0..per_group)
                .flat_map(|c| (0..side).flat_map(move |dy| (0..side).map(move |dx| (c, dy, dx))))
            {
                let (row, column) = ((y + dy).wrapping_sub(side / 2), (x + dx).wrapping_sub(side / 2));
                if row < SIDE && column < SIDE {
                    let from = filter / (filters / groups) * per_group + channel;
                    let weight = kernel[((filter * per_group + channel) * side + dy) * side + dx];
                    sum += f64::from(weight) * input[(from * SIDE + row) * SIDE + column];
                }
            }
            output.push(sum);
        }
        output
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
            .initializer(Tensor::new("first", &[4, 2, 3, 3], &first))
            .initializer(Tensor::new("slope", slope_dims, slopes))
            .initializer(Tensor::new("second", &[8, 4 / groups, 3, 3], &second))
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
        let mut random = Random(99);
        let image: Vec<f64> = (0..2 * SIDE * SIDE).map(|_| f64::from(random.float())).collect();
        for (a, b) in run(&before, &image, 2).iter().zip(run(&after, &image, 2)) {
            assert!((a - b).abs() < 1e-5, "{a} became {b}");
        }
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
            .initializer(Tensor::new("slope", &[2, 1, 1], &[1.5, 0.5]))
            .node("PRelu", &["image", "slope"], &["out"], &[])
            .output("out", &[1, 2, SIDE, SIDE])
            .build();
        let after = optimize(&before, &GraphOptions::default()).expect("a good model");
        assert_eq!(operators(&after), ["Relu", "Conv", "Conv", "Add"]);
        let image: Vec<f64> = (0..2 * SIDE * SIDE).map(|n| n as f64 - 20.0).collect();
        for (a, b) in run(&before, &image, 2).iter().zip(run(&after, &image, 2)) {
            assert!((a - b).abs() < 1e-5, "{a} became {b}");
        }
    }

    #[test]
    fn what_is_not_one_slope_per_channel_stays() {
        check(&[0.1, 0.2, 0.3, 0.4, 0.5], &[5], 1, &KEPT);
        check(&[0.5; 20], &[4, 5, 1], 1, &KEPT);
        check(&[0.5, 0.5, 0.5, 100.0], &[4, 1, 1], 1, &KEPT);
        let unknown_channels = Builder::new(13)
            .input("features", &[1, 4])
            .initializer(Tensor::new("slope", &[4], &[0.5; 4]))
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
                .initializer(Tensor::new("slope", &[5], &[0.5; 5]))
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
            .initializer(Tensor::new("w", &[4, 2, 1, 1], &[0.5; 8]))
            .initializer(Tensor::new("per_channel", &[4], &[1.0; 4]))
            .initializer(Tensor::new("slope", &[4, 1, 1], &[0.5; 4]))
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
