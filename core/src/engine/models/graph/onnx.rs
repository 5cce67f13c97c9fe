//! The part of the ONNX schema that the rewrites need, over the wire format.
//!
//! Field numbers are those of `onnx.proto` (<https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>). Every
//! element keeps the bytes it came with and is written back as they are unless a rewrite replaced it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::tensor::{Tensor, kind};
use super::wire::{self, Field, Value, malformed};
use crate::Result;

/// Subgraphs nested deeper than this are refused, so that reading never exhausts the stack.
const MAX_SUBGRAPH_DEPTH: usize = 16;

/// A model: its own fields as they came, and the graph taken apart.
pub(super) struct Model<'a> {
    /// Every field but the graph, in order; `None` stands where the graph was.
    fields: Vec<Option<&'a [u8]>>,
    /// The version of the file format.
    pub(super) ir_version: i64,
    /// The version of the standard operator set.
    pub(super) opset: i64,
    /// The graph.
    pub(super) graph: Graph<'a>,
}

/// A graph, its parts in the order they came.
pub(super) struct Graph<'a> {
    /// The operators.
    pub(super) nodes: Vec<Node<'a>>,
    /// The constant tensors.
    pub(super) initializers: Vec<Tensor<'a>>,
    /// What the caller feeds.
    pub(super) inputs: Vec<ValueInfo<'a>>,
    /// What the caller gets.
    pub(super) outputs: Vec<ValueInfo<'a>>,
    /// Declared shapes of values inside.
    pub(super) value_infos: Vec<ValueInfo<'a>>,
    /// The remaining fields and where each group of the above begins.
    layout: Vec<Layout<'a>>,
    /// Names that a rewrite must keep: the outputs, and what subgraphs refer to.
    pub(super) pinned: BTreeSet<String>,
    /// Every name in use, so that a new one is unique.
    pub(super) names: Names,
}

/// The names in use.
#[derive(Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Takes a name that nothing else has: `wanted`, or that with a number.
    pub(super) fn fresh(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut count = 1;
        while !self.0.insert(name.clone()) {
            count += 1;
            name = format!("{wanted}_{count}");
        }
        name
    }
}

enum Layout<'a> {
    Group(u32),
    Other(&'a [u8]),
}

const NODE: u32 = 1;
const INITIALIZER: u32 = 5;
const INPUT: u32 = 11;
const OUTPUT: u32 = 12;
const VALUE_INFO: u32 = 13;

/// One operator of a graph.
pub(super) struct Node<'a> {
    payload: Cow<'a, [u8]>,
    /// The operator's name, for instance `Conv`.
    pub(super) op: String,
    /// Whether the operator is one of the standard set.
    pub(super) standard: bool,
    /// Names of the inputs; an empty name is an optional input left out.
    pub(super) inputs: Vec<String>,
    /// Names of the outputs.
    pub(super) outputs: Vec<String>,
    /// Names that subgraphs in the attributes refer to.
    captured: Vec<String>,
}

/// The declaration of an input, output or inner value.
pub(super) struct ValueInfo<'a> {
    /// The encoded declaration.
    pub(super) payload: Cow<'a, [u8]>,
    /// The value's name.
    pub(super) name: String,
}

impl<'a> Model<'a> {
    /// Takes `bytes` apart; `InvalidModel` where they are not a model with a graph.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let (mut parts, mut graph, mut ir_version, mut opset) = (Vec::new(), None, 0, 0);
        for field in wire::fields(bytes) {
            let field = field?;
            match field.number {
                1 => ir_version = field.integer()?,
                8 => opset = opset.max(standard_opset(field.bytes()?)?),
                _ => {}
            }
            if field.number == 7 {
                if graph.replace(Graph::parse(field.bytes()?)?).is_some() {
                    return Err(malformed("it holds two graphs"));
                }
                parts.push(None);
            } else {
                parts.push(Some(field.raw));
            }
        }
        let graph = graph.ok_or_else(|| malformed("it holds no graph"))?;
        Ok(Self { fields: parts, ir_version, opset, graph })
    }

    /// The model as a file.
    pub(super) fn encode(&self) -> Vec<u8> {
        let graph_len = self.graph.encoded_len();
        let own_len: usize = self.fields.iter().flatten().map(|raw| raw.len()).sum();
        let mut out = Vec::with_capacity(graph_len + own_len + 32);
        for field in &self.fields {
            match field {
                None => {
                    wire::put_header(&mut out, 7, graph_len);
                    self.graph.encode(&mut out);
                }
                // Tag 0x08 is field 1, the version, which a rewrite may have raised.
                Some([0x08, ..]) => wire::put_integer(&mut out, 1, self.ir_version),
                Some(raw) => out.extend_from_slice(raw),
            }
        }
        out
    }
}

