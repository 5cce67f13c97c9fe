//! Removes what inference does not need: dropout, unused constants, stale inputs and declarations.

use std::collections::{BTreeMap, BTreeSet};

use super::onnx::{Graph, Model, Node};
use crate::Result;

/// Dropout does nothing in inference from this operator set on; before, an attribute decided.
const OPSET_WITH_INERT_DROPOUT: i64 = 7;

/// Removes `Dropout` where its mask is not used and it is not told to train. One whose result leaves the graph
/// becomes an `Identity`, so that the name stays.
pub(super) fn strip_dropout(model: &mut Model<'_>, overridable: bool) -> Result<()> {
    if model.opset < OPSET_WITH_INERT_DROPOUT {
        return Ok(());
    }
    let graph = &mut model.graph;
    let used = graph.used_names();
    let constants = graph.constants(overridable)?;
    let mut inert = BTreeSet::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let training = match node.input(2) {
            None => false,
            Some(name) => {
                let mode = constants.get(name).map(|mode| mode.integers()).transpose()?.flatten();
                mode.as_deref() != Some(&[0])
            }
        };
        let mask_used = node.outputs.iter().skip(1).any(|mask| used.contains(mask));
        if node.is("Dropout") && !training && !mask_used {
            inert.insert(index);
        }
    }
    drop(constants);
    let mut replaced = BTreeMap::<String, String>::new();
    let mut kept = Vec::with_capacity(graph.nodes.len());
    for (index, mut node) in std::mem::take(&mut graph.nodes).into_iter().enumerate() {
        for at in 0..node.inputs.len() {
            if let Some(name) = replaced.get(&node.inputs[at]) {
                node.set_input(at, name)?;
            }
        }
        if inert.contains(&index)
            && let (Some(input), Some(output)) = (node.inputs.first(), node.outputs.first())
        {
            if graph.pinned.contains(output) {
                node = Node::new("Identity", &[input], &[output], &[]);
            } else {
                replaced.insert(output.clone(), input.clone());
                continue;
            }
        }
        kept.push(node);
    }
    graph.nodes = kept;
    Ok(())
}

/// Drops the initializers and `Constant` nodes without a reader whose names `may_go`.
pub(super) fn drop_unused_constants(graph: &mut Graph<'_>, may_go: impl Fn(&str) -> bool) {
    let used = graph.used_names();
    let orphaned = |name: &String| may_go(name) && !used.contains(name);
    graph.initializers.retain(|tensor| !orphaned(&tensor.name));
    graph.nodes.retain(|node| !(node.is("Constant") && node.outputs.iter().all(orphaned)));
}

/// Drops inputs that an initializer or a node provides, and those that nothing reads.
pub(super) fn drop_stale_inputs(graph: &mut Graph<'_>) {
    let used = graph.used_names();
    let mut provided: BTreeSet<_> = graph.initializers.iter().map(|tensor| tensor.name.as_str()).collect();
    provided.extend(graph.nodes.iter().flat_map(|node| &node.outputs).map(String::as_str));
    graph.inputs.retain(|input| used.contains(&input.name) && !provided.contains(input.name.as_str()));
}

/// Drops the declared shapes of values that are gone, and repeated ones; all of them where `sizes_changed`.
/// Runtimes infer the shapes again.
pub(super) fn drop_stale_value_infos(graph: &mut Graph<'_>, sizes_changed: bool) {
    let mut live: BTreeSet<_> = graph.nodes.iter().flat_map(|node| &node.outputs).cloned().collect();
    graph.value_infos.retain(|info| !sizes_changed && live.remove(&info.name));
}

/// Whether an initializer is not listed as an input, which old versions of the file format do not allow.
pub(super) fn lists_too_few_inputs(graph: &Graph<'_>) -> bool {
    let inputs: BTreeSet<_> = graph.inputs.iter().map(|input| &input.name).collect();
    graph.initializers.iter().any(|tensor| !inputs.contains(&tensor.name))
}
