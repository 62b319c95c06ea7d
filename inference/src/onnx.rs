//! ONNX files: nodes, their attributes and constants. Only the kinds of values that Flow's own files hold.
//!
//! Field numbers are those of `onnx.proto3`.

mod wire;

use std::collections::HashMap;

use crate::error::ModelError;
use wire::{Content, broken, fields};

/// A model's graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) constants: HashMap<String, Constant>,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
}

/// One operator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) operator: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    pub(crate) attributes: HashMap<String, Vec<i64>>,
}

impl Node {
    /// An attribute of whole numbers, or what it is when it isn't there.
    pub(crate) fn numbers(&self, name: &str, default: &[i64]) -> Vec<i64> {
        self.attributes
            .get(name)
            .map_or_else(|| default.to_vec(), Clone::clone)
    }
}

/// A tensor that belongs to the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constant {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Values,
}

/// What a tensor holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    F32(Vec<f32>),
    I8(Vec<i8>),
    I64(Vec<i64>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::I8(v) => v.len(),
            Self::I64(v) => v.len(),
        }
    }
}

/// Reads a file.
pub(crate) fn read(bytes: &[u8]) -> Result<Graph, ModelError> {
    const GRAPH: u32 = 7;
    let mut graph = None;
    for field in fields(bytes) {
        if let (GRAPH, content) = field? {
            graph = Some(read_graph(content.bytes()?)?);
        }
    }
    graph.ok_or_else(broken)
}

fn read_graph(bytes: &[u8]) -> Result<Graph, ModelError> {
    const NAME: u32 = 1;
    let mut graph = Graph::default();
    let name_of = |content: Content| {
        let mut found = String::new();
        for field in fields(content.bytes()?) {
            if let (NAME, content) = field? {
                found = content.text()?.to_owned();
            }
        }
        Ok::<_, ModelError>(found)
    };
    for field in fields(bytes) {
        let (number, content) = field?;
        match number {
            1 => graph.nodes.push(read_node(content.bytes()?)?),
            5 => {
                let (name, constant) = read_tensor(content.bytes()?)?;
                graph.constants.insert(name, constant);
            }
            11 => graph.inputs.push(name_of(content)?),
            12 => graph.outputs.push(name_of(content)?),
            _ => {}
        }
    }
    Ok(graph)
}

fn read_node(bytes: &[u8]) -> Result<Node, ModelError> {
    let mut node = Node::default();
    for field in fields(bytes) {
        let (number, content) = field?;
        match number {
            1 => node.inputs.push(content.text()?.to_owned()),
            2 => node.outputs.push(content.text()?.to_owned()),
            4 => content.text()?.clone_into(&mut node.operator),
            5 => {
                let (name, numbers) = read_attribute(content.bytes()?)?;
                node.attributes.insert(name, numbers);
            }
            _ => {}
        }
    }
    Ok(node)
}

fn read_attribute(bytes: &[u8]) -> Result<(String, Vec<i64>), ModelError> {
    let (mut name, mut numbers) = (String::new(), Vec::new());
    for field in fields(bytes) {
        let (number, content) = field?;
        match number {
            1 => content.text()?.clone_into(&mut name),
            3 => numbers.push(content.signed()?),
            8 => content.signed_numbers(&mut numbers)?,
            // The type.
            20 => {}
            _ => return Err(ModelError::new(format!("attribute {name:?} is unknown"))),
        }
    }
    Ok((name, numbers))
}

fn read_tensor(bytes: &[u8]) -> Result<(String, Constant), ModelError> {
    let (mut name, mut dims, mut kind) = (String::new(), Vec::new(), 0);
    let mut raw: &[u8] = &[];
    for field in fields(bytes) {
        let (number, content) = field?;
        match number {
            1 => content.signed_numbers(&mut dims)?,
            2 => kind = content.integer()?,
            8 => content.text()?.clone_into(&mut name),
            9 => raw = content.bytes()?,
            _ => return Err(ModelError::new(format!("tensor {name:?} is stored oddly"))),
        }
    }
    let words = raw.chunks_exact(4);
    let values = match kind {
        1 => Values::F32(
            words
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
        ),
        3 => Values::I8(raw.iter().map(|b| b.cast_signed()).collect()),
        7 => {
            let doubles = raw.chunks_exact(8);
            let number =
                |b: &[u8]| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
            Values::I64(doubles.map(number).collect())
        }
        _ => {
            return Err(ModelError::new(format!(
                "tensor {name:?} has values of type {kind}"
            )));
        }
    };
    let shape: Option<Vec<usize>> = dims.iter().map(|d| usize::try_from(*d).ok()).collect();
    let shape = shape.ok_or_else(broken)?;
    let count = shape.iter().try_fold(1_usize, |n, d| n.checked_mul(*d));
    if count != Some(values.len()) {
        return Err(broken());
    }
    Ok((name, Constant { shape, values }))
}
