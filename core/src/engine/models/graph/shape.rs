//! Declares sizes of inputs and outputs as free.

use std::borrow::Cow;

use super::DynamicShape;
use super::onnx::{Graph, ValueInfo};
use super::wire;
use crate::Result;

/// Names the axes that `dynamic` frees, `batch`, `height` and `width` for inputs. Other axes, ranks and types
/// stay.
pub(super) fn set_dynamic(graph: &mut Graph<'_>, dynamic: DynamicShape) -> Result<()> {
    for input in &mut graph.inputs {
        let rank = input.shape()?.map_or(0, |shape| shape.len());
        free_axes(input, |axis| match axis {
            0 if dynamic.batch => Some("batch".to_owned()),
            2 if dynamic.height_width && rank == 4 => Some("height".to_owned()),
            3 if dynamic.height_width && rank == 4 => Some("width".to_owned()),
            _ => None,
        })?;
    }
    for output in &mut graph.outputs {
        let name = output.name.clone();
        free_axes(output, |axis| match axis {
            0 if dynamic.batch => Some("batch".to_owned()),
            0 => None,
            _ if dynamic.height_width => Some(format!("{name}_{axis}")),
            _ => None,
        })?;
    }
    Ok(())
}

/// Replaces the size of each axis for which `symbol` gives a name.
fn free_axes(info: &mut ValueInfo<'_>, symbol: impl Fn(usize) -> Option<String>) -> Result<()> {
    let mut axis = 0;
    // A declaration is value info → type (2) → tensor type (1) → shape (2) → one message per axis (1).
    let payload = edit(&info.payload, &[2, 1, 2, 1], &mut |dimension| {
        let name = symbol(axis);
        axis += 1;
        name.map_or_else(
            || dimension.to_vec(),
            |name| {
                let mut named = Vec::new();
                wire::put_bytes(&mut named, 2, name.as_bytes());
                named
            },
        )
    })?;
    info.payload = Cow::Owned(payload);
    Ok(())
}

/// Copies `message` with the messages at `path` replaced by what `change` makes of them.
fn edit(message: &[u8], path: &[u32], change: &mut dyn FnMut(&[u8]) -> Vec<u8>) -> Result<Vec<u8>> {
    let Some((&number, deeper)) = path.split_first() else { return Ok(change(message)) };
    let mut out = Vec::with_capacity(message.len() + 32);
    for field in wire::fields(message) {
        let field = field?;
        if field.number == number {
            wire::put_bytes(&mut out, number, &edit(field.bytes()?, deeper, change)?);
        } else {
            out.extend_from_slice(field.raw);
        }
    }
    Ok(out)
}
