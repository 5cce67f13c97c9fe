//! Rewrites ONNX graphs exactly, in memory.