/// The version in one `opset_import` if it names the standard operator set, else 0.
fn standard_opset(message: &[u8]) -> Result<i64> {
    let (mut domain, mut version) = ("", 0);
    for field in wire::fields(message) {
        let field = field?;
        match field.number {
            1 => domain = field.text()?,
            2 => version = field.integer()?,
            _ => {}
        }
    }
    Ok(if is_standard(domain) { version } else { 0 })
}

fn is_standard(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}

impl<'a> Graph<'a> {
    fn parse(message: &'a [u8]) -> Result<Self> {
        let mut graph = Self {
            nodes: Vec::new(),
            initializers: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            value_infos: Vec::new(),
            layout: Vec::new(),
            pinned: BTreeSet::new(),
            names: Names::default(),
        };
        let (mut sparse, mut grouped) = (BTreeSet::new(), BTreeSet::new());
        for field in wire::fields(message) {
            let field = field?;
            match field.number {
                NODE => graph.nodes.push(Node::parse(field.bytes()?)?),
                INITIALIZER => graph.initializers.push(Tensor::parse(field.bytes()?)?),
                INPUT => graph.inputs.push(ValueInfo::parse(field.bytes()?)?),
                OUTPUT => graph.outputs.push(ValueInfo::parse(field.bytes()?)?),
                VALUE_INFO => graph.value_infos.push(ValueInfo::parse(field.bytes()?)?),
                15 => {
                    sparse.extend(sparse_name(field.bytes()?)?);
                    graph.layout.push(Layout::Other(field.raw));
                    continue;
                }
                _ => {
                    graph.layout.push(Layout::Other(field.raw));
                    continue;
                }
            }
            if grouped.insert(field.number) {
                graph.layout.push(Layout::Group(field.number));
            }
        }
        for number in [NODE, INITIALIZER, INPUT, OUTPUT, VALUE_INFO] {
            if grouped.insert(number) {
                graph.layout.push(Layout::Group(number));
            }
        }
        graph.pinned.extend(graph.outputs.iter().map(|output| output.name.clone()));
        graph.pinned.extend(graph.nodes.iter().flat_map(|node| node.captured.iter().cloned()));
        graph.sort(&sparse)?;
        Ok(graph)
    }

