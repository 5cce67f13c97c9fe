//! Whole rewrites of small models, and files that are not models.

use super::tensor::Tensor;
use super::testing::{Builder, Random, blocks, inputs, operators, quantized};
use super::*;
use crate::ErrorKind;

/// A model with something for every rewrite.
fn model() -> Vec<u8> {
    Builder::new(21)
        .input("image", &[1, 3, 8, 8])
        .input("weight", &[2, 3, 1, 1])
        .input("slope", &[2, 1, 1])
        .input("forgotten", &[1])
        .initializer(quantized("q", &[2, 3], 3, &[1, -2, 3, -4, 5, -6]))
        .initializer(Tensor::new("s", &[2, 1], [0.5, 0.25]))
        .initializer(quantized("z", &[2, 1], 3, &[1, 2]))
        .initializer(Tensor::new("slope", &[2, 1, 1], [0.25, -0.5]))
        .long_integers("shape", &[2, 3, 1, 1])
        .long_integers("unread", &[1])
        .node("DequantizeLinear", &["q", "s", "z"], &["flat"], &[("axis", &[1]), ("block_size", &[3])])
        .node("Reshape", &["flat", "shape"], &["weight"], &[])
        .node("Conv", &["image", "weight"], &["conv"], &[])
        .node("Dropout", &["conv"], &["dropped", "mask"], &[])
        .node("PRelu", &["dropped", "slope"], &["out"], &[])
        .value_info("flat", &[2, 3])
        .value_info("conv", &[1, 2, 8, 8])
        .value_info("conv", &[1, 2, 8, 8])
        .output("out", &[1, 2, 8, 8])
        .build()
}

#[test]
fn the_default_does_everything_that_is_exact() {
    let rewritten = optimize(&model(), &GraphOptions::default()).expect("a good model");
    assert_eq!(inputs(&rewritten), ["image"]);
    assert_eq!(operators(&rewritten), ["Conv", "Conv", "Relu", "Conv", "Add"]);
    let parsed = Model::parse(&rewritten).expect("a good model");
    let names: Vec<_> = parsed.graph.initializers.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(names, ["weight", "out/middle/weight", "out/line/weight"]);
    let declared: Vec<_> = parsed.graph.value_infos.iter().map(|info| info.name.as_str()).collect();
    assert_eq!(declared, ["conv"]);
    assert!(rewritten.ends_with(b"kept"), "unknown fields stay");
}

#[test]
fn the_same_bytes_in_give_the_same_bytes_out_and_a_second_pass_changes_nothing() {
    let options = GraphOptions {
        dynamic_inputs: DynamicShape { batch: true, height_width: true },
        ..GraphOptions::default()
    };
    let once = optimize(&model(), &options).expect("a good model");
    assert_eq!(optimize(&model(), &options).expect("a good model"), once);
    assert_eq!(optimize(&once, &options).expect("a good model"), once);
}

#[test]
fn each_rewrite_can_be_switched_off() {
    let nothing = GraphOptions {
        drop_stale_inputs: false,
        fold_quantized_weights: false,
        strip_dropout: false,
        rewrite_prelu: false,
        dynamic_inputs: DynamicShape::default(),
    };
    assert_eq!(
        operators(&optimize(&model(), &nothing).expect("a good model")),
        ["DequantizeLinear", "Reshape", "Conv", "Dropout", "PRelu"]
    );
    let opencv = GraphOptions { rewrite_prelu: false, ..GraphOptions::default() };
    assert_eq!(operators(&optimize(&model(), &opencv).expect("a good model")), ["Conv", "PRelu"]);
    // The slope is listed as an input: with those kept a caller may feed another, so it is not a constant.
    let inputs_kept = GraphOptions { drop_stale_inputs: false, ..GraphOptions::default() };
    let rewritten = optimize(&model(), &inputs_kept).expect("a good model");
    assert_eq!(operators(&rewritten), ["Conv", "PRelu"]);
    assert_eq!(inputs(&rewritten), ["image", "slope", "forgotten"]);
}

