//! Small models for tests, written by the same code that rewrites them.

use super::onnx::{Model, Node, ValueInfo, integer_attribute, integers_attribute};
use super::tensor::{Tensor, kind};
use super::wire;

/// Builds an ONNX file part by part.
pub(super) struct Builder {
    ir_version: i64,
    opset: i64,
    graph: Vec<u8>,
}

impl Builder {
    /// An empty model of file format version 8.
    pub(super) fn new(opset: i64) -> Self {
        let mut graph = Vec::new();
        wire::put_bytes(&mut graph, 2, b"test");
        Self { ir_version: 8, opset, graph }
    }

    /// Sets the version of the file format.
    pub(super) fn ir_version(mut self, version: i64) -> Self {
        self.ir_version = version;
        self
    }

    /// Adds an input of floats.
    pub(super) fn input(self, name: &str, dims: &[usize]) -> Self {
        self.declare(11, name, dims)
    }

    /// Adds an output of floats.
    pub(super) fn output(self, name: &str, dims: &[usize]) -> Self {
        self.declare(12, name, dims)
    }

    /// Declares the sizes of an inner value.
    pub(super) fn value_info(self, name: &str, dims: &[usize]) -> Self {
        self.declare(13, name, dims)
    }

    /// Adds an initializer.
    pub(super) fn initializer(self, tensor: Tensor<'_>) -> Self {
        let mut payload = Vec::new();
        tensor.encode(&mut payload);
        self.part(5, &payload)
    }

    /// Adds an initializer of 64-bit integers along one axis.
    pub(super) fn long_integers(self, name: &str, values: &[i64]) -> Self {
        let mut tensor = Vec::new();
        wire::put_integer(&mut tensor, 1, values.len() as i64);
        wire::put_integer(&mut tensor, 2, kind::INT64);
        values.iter().for_each(|&value| wire::put_integer(&mut tensor, 7, value));
        wire::put_bytes(&mut tensor, 8, name.as_bytes());
        self.part(5, &tensor)
    }

    /// Adds a node; an attribute of one value is an integer, of several a list.
    pub(super) fn node(
        self,
        op: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: &[(&str, &[i64])],
    ) -> Self {
        let attributes: Vec<_> = attributes
            .iter()
            .map(|&(name, values)| match values {
                &[value] => integer_attribute(name, value),
                values => integers_attribute(name, values),
            })
            .collect();
        self.part(1, &Node::new(op, inputs, outputs, &attributes).encoded())
    }

    /// Adds an encoded part of the graph.
    pub(super) fn part(mut self, number: u32, payload: &[u8]) -> Self {
        wire::put_bytes(&mut self.graph, number, payload);
        self
    }

    fn declare(self, number: u32, name: &str, dims: &[usize]) -> Self {
        self.part(number, &ValueInfo::floats(name, dims).payload)
    }

    /// The file, which ends with a field that this library does not know.
    pub(super) fn build(self) -> Vec<u8> {
        let mut out = Vec::new();
        wire::put_integer(&mut out, 1, self.ir_version);
        wire::put_bytes(&mut out, 7, &self.graph);
        let mut opset = Vec::new();
        wire::put_integer(&mut opset, 2, self.opset);
        wire::put_bytes(&mut out, 8, &opset);
        wire::put_bytes(&mut out, 1000, b"kept");
        out
    }
}

/// The height and width of test images.
pub(super) const SIDE: usize = 5;