    /// Puts each node after the nodes it depends on, changing nothing where that holds already.
    ///
    /// `InvalidModel` where two parts claim one name, a value comes from nowhere, or nodes depend on each other
    /// in a circle.
    fn sort(&mut self, sparse: &BTreeSet<String>) -> Result<()> {
        let mut constants = sparse.clone();
        for initializer in &self.initializers {
            if !constants.insert(initializer.name.clone()) {
                return Err(malformed(&format!("two initializers are called {}", shown(&initializer.name))));
            }
        }
        let mut producer = BTreeMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            for output in node.outputs.iter().filter(|output| !output.is_empty()) {
                if producer.insert(output.as_str(), index).is_some() || constants.contains(output) {
                    return Err(malformed(&format!("{} is produced twice", shown(output))));
                }
            }
        }
        let inputs: BTreeSet<_> = self.inputs.iter().map(|input| input.name.as_str()).collect();
        let mut waiting = vec![0_usize; self.nodes.len()];
        let mut dependents = vec![Vec::new(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            for name in node.inputs.iter().filter(|name| !name.is_empty()) {
                if !producer.contains_key(name.as_str())
                    && !constants.contains(name)
                    && !inputs.contains(name.as_str())
                {
                    return Err(malformed(&format!("nothing produces {}, which a node reads", shown(name))));
                }
            }
            // A name that only a subgraph uses may be defined inside it; it matters here if a node makes it.
            for name in node.inputs.iter().chain(&node.captured) {
                if let Some(&source) = producer.get(name.as_str()) {
                    waiting[index] += 1;
                    dependents[source].push(index);
                }
            }
        }
        for output in &self.outputs {
            let name = &output.name;
            if !producer.contains_key(name.as_str())
                && !constants.contains(name)
                && !inputs.contains(name.as_str())
            {
                return Err(malformed(&format!("nothing produces the output {}", shown(name))));
            }
        }
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut ready: BinaryHeap<_> =
            (0..waiting.len()).filter(|&node| waiting[node] == 0).map(std::cmp::Reverse).collect();
        while let Some(std::cmp::Reverse(node)) = ready.pop() {
            order.push(node);
            for &dependent in &dependents[node] {
                waiting[dependent] -= 1;
                if waiting[dependent] == 0 {
                    ready.push(std::cmp::Reverse(dependent));
                }
            }
        }
        if order.len() < self.nodes.len() {
            return Err(malformed("its nodes depend on each other in a circle"));
        }
        let produced = producer.keys().map(|&name| name.to_owned());
        let names = produced.chain(constants).chain(inputs.iter().map(|&name| name.to_owned()));
        self.names = Names(names.chain(self.pinned.iter().cloned()).collect());
        let mut nodes: Vec<_> = std::mem::take(&mut self.nodes).into_iter().map(Some).collect();
        self.nodes.extend(order.into_iter().filter_map(|node| nodes[node].take()));
        Ok(())
    }

    /// Adds a float initializer called `wanted`, or nearly so if that name is taken, and returns its name.
    pub(super) fn add_constant(&mut self, wanted: &str, dims: &[usize], values: Vec<f32>) -> String {
        let name = self.names.fresh(wanted);
        self.initializers.push(Tensor::new(&name, dims, values));
        name
    }

    /// The constants by name: initializers and tensors of `Constant` nodes.
    ///
    /// With `overridable`, initializers that are listed as inputs are left out: a caller may feed others.
    pub(super) fn constants(&self, overridable: bool) -> Result<BTreeMap<String, Tensor<'_>>> {
        let mut constants = BTreeMap::new();
        for tensor in &self.initializers {
            constants.insert(tensor.name.clone(), tensor.view());
        }
        for node in self.nodes.iter().filter(|node| node.is("Constant")) {
            if let (Some(output), Some(tensor)) = (node.sole_output(), node.tensor("value")?) {
                constants.insert(output.to_owned(), tensor);
            }
        }
        if overridable {
            for input in &self.inputs {
                constants.remove(&input.name);
            }
        }
        Ok(constants)
    }

    /// Every name that a node reads, that leaves the graph, or that a subgraph refers to.
    pub(super) fn used_names(&self) -> BTreeSet<String> {
        let read = self.nodes.iter().flat_map(|node| node.inputs.iter().cloned());
        read.chain(self.pinned.iter().cloned()).collect()
    }

    /// The nodes that read each name, by index; a node that reads it twice is there twice.
    pub(super) fn readers(&self) -> BTreeMap<&str, Vec<usize>> {
        let mut readers = BTreeMap::<_, Vec<_>>::new();
        for (index, node) in self.nodes.iter().enumerate() {
            for name in &node.inputs {
                readers.entry(name.as_str()).or_default().push(index);
            }
        }
        readers
    }

    fn encoded_len(&self) -> usize {
        let mut header = Vec::new();
        let mut len = 0;
        for layout in &self.layout {
            match *layout {
                Layout::Other(raw) => len += raw.len(),
                Layout::Group(number) => self.for_each_part(number, |part| {
                    header.clear();
                    wire::put_header(&mut header, number, part.encoded_len());
                    len += header.len() + part.encoded_len();
                }),
            }
        }
        len
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for layout in &self.layout {
            match *layout {
                Layout::Other(raw) => out.extend_from_slice(raw),
                Layout::Group(number) => self.for_each_part(number, |part| {
                    wire::put_header(out, number, part.encoded_len());
                    part.encode(out);
                }),
            }
        }
    }

    fn for_each_part(&self, number: u32, mut visit: impl FnMut(Part<'_>)) {
        let infos = match number {
            NODE => return self.nodes.iter().for_each(|node| visit(Part::Encoded(&node.payload))),
            INITIALIZER => return self.initializers.iter().for_each(|tensor| visit(Part::Tensor(tensor))),
            INPUT => &self.inputs,
            OUTPUT => &self.outputs,
            _ => &self.value_infos,
        };
        infos.iter().for_each(|info| visit(Part::Encoded(&info.payload)));
    }
}