#[test]
fn sizes_become_free_where_asked() {
    let shapes = |dynamic_inputs| {
        let options = GraphOptions { dynamic_inputs, ..GraphOptions::default() };
        let rewritten = optimize(&model(), &options).expect("a good model");
        let parsed = Model::parse(&rewritten).expect("a good model");
        let shape = |info: &onnx::ValueInfo<'_>| info.shape().expect("well formed").expect("a shape");
        (shape(&parsed.graph.inputs[0]), shape(&parsed.graph.outputs[0]), parsed.graph.value_infos.len())
    };
    let (input, output, declared) = shapes(DynamicShape { batch: true, height_width: false });
    assert_eq!(input, [None, Some(3), Some(8), Some(8)]);
    assert_eq!(output, [None, Some(2), Some(8), Some(8)]);
    assert_eq!(declared, 0);
    let (input, output, _) = shapes(DynamicShape { batch: false, height_width: true });
    assert_eq!(input, [Some(1), Some(3), None, None]);
    assert_eq!(output, [Some(1), None, None, None]);
}

#[test]
fn an_old_file_format_is_raised_when_inputs_are_dropped() {
    let build = |version| {
        Builder::new(9)
            .ir_version(version)
            .input("x", &[1, 2])
            .input("w", &[1, 2])
            .initializer(Tensor::new("w", &[1, 2], [1.0, 2.0]))
            .node("Add", &["x", "w"], &["out"], &[])
            .output("out", &[1, 2])
            .build()
    };
    let version = |model: &[u8], options: &GraphOptions| {
        Model::parse(&optimize(model, options).expect("a good model")).expect("a good model").ir_version
    };
    let keep = GraphOptions { drop_stale_inputs: false, ..GraphOptions::default() };
    assert_eq!(version(&build(3), &GraphOptions::default()), 4);
    assert_eq!(version(&build(3), &keep), 3);
    assert_eq!(version(&build(9), &GraphOptions::default()), 9);
}

#[test]
fn dropout_stays_where_it_matters() {
    let build = |opset, used_mask: bool, training: i32| {
        let read = if used_mask { ["dropped", "mask"] } else { ["dropped", "dropped"] };
        Builder::new(opset)
            .input("x", &[1, 2])
            .initializer(quantized("ratio", &[], 3, &[0]))
            .initializer(quantized("training", &[], 9, &[training]))
            .node("Dropout", &["x", "ratio", "training"], &["dropped", "mask"], &[])
            .node("Custom", &read, &["out"], &[])
            .output("out", &[1, 2])
            .build()
    };
    let operators = |model: Vec<u8>| operators(&optimize(&model, &GraphOptions::default()).expect("good"));
    assert_eq!(operators(build(13, false, 0)), ["Custom"]);
    assert_eq!(operators(build(13, true, 0)), ["Dropout", "Custom"]);
    assert_eq!(operators(build(13, false, 1)), ["Dropout", "Custom"]);
    assert_eq!(operators(build(6, false, 0)), ["Dropout", "Custom"]);
    let leaving = Builder::new(13)
        .input("x", &[1, 2])
        .node("Dropout", &["x"], &["out"], &[])
        .output("out", &[1, 2])
        .build();
    assert_eq!(operators(leaving), ["Identity"]);
}

#[test]
fn what_a_subgraph_refers_to_stays() {
    let mut branch = Vec::new();
    wire::put_bytes(&mut branch, 1, &onnx::Node::new("Relu", &["dropped"], &["inner"], &[]).encoded());
    let mut attribute = Vec::new();
    wire::put_bytes(&mut attribute, 1, b"then_branch");
    wire::put_bytes(&mut attribute, 6, &branch);
    let mut conditional = onnx::Node::new("If", &["x"], &["out"], &[]).encoded();
    wire::put_bytes(&mut conditional, 5, &attribute);
    let model = Builder::new(13)
        .input("x", &[1, 2])
        // Before the node that it refers to: the rewriter puts it after.
        .part(1, &conditional)
        .node("Dropout", &["x"], &["dropped"], &[])
        .output("out", &[1, 2])
        .build();
    let rewritten = optimize(&model, &GraphOptions::default()).expect("a good model");
    assert_eq!(operators(&rewritten), ["Identity", "If"]);
}