/// Two blocks as in MobileFaceNet: pointwise and depthwise convolutions, each with a PRelu after it, the
/// depthwise ones normalised. `slopes` are the four PRelus'.
pub(super) fn blocks(slopes: [&[f32]; 4]) -> Vec<u8> {
    let mut random = Random(11);
    let mut floats = |count: usize| (0..count).map(|_| random.float()).collect::<Vec<_>>();
    let mut builder = Builder::new(13).input("image", &[1, 2, SIDE, SIDE]);
    let weights: [(&str, &[usize]); 4] =
        [("w0", &[4, 2, 1, 1]), ("w1", &[4, 1, 3, 3]), ("w2", &[4, 4, 1, 1]), ("w3", &[4, 1, 3, 3])];
    for (name, dims) in weights {
        builder = builder.initializer(Tensor::new(name, dims, floats(dims.iter().product())));
    }
    for name in ["bias", "gamma", "beta", "mean"] {
        builder = builder.initializer(Tensor::new(name, &[4], floats(4)));
    }
    for (index, slopes) in slopes.iter().enumerate() {
        builder = builder.initializer(Tensor::new(&format!("s{index}"), &[4, 1, 1], *slopes));
    }
    let depthwise: [(&str, &[i64]); 2] = [("group", &[4]), ("pads", &[1, 1, 1, 1])];
    let strided = [depthwise[0], depthwise[1], ("strides", &[2, 2])];
    let norm = |input| [input, "gamma", "beta", "mean", "variance"];
    builder
        .initializer(Tensor::new("variance", &[4], [0.5, 1.0, 2.0, 0.1]))
        .node("Conv", &["image", "w0"], &["c0"], &[])
        .node("PRelu", &["c0", "s0"], &["p0"], &[])
        .node("Conv", &["p0", "w1", "bias"], &["c1"], &depthwise)
        .node("BatchNormalization", &norm("c1"), &["n1"], &[])
        .node("PRelu", &["n1", "s1"], &["p1"], &[])
        .node("Conv", &["p1", "w2", "bias"], &["c2"], &[])
        .node("PRelu", &["c2", "s2"], &["p2"], &[])
        .node("Conv", &["p2", "w3"], &["c3"], &strided)
        .node("BatchNormalization", &norm("c3"), &["n3"], &[])
        .node("PRelu", &["n3", "s3"], &["out"], &[])
        .output("out", &[1, 4, 3, 3])
        .build()
}

/// A tensor of integers of at most 8 bits, by ONNX's number for the type.
pub(super) fn quantized(name: &str, dims: &[usize], kind: i64, values: &[i32]) -> Tensor<'static> {
    let bytes: Vec<u8> = if kind == kind::INT4 || kind == kind::UINT4 {
        let half = |value: Option<&i32>| value.map_or(0, |value| (value & 0xf) as u8);
        values.chunks(2).map(|pair| half(pair.first()) | half(pair.get(1)) << 4).collect()
    } else {
        values.iter().map(|&value| (value & 0xff) as u8).collect()
    };
    let mut payload = Vec::new();
    dims.iter().for_each(|&size| wire::put_integer(&mut payload, 1, size as i64));
    wire::put_integer(&mut payload, 2, kind);
    wire::put_bytes(&mut payload, 8, name.as_bytes());
    wire::put_bytes(&mut payload, 9, &bytes);
    Tensor::parse(Box::leak(payload.into_boxed_slice())).expect("well formed")
}

/// Sizes and values of the float initializer `name` in an encoded model.
pub(super) fn float_initializer(model: &[u8], name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
    let model = Model::parse(model).expect("well formed");
    let tensor = model.graph.initializers.iter().find(|tensor| tensor.name == name)?;
    Some((tensor.dims.clone(), tensor.floats().expect("well formed")?.into_owned()))
}

/// The operators of an encoded model, in order.
pub(super) fn operators(model: &[u8]) -> Vec<String> {
    Model::parse(model).expect("well formed").graph.nodes.iter().map(|node| node.op.clone()).collect()
}

/// The names of an encoded model's inputs.
pub(super) fn inputs(model: &[u8]) -> Vec<String> {
    Model::parse(model).expect("well formed").graph.inputs.iter().map(|input| input.name.clone()).collect()
}

/// Numbers that look random and are the same on every run (xorshift64*, Vigna 2016).
pub(super) struct Random(pub(super) u64);

impl Random {
    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    /// A number from −1 to 1.
    pub(super) fn float(&mut self) -> f32 {
        self.below(2001) as f32 / 1000.0 - 1.0
    }
}