/// One part of a graph, to be written.
enum Part<'a> {
    Encoded(&'a [u8]),
    Tensor(&'a Tensor<'a>),
}

impl Part<'_> {
    fn encoded_len(&self) -> usize {
        match self {
            Part::Encoded(payload) => payload.len(),
            Part::Tensor(tensor) => tensor.encoded_len(),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Part::Encoded(payload) => out.extend_from_slice(payload),
            Part::Tensor(tensor) => tensor.encode(out),
        }
    }
}

/// The name of a sparse initializer, which is the name of its values.
fn sparse_name(message: &[u8]) -> Result<Option<String>> {
    for field in wire::fields(message) {
        let field = field?;
        if field.number == 1 {
            return Ok(Some(Tensor::parse(field.bytes()?)?.name));
        }
    }
    Ok(None)
}

impl<'a> Node<'a> {
    fn parse(payload: &'a [u8]) -> Result<Self> {
        let mut node = Node {
            payload: Cow::Borrowed(payload),
            op: String::new(),
            standard: true,
            inputs: Vec::new(),
            outputs: Vec::new(),
            captured: Vec::new(),
        };
        for field in wire::fields(payload) {
            let field = field?;
            match field.number {
                1 => node.inputs.push(field.text()?.to_owned()),
                2 => node.outputs.push(field.text()?.to_owned()),
                4 => node.op = field.text()?.to_owned(),
                5 => subgraph_names(field.bytes()?, 0, &mut node.captured)?,
                7 => node.standard = is_standard(field.text()?),
                _ => {}
            }
        }
        Ok(node)
    }

    /// A node of the standard operator set; `attributes` are encoded by [`integer_attribute`] and its kin.
    pub(super) fn new(op: &str, inputs: &[&str], outputs: &[&str], attributes: &[Vec<u8>]) -> Self {
        let mut payload = Vec::new();
        for input in inputs {
            wire::put_bytes(&mut payload, 1, input.as_bytes());
        }
        for output in outputs {
            wire::put_bytes(&mut payload, 2, output.as_bytes());
        }
        // ONNX wants no unique node names, but profilers show them: the output says which node this is.
        wire::put_bytes(&mut payload, 3, outputs.first().map_or(&[], |name| name.as_bytes()));
        wire::put_bytes(&mut payload, 4, op.as_bytes());
        for attribute in attributes {
            wire::put_bytes(&mut payload, 5, attribute);
        }
        Self {
            payload: Cow::Owned(payload),
            op: op.to_owned(),
            standard: true,
            inputs: inputs.iter().map(|&name| name.to_owned()).collect(),
            outputs: outputs.iter().map(|&name| name.to_owned()).collect(),
            captured: Vec::new(),
        }
    }

    /// The encoded node.
    #[cfg(test)]
    pub(super) fn encoded(&self) -> Vec<u8> {
        self.payload.to_vec()
    }

    /// Whether this is `op` of the standard operator set.
    pub(super) fn is(&self, op: &str) -> bool {
        self.standard && self.op == op
    }