/// The message of the error for a model that must be refused.
fn refusal(model: &[u8]) -> String {
    let error = optimize(model, &GraphOptions::default()).expect_err("a bad model");
    assert_eq!(error.kind(), ErrorKind::InvalidModel);
    error.message().to_owned()
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let relu = |from: &str, to: &str| Builder::new(13).input("x", &[1]).node("Relu", &[from], &[to], &[]);
    let circle = Builder::new(13)
        .node("Relu", &["a"], &["b"], &[])
        .node("Relu", &["b"], &["a"], &[])
        .output("a", &[1])
        .build();
    assert!(refusal(&circle).contains("circle"));
    assert!(refusal(&relu("y", "out").output("out", &[1]).build()).contains("nothing produces \"y\""));
    assert!(refusal(&relu("x", "out").output("other", &[1]).build()).contains("nothing produces the output"));
    assert!(refusal(&relu("x", "out").node("Relu", &["x"], &["out"], &[]).build()).contains("twice"));
    assert!(refusal(b"").contains("no graph"));
    assert!(refusal(b"\xff\xd8\xff\xe0 not a model").contains("malformed"));

    let mut external = Vec::new();
    wire::put_integer(&mut external, 1, 4);
    wire::put_integer(&mut external, 2, 1);
    wire::put_bytes(&mut external, 8, b"w");
    wire::put_integer(&mut external, 14, 1);
    assert!(refusal(&Builder::new(13).part(5, &external).build()).contains("onnx.save"));

    let mut overflowing = Vec::new();
    for _ in 0..3 {
        wire::put_integer(&mut overflowing, 1, i64::MAX);
    }
    assert!(refusal(&Builder::new(13).part(5, &overflowing).build()).contains("impossible sizes"));

    let mut short = Vec::new();
    wire::put_integer(&mut short, 1, 1 << 40);
    wire::put_integer(&mut short, 2, 3);
    wire::put_bytes(&mut short, 8, b"q");
    wire::put_bytes(&mut short, 9, &[1, 2, 3]);
    let short = Builder::new(13)
        .part(5, &short)
        .initializer(Tensor::new("s", &[], [1.0]))
        .node("DequantizeLinear", &["q", "s"], &["w"], &[])
        .node("Relu", &["w"], &["out"], &[])
        .output("out", &[1])
        .build();
    refusal(&short);
}

#[test]
fn deep_subgraphs_do_not_exhaust_the_stack() {
    let mut attribute = Vec::new();
    for _ in 0..5_000 {
        let mut node = Vec::new();
        wire::put_bytes(&mut node, 5, &attribute);
        let mut graph = Vec::new();
        wire::put_bytes(&mut graph, 1, &node);
        attribute.clear();
        wire::put_bytes(&mut attribute, 6, &graph);
    }
    let mut node = Vec::new();
    wire::put_bytes(&mut node, 5, &attribute);
    assert!(refusal(&Builder::new(13).part(1, &node).build()).contains("deeply"));
}

/// Never a panic, and no error of another kind.
fn survives(model: &[u8]) {
    let dynamic_inputs = DynamicShape { batch: true, height_width: true };
    for drop_stale_inputs in [true, false] {
        let options = GraphOptions { drop_stale_inputs, dynamic_inputs, ..GraphOptions::default() };
        if let Err(error) = optimize(model, &options) {
            assert_eq!(error.kind(), ErrorKind::InvalidModel);
        }
    }
}

#[test]
fn a_model_cut_off_anywhere_is_survived() {
    for model in [model(), blocks([&[1.5, 0.5, 0.5, 0.5]; 4])] {
        for len in 0..model.len() {
            survives(&model[..len]);
        }
    }
}

#[test]
fn damaged_models_are_survived() {
    let models = [model(), blocks([&[1.5, 0.5, 0.5, 0.5]; 4])];
    let mut random = Random(0x5eed);
    for round in 0..20_000 {
        let mut damaged = models[round % 2].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(damaged.len());
            match random.below(4) {
                0 => damaged[at] = random.below(256) as u8,
                1 => damaged[at] ^= 1 << random.below(8),
                2 => drop(damaged.remove(at)),
                _ => damaged.insert(at, [0, 1, 0x7f, 0x80, 0xff][random.below(5)]),
            }
        }
        survives(&damaged);
    }
}