    /// The input at `index`, `None` where it is left out.
    pub(super) fn input(&self, index: usize) -> Option<&str> {
        self.inputs.get(index).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// The only output, `None` where there are several.
    pub(super) fn sole_output(&self) -> Option<&str> {
        match &self.outputs[..] {
            [output] => Some(output),
            [output, rest @ ..] if rest.iter().all(String::is_empty) => Some(output),
            _ => None,
        }
    }

    /// Makes the node read `name` at `index`, leaving everything else as it is.
    pub(super) fn set_input(&mut self, index: usize, name: &str) -> Result<()> {
        let mut payload = Vec::with_capacity(self.payload.len() + name.len());
        let mut position = 0;
        for field in wire::fields(&self.payload) {
            let field = field?;
            if field.number == 1 {
                position += 1;
                if position == index + 1 {
                    wire::put_bytes(&mut payload, 1, name.as_bytes());
                    continue;
                }
            }
            payload.extend_from_slice(field.raw);
        }
        self.payload = Cow::Owned(payload);
        name.clone_into(&mut self.inputs[index]);
        Ok(())
    }

    /// The same operator with the same attributes on other inputs.
    pub(super) fn copy(&self, inputs: &[&str], output: &str) -> Result<Node<'static>> {
        let mut copy = Node::new(&self.op, inputs, &[output], &[]);
        let payload = copy.payload.to_mut();
        for field in wire::fields(&self.payload) {
            let field = field?;
            // All but inputs, outputs, name and operator.
            if field.number > 4 {
                payload.extend_from_slice(field.raw);
            }
        }
        Ok(Node { standard: self.standard, captured: self.captured.clone(), ..copy })
    }

    /// The float attribute `name`, `None` where it is not there.
    pub(super) fn float(&self, name: &str) -> Result<Option<f32>> {
        let Some(attribute) = self.attribute(name)? else { return Ok(None) };
        Ok(last(attribute, 2)?.and_then(|field| match field.value {
            Value::Fixed32(bytes) => Some(f32::from_le_bytes(bytes)),
            _ => None,
        }))
    }

    /// The first of the integers in the attribute `name`, `None` where there is none.
    pub(super) fn first_integer(&self, name: &str) -> Result<Option<i64>> {
        let mut values = Vec::new();
        for field in wire::fields(self.attribute(name)?.unwrap_or_default()) {
            let field = field?;
            if field.number == 8 {
                field.append_integers(&mut values)?;
            }
        }
        Ok(values.first().copied())
    }

    /// The integer attribute `name`, `None` where it is not there.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>> {
        self.attribute(name)?.map_or(Ok(None), |attribute| {
            let value =
                wire::fields(attribute).find(|field| !matches!(field, Ok(field) if field.number != 3));
            value.map(|field| field?.integer()).transpose()
        })
    }

    /// The tensor attribute `name`, `None` where it is not there.
    pub(super) fn tensor(&self, name: &str) -> Result<Option<Tensor<'_>>> {
        self.attribute(name)?.map_or(Ok(None), |attribute| {
            let value =
                wire::fields(attribute).find(|field| !matches!(field, Ok(field) if field.number != 5));
            value.map(|field| Tensor::parse(field?.bytes()?)).transpose()
        })
    }

    fn attribute(&self, name: &str) -> Result<Option<&[u8]>> {
        for field in wire::fields(&self.payload) {
            let field = field?;
            if field.number == 5 {
                let attribute = field.bytes()?;
                for part in wire::fields(attribute) {
                    let part = part?;
                    if part.number == 1 && part.bytes()? == name.as_bytes() {
                        return Ok(Some(attribute));
                    }
                }
            }
        }
        Ok(None)
    }
}

/// The attribute `name` with an integer.
pub(super) fn integer_attribute(name: &str, value: i64) -> Vec<u8> {
    attribute(name, 2, |out| wire::put_integer(out, 3, value))
}

/// The attribute `name` with a list of integers.
pub(super) fn integers_attribute(name: &str, values: &[i64]) -> Vec<u8> {
    attribute(name, 7, |out| values.iter().for_each(|&value| wire::put_integer(out, 8, value)))
}

fn attribute(name: &str, kind: i64, put_value: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    wire::put_bytes(&mut out, 1, name.as_bytes());
    put_value(&mut out);
    wire::put_integer(&mut out, 20, kind);
    out
}

/// Collects the names that the subgraphs in an attribute refer to, those defined inside included.
///
/// More names than necessary only mean that fewer things are rewritten.
fn subgraph_names(attribute: &[u8], depth: usize, names: &mut Vec<String>) -> Result<()> {
    for field in wire::fields(attribute) {
        let field = field?;
        let (6 | 11, Value::Bytes(graph)) = (field.number, field.value) else { continue };
        if depth == MAX_SUBGRAPH_DEPTH {
            return Err(malformed("its subgraphs are nested too deeply"));
        }
        for field in wire::fields(graph) {
            let field = field?;
            match field.number {
                NODE => {
                    for part in wire::fields(field.bytes()?) {
                        let part = part?;
                        match part.number {
                            1 => names.push(part.text()?.to_owned()),
                            5 => subgraph_names(part.bytes()?, depth + 1, names)?,
                            _ => {}
                        }
                    }
                }
                OUTPUT => names.push(ValueInfo::parse(field.bytes()?)?.name),
                _ => {}
            }
        }
    }
    Ok(())
}

impl<'a> ValueInfo<'a> {
    fn parse(payload: &'a [u8]) -> Result<Self> {
        let mut name = String::new();
        for field in wire::fields(payload) {
            let field = field?;
            if field.number == 1 {
                field.text()?.clone_into(&mut name);
            }
        }
        Ok(Self { payload: Cow::Borrowed(payload), name })
    }

    /// Declares a value of floats. Its type lies at type (2) → tensor type (1) → element type (1), shape (2).
    pub(super) fn floats(name: &str, dims: &[usize]) -> ValueInfo<'static> {
        let mut shape = Vec::new();
        for &size in dims {
            let mut dimension = Vec::new();
            wire::put_integer(&mut dimension, 1, size as i64);
            wire::put_bytes(&mut shape, 1, &dimension);
        }
        let (mut tensor, mut of_type, mut payload) = (Vec::new(), Vec::new(), Vec::new());
        wire::put_integer(&mut tensor, 1, kind::FLOAT);
        wire::put_bytes(&mut tensor, 2, &shape);
        wire::put_bytes(&mut of_type, 1, &tensor);
        wire::put_bytes(&mut payload, 1, name.as_bytes());
        wire::put_bytes(&mut payload, 2, &of_type);
        ValueInfo { payload: Cow::Owned(payload), name: name.to_owned() }
    }

    /// The declared sizes of a tensor, `None` for each that is not a number; `None` where no shape is declared.
    pub(super) fn shape(&self) -> Result<Option<Vec<Option<usize>>>> {
        let mut message: &[u8] = &self.payload;
        // The shape lies at type (2) → tensor type (1) → shape (2).
        for number in [2, 1, 2] {
            let Some(inner) = last(message, number)? else { return Ok(None) };
            message = inner.bytes()?;
        }
        let mut shape = Vec::new();
        for field in wire::fields(message) {
            let field = field?;
            if field.number == 1 {
                let size = last(field.bytes()?, 1)?.map(|size| size.integer()).transpose()?;
                shape.push(size.and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0));
            }
        }
        Ok(Some(shape))
    }
}

/// The last field with `number`, which is the one that counts where it is not repeated.
pub(super) fn last(message: &[u8], number: u32) -> Result<Option<Field<'_>>> {
    let mut found = None;
    for field in wire::fields(message) {
        let field = field?;
        if field.number == number {
            found = Some(field);
        }
    }
    Ok(found)
}

/// A name of the model, short enough for a message.
pub(super) fn shown(name: &str) -> String {
    format!("\"{}\"", name.chars().take(80).flat_map(char::escape_default).collect::<String>())
}
